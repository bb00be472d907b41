import json
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser

from alerts import operations
from alerts.beats import beat_name
from alerts.loops import Loops
from alerts.outlook import outlook
from kernel.clock import database_now


class Command(BaseCommand):
    help = "Notice what is owed, record it and deliver it, until stopped. Needs the database alone; run two of them."
    # Not those of pages and addresses: a fault there must not keep alerts from starting.
    requires_system_checks = (Tags.security,)

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--once", action="store_true", help="do one full pass and print what it did as JSON")
        how.add_argument("--hold", action="store_true", help="list what a pass would do, and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        name = beat_name("run_alerts")
        if options["hold"]:
            count = 0
            for line in outlook(database_now()):
                self.stdout.write(line)
                count += 1
            self.stdout.write(f"{count} things would be done. Nothing was.")
        elif options["once"]:
            self.stdout.write(json.dumps(operations.run_pass(database_now(), process_name=name)))
        else:
            Loops(name).run()

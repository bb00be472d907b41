import json
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser

from alerts import operations
from alerts.beats import beat_name
from alerts.loops import Loops
from kernel.clock import database_now


class Command(BaseCommand):
    help = "Notice what is owed, record it and deliver it, until stopped. Needs the database alone; run two of them."
    # Not those of pages and addresses: a fault there must not keep alerts from starting.
    requires_system_checks = (Tags.security,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do one full pass and print what it did as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        name = beat_name("run_alerts")
        if options["once"]:
            self.stdout.write(json.dumps(operations.run_pass(database_now(), process_name=name)))
        else:
            Loops(name).run()

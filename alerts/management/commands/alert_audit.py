import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from alerts.audit import violations
from kernel.clock import database_now


class Command(BaseCommand):
    help = "Check every invariant between clocks, alerts and deliveries; print each violation, exit 1 if there is any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="replay the stopped clocks, too")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for violation in violations(database_now(), stopped_too=options["all"]):
            self.stdout.write(str(violation))
            count += 1
        if count:
            self.stderr.write(f"{count} violations")
            sys.exit(1)
        self.stdout.write("All invariants hold.")

"""`manage.py quality_report`: response and resolution of the incidents of a period (docs/quality.md)."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Client
from incidents.models import Incident
from kernel.errors import DomainError
from quality.export import as_csv, as_json, as_table
from quality.parameters import client_named, day, keys
from quality.queries import GROUP_KEYS, QualityReport, quality_report


class Command(BaseCommand):
    help = "Response and resolution: met, missed, running, and how long they took, in business and in wall-clock time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--client", metavar="SLUG", help="only incidents of this client")
        parser.add_argument("--from", dest="since", metavar="DATE", help="opened on this day or later (YYYY-MM-DD)")
        parser.add_argument("--to", dest="until", metavar="DATE", help="opened before this day")
        known = ",".join(GROUP_KEYS)
        parser.add_argument("--group-by", metavar="KEYS", help=f"one or more of {known}, divided by commas")
        parser.add_argument("--format", choices=["table", "json", "csv"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self.report(**options)
        except DomainError as error:
            raise CommandError(error.message) from None
        match options["format"]:
            case "json":
                self.stdout.write(json.dumps(as_json(report), indent=2, ensure_ascii=False))
            case "csv":
                self.stdout.write(as_csv(report), ending="")
            case _:
                self.stdout.write(as_table(report))

    def report(
        self, *, client: str | None, since: str | None, until: str | None, group_by: str | None, **_others: Any
    ) -> QualityReport:
        return quality_report(
            Incident.objects.all(),
            client=client_named(client, among=Client.objects.all()),
            date_from=day(since, field="from"),
            date_to=day(until, field="to"),
            group_by=keys(group_by),
            now=timezone.now(),
        )

"""`import_incidents FILE --format servicenow|csv --client SLUG`: docs/import.md."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from tqdm import tqdm

from accounts.models import Client
from incidents.importing.operations import CREATED, UNCHANGED, UPDATED
from incidents.importing.reading import Source, Unusable, opened
from incidents.importing.rejects import Rejects
from incidents.importing.run import Run
from incidents.importing.servicenow import ServiceNow
from incidents.importing.table import Table
from incidents.importing.tickets import Format, Setting
from kernel.errors import DomainError
from projects.models import Project
from sla.models import SlaPolicy

EXIT_UNUSABLE = 2
EXIT_REJECTED = 3
EXIT_INTERRUPTED = 130


class Command(BaseCommand):
    help = "Import incidents from a ServiceNow event log or a CSV table. Safe to repeat; writes in short transactions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="the file, may be compressed by gzip; - for the standard input"
        )
        parser.add_argument("--format", required=True, choices=["servicenow", "csv"])
        parser.add_argument("--client", required=True, metavar="SLUG", help="whose incidents these are")
        parser.add_argument("--project", metavar="SLUG", help="the client's project that they belong to")
        parser.add_argument(
            "--policy", metavar="SLUG", help="the SLA policy of new incidents, before the project's and the client's"
        )
        parser.add_argument(
            "--timezone", type=_zone, default=ZoneInfo("UTC"), metavar="TZ", help="of a log's times (UTC)"
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing, but report the same")
        parser.add_argument("--rejects", default="", metavar="FILE", help="where to write refused lines, as CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        kind: Format = Table() if options["format"] == "csv" else ServiceNow(options["timezone"])
        try:
            setting = _setting(options)
            with opened(options["file"]) as source, Rejects(options["rejects"], terminal=self.stderr.write) as rejects:
                run = Run(setting, rejects, dry_run=options["dry_run"])
                with _progress_bar(source) as run.progress:
                    run.over(source, kind)
                rejects.say_rest()
        except (Unusable, DomainError) as error:
            raise CommandError(str(error), returncode=EXIT_UNUSABLE) from error
        except KeyboardInterrupt:
            message = _("Interrupted. Whole incidents up to here are stored; the same command goes on.")
            raise CommandError(message, returncode=EXIT_INTERRUPTED) from None
        self._report(run)
        if rejects.count:
            sys.exit(EXIT_REJECTED)

    def _report(self, run: Run) -> None:
        if run.dry_run:
            self.stdout.write(_("Dry run: nothing was written."))
        if not run.read:
            self.stdout.write(_("The file has a header and no rows."))
        if run.blank:
            self.stdout.write(_("Blank lines passed over: %(count)s") % {"count": run.blank})
        for name, number in (
            ("read", run.read),
            ("created", run.count(CREATED)),
            ("updated", run.count(UPDATED)),
            ("unchanged", run.count(UNCHANGED)),
            ("rejected", run.rejects.count),
        ):
            self.stdout.write(f"{name}: {number}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ArgumentTypeError(
            _("%(name)s is not an IANA time zone, for example Europe/Vienna.") % {"name": name}
        ) from None


def _setting(options: dict[str, Any]) -> Setting:
    client = Client.objects.filter(slug=options["client"]).first()
    if client is None:
        raise Unusable(_("There is no client %(slug)s.") % {"slug": options["client"]})
    if client.archived_at is not None:
        raise Unusable(_("The client %(slug)s is archived.") % {"slug": client.slug})
    project = policy = None
    if options["project"]:
        project = (
            Project.objects.select_related("sla_policy__current").filter(client=client, slug=options["project"]).first()
        )
        if project is None:
            raise Unusable(_("The client has no project %(slug)s.") % {"slug": options["project"]})
    if options["policy"]:
        policy = SlaPolicy.objects.select_related("current").filter(slug=options["policy"]).first()
        if policy is None:
            raise Unusable(_("There is no SLA policy %(slug)s.") % {"slug": options["policy"]})
    return Setting.read(client=client, project=project, policy=policy, now=timezone.now())


@contextmanager
def _progress_bar(source: Source) -> Iterator[Callable[[int], object]]:
    """Takes how many bytes of the file are read; shows it on a terminal only."""
    with tqdm(total=source.size or None, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
        yield lambda position: bar.update(position - bar.n)

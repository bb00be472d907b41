"""`manage.py generate`: realistic volume, to measure with. Not for a database in use."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from demo.volume.filling import Volume, fill
from kernel.clock import database_now
from kernel.errors import Conflict
from quality.operations import rebuild_rollups

OPEN_SHARE = 0.1


class Command(BaseCommand):
    help = (
        "Make up clients, projects, tasks, and incidents with their clocks by bulk insertion; repeatable by its seed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in ("clients", "projects", "tasks", "incidents"):
            parser.add_argument(f"--{name}", type=_count, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (1)")
        parser.add_argument(
            "--open",
            type=_share,
            default=OPEN_SHARE,
            metavar="SHARE",
            help=f"part of the incidents still open ({OPEN_SHARE})",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["tasks"] and not options["projects"]:
            raise CommandError("Tasks need a project: use --projects 1 or more.")
        if options["clients"] == 0 and (options["projects"] or options["incidents"]):
            raise CommandError("Projects and incidents need a client: use --clients 1 or more.")
        volume = Volume(
            clients=options["clients"],
            projects=options["projects"],
            incidents=options["incidents"],
            tasks=options["tasks"],
            open_share=options["open"],
        )
        now = database_now()
        try:
            with tqdm(total=volume.incidents + volume.tasks, unit=" rows", disable=None) as bar:
                fill(volume, seed=options["seed"], now=now, progress=bar.update)
        except Conflict as error:
            raise CommandError(f"{error} Name another one by --seed.") from error
        rebuild_rollups()
        made = (
            f"{volume.clients} clients, {volume.projects} projects, {volume.tasks} tasks, {volume.incidents} incidents"
        )
        self.stdout.write(f"{made}, as of {now.isoformat()}")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text} is not a number from 0 on")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ArgumentTypeError(f"{text} is not a share from 0 to 1")
    return share

"""`manage.py seed_demo`: the story and the sample of a real log. Repeating it changes nothing that is there."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from demo.seeding.documents import seed_documents
from demo.seeding.duty import seed_duty
from demo.seeding.handovers import seed_handovers
from demo.seeding.incidents import open_watched, seed_incidents, tell_as_it_happened
from demo.seeding.log import play_log
from demo.seeding.night import seed_night
from demo.seeding.people import seed_people
from demo.seeding.projects import close_projects, seed_projects
from demo.seeding.promises import seed_olas, seed_promises, seed_vendors
from demo.seeding.requests import seed_requests


class Command(BaseCommand):
    help = "Fill the database with the demo: staff, clients, contracts, requests, incidents; safe to repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        now = timezone.now().replace(microsecond=0)
        self._say("staff, clients and contracts")
        seed_promises(now=now)
        seed_people(now=now)
        seed_duty(now=now)
        seed_projects(now=now)
        seed_handovers(now=now)
        seed_vendors(now=now)
        seed_night(now=now)
        self._say("requests and the work on them")
        seed_requests(now=now)
        seed_documents(now=now)
        close_projects(now=now)
        self._say("incidents of a real log, moved to today")
        play_log(now=now)
        seed_olas(now=now)
        self._say("incidents of the story")
        seed_incidents(now=now)
        open_watched(now=now)
        tell_as_it_happened(now=now)

    def _say(self, what: str) -> None:
        self.stdout.write(f"  {what} …")
        self.stdout.flush()

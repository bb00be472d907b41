"""`manage.py play_demo`: lets the moved log go on, for as long as the demo runs."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from demo.seeding.log import play_log

EVERY_S = 20.0


class Command(BaseCommand):
    help = "Bring in what happens in the demo's log while time passes; runs until it is ended."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        since = timezone.now()
        while not stop.wait(EVERY_S):
            close_old_connections()
            now = timezone.now()
            moved = play_log(now=now, since=since)
            since = now
            if moved:
                self.stdout.write(f"{now:%H:%M:%S} {moved} incidents moved on")

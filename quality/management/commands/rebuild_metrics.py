"""`manage.py rebuild_metrics`: every roll-up anew from the incidents; the result equals what was kept incrementally."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand

from quality.operations import rebuild_rollups


class Command(BaseCommand):
    help = "Compute every roll-up anew from the incidents. Needed after a change of TIME_ZONE; safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        cells = rebuild_rollups()
        self.stdout.write(f"{cells} cells in {time.monotonic() - started:.1f} s")

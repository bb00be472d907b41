"""When a delivery that failed is tried again: soon at first, then hourly, for three days."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

STEPS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
)
AFTERWARDS = timedelta(hours=1)
GIVES_UP_AFTER = timedelta(hours=72)
JITTER = 0.2


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts; spread by a fifth, so that a recovering server is not stormed."""
    step = STEPS[attempts - 1] if attempts <= len(STEPS) else AFTERWARDS
    return step * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret


def gives_up(*, created_at: datetime, at: datetime) -> bool:
    return at - created_at >= GIVES_UP_AFTER

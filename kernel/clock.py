"""The one clock that several machines agree on: the database's."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

Clock = Callable[[], datetime]


def database_now() -> datetime:
    """The present instant of the database; SQLite has no clock of its own, so there it is the host's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        instant: datetime = cursor.fetchone()[0]
    return instant


def going_on_from(start: datetime) -> Clock:
    """A clock that shows `start` now and goes on by monotonic time: setting the host's clock does not move it."""
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)

"""Locks, hidden behind two functions so that both databases behave the same.

PostgreSQL locks rows; SQLite has no row locks (Django silently drops FOR UPDATE there), but its transactions begin
IMMEDIATE, so a writer is alone in any case. Every decision is made on a row read after one of these calls.
"""

import zlib
from typing import TypeVar

from django.db import connection, models
from django.db.models import QuerySet

M = TypeVar("M", bound=models.Model)


def lock(queryset: QuerySet[M], *, skip_locked: bool = False) -> QuerySet[M]:
    """The same rows, locked until the end of the transaction. Only the queryset's own table is locked, not its
    joins."""
    if not connection.features.has_select_for_update:
        return queryset
    return queryset.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)


def exclusive(name: str) -> None:
    """One holder of `name` at a time, until the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])

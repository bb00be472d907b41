"""Whose turn it is to do what one process does for all, once in a while. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kernel.models import ProcessBeat


def due(intervals: Mapping[str, timedelta], *, now: datetime) -> frozenset[str]:
    """Of these names of pulses, by how often, those that nobody began within their interval; one query, if any.

    One that was begun in a future farther away than its interval was so by a clock that jumped: it is due.
    """
    if not intervals:
        return frozenset()
    begun = dict(ProcessBeat.objects.filter(name__in=list(intervals)).values_list("name", "pass_started"))
    return frozenset(name for name, every in intervals.items() if not _rests(begun.get(name), every=every, now=now))


def _rests(begun: datetime | None, *, every: timedelta, now: datetime) -> bool:
    return begun is not None and now - every < begun < now + every

"""Running clocks counted by other terms, in bulk. The operation that knows the subjects calls it in its transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from django.db import transaction

from kernel import bulk
from kernel.locking import lock
from sla.measure import epoch, instant
from sla.models import Clock, ClockQuerySet
from sla.recalculating import NEVER, Anew, deadlines, is_straight


@dataclass(frozen=True)
class Recalculated:
    """Ids: `moved` are stored as the new terms have them; of these the sweep has dealt with something of those `told`,
    so their alerts are to be reconciled; `left` are to be replayed from their events."""

    moved: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)


@transaction.atomic
def recalculate(clocks: ClockQuerySet, anew: Anew, *, now: datetime) -> Recalculated:
    """Count these clocks by other terms from their start on, in three queries: straight ones are stored, others left.

    The new terms must pause for no reason that the former did not, and start cycles alike; whoever calls sees to it.
    A clock that would be late by the change is left, too: that story needs all of its terms. Locks what it changes,
    so give it some thousands at a time.
    """
    rows = list(lock(clocks.filter(is_straight())).order_by("pk").values_list("pk", "started_at", "alerted_level"))
    ids = np.fromiter((pk for pk, _at, _level in rows), dtype=np.int64, count=len(rows))
    started_at = np.fromiter((epoch(at) for _pk, at, _level in rows), dtype=np.int64, count=len(rows))
    alerted = np.fromiter((level for _pk, _at, level in rows), dtype=np.int64, count=len(rows))
    due_at, wake_at = deadlines(started_at, alerted, anew)
    in_time = due_at >= epoch(now)
    moved = ids[in_time].tolist()
    bulk.update_columns(
        Clock,
        moved,
        {
            "policy_version": [anew.policy_version_id] * len(moved),
            "calendar_version": [anew.calendar_version_id] * len(moved),
            "target_s": [anew.target_s] * len(moved),
            "due_at": [instant(at) for at in due_at[in_time].tolist()],
            "wake_at": [None if at == NEVER else instant(at) for at in wake_at[in_time].tolist()],
        },
    )
    straight = set(moved)
    left = [pk for pk in clocks.open().order_by("pk").values_list("pk", flat=True) if pk not in straight]
    return Recalculated(moved=moved, told=ids[in_time & (alerted > 0)].tolist(), left=left)

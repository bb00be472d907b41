"""What a policy's ladder says of the levels that a clock passes: which is told, whom, and when it goes on unheard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings

from alerts.levels import loudest, merged
from alerts.models import Alert
from sla.ladder import NAMED, Step, steps_at
from sla.models import PROMISED, Priority
from sla.terms import Terms

URGENT = frozenset({Priority.P1, Priority.P2})


def tells(terms: Terms, level: int, *, priority: str) -> bool:
    """Without a ladder every level is told, with one those that have a step for the priority, and the breach."""
    return not terms.ladder or level == Alert.BREACH or bool(steps_at(terms.ladder, level=level, priority=priority))


def told_level(
    terms: Terms, levels: Iterable[int], *, instants: Sequence[tuple[int, int]], priority: str
) -> int | None:
    """Of the levels that a clock passed at once the one that is worth a message; None if none is.

    `instants` are all levels of the clock with their epoch seconds: one that comes shortly before another is told
    with that one.
    """
    near = _merged(terms, instants, priority=priority)
    worth = [level for level in levels if tells(terms, level, priority=priority) and level not in near]
    return loudest(worth) if worth else None


def steps_of(terms: Terms, level: int, *, instants: Sequence[tuple[int, int]], priority: str) -> list[Step]:
    """The steps that are told with this level: its own, and those shortly before it."""
    near = _merged(terms, instants, priority=priority)
    levels = [level, *(earlier for earlier, into in near.items() if into == level)]
    return [step for one in levels for step in steps_at(terms.ladder, level=one, priority=priority)]


def named_users(terms: Iterable[Terms]) -> set[str]:
    """The usernames that stand on these ladders."""
    roles = {role for one in terms for step in one.ladder for role in step.to}
    return {role.removeprefix(NAMED) for role in roles if role.startswith(NAMED)}


def escalates_after(terms: Terms, kind: str, *, level: int, priority: str) -> timedelta | None:
    """What the policy says, of each of its alerts; else ALERT_ESCALATE_AFTER_S for breaches of P1 and P2 promises to
    clients. None: it goes on to nobody."""
    seconds = terms.escalate_after_s
    if seconds is None and level >= Alert.BREACH and priority in URGENT and kind in PROMISED:
        seconds = settings.ALERT_ESCALATE_AFTER_S
    return timedelta(seconds=seconds) if seconds else None


def _merged(terms: Terms, instants: Sequence[tuple[int, int]], *, priority: str) -> dict[int, int]:
    return merged([(level, at) for level, at in instants if tells(terms, level, priority=priority)])

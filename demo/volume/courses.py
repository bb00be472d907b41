"""What happens to a made-up incident, drawn by chance in realistic shares. Pure: the same chance, the same course.

Instants are whole epoch seconds. What the clocks make of a course is left to the replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from random import Random

from sla.businesstime import BusinessCalendar

DAY_S = 86_400
# How far back the closed ones go, and how long after the solution they are closed.
PAST_S = 180 * DAY_S
CLOSED_AFTER_S = 3 * DAY_S
LATE_SHARE = 0.08
HOLD_REASONS = ("client", "client", "client", "vendor", "vendor", "problem", "appointment")


class Fate(Enum):
    """Where an incident stands now."""

    NEW = auto()
    WORKED_ON = auto()
    WAITING = auto()
    SOLVED = auto()


# Of the open ones.
OPEN_FATES = {Fate.NEW: 45, Fate.WORKED_ON: 43, Fate.WAITING: 12}


@dataclass(frozen=True, slots=True)
class Happening:
    """One event. `kind` is that of the event, `moves` says that another department gets it."""

    at: int
    kind: str
    status: str = ""
    hold_reason: str = ""
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """What the course is measured by: both targets in seconds of the calendar's business time."""

    response_s: int
    resolution_s: int
    calendar: BusinessCalendar


def draw_fate(chance: Random, *, open_share: float) -> Fate:
    if chance.random() >= open_share:
        return Fate.SOLVED
    return chance.choices(tuple(OPEN_FATES), tuple(OPEN_FATES.values()))[0]


def draw_course(chance: Random, fate: Fate, promise: Promise, *, now: int) -> list[Happening]:
    """The events of one incident by `now`, in their order; the first is its opening."""
    if fate is Fate.SOLVED:
        return _solved(chance, promise, now=now)
    target_s = promise.response_s if fate is Fate.NEW else promise.resolution_s
    opened_at = promise.calendar.subtract(now, int(_share(chance) * target_s)) - chance.randrange(60)
    course = [Happening(opened_at, "opened", "new")]
    if fate is Fate.NEW:
        return course
    responded_at = _responded_at(chance, opened_at, promise, before=now)
    course.append(Happening(responded_at, "acknowledged", "in_progress"))
    if chance.random() < 0.3:
        course.append(Happening(_within(chance, responded_at, now), "assigned", moves=True))
    since = course[-1].at
    if fate is Fate.WAITING:
        course.append(Happening(_within(chance, since, now), "held", "on_hold", chance.choice(HOLD_REASONS)))
    elif chance.random() < 0.2:
        course += _wait(chance, since, now)
    return course


def _solved(chance: Random, promise: Promise, *, now: int) -> list[Happening]:
    opened_at = now - chance.randrange(DAY_S, PAST_S)
    course = [Happening(opened_at, "opened", "new")]
    solved_at = min(now, promise.calendar.add(opened_at, int(_share(chance) * promise.resolution_s)))
    responded_at = _responded_at(chance, opened_at, promise, before=solved_at)
    course.append(Happening(responded_at, "acknowledged", "in_progress"))
    if chance.random() < 0.35:
        course.append(Happening(_within(chance, responded_at, solved_at), "assigned", moves=True))
    if chance.random() < 0.25:
        course += _wait(chance, course[-1].at, solved_at)
    course.append(Happening(solved_at, "resolved", "resolved"))
    if chance.random() < 0.04 and solved_at + DAY_S < now:
        again_at = solved_at + chance.randrange(3600, DAY_S)
        solved_at = min(now, again_at + chance.randrange(600, 2 * DAY_S))
        course += [Happening(again_at, "reopened", "in_progress"), Happening(solved_at, "resolved", "resolved")]
    if solved_at + CLOSED_AFTER_S <= now:
        course.append(Happening(solved_at + CLOSED_AFTER_S, "closed", "closed"))
    return course


def _responded_at(chance: Random, opened_at: int, promise: Promise, *, before: int) -> int:
    return min(before, promise.calendar.add(opened_at, int(_share(chance) * promise.response_s)))


def _wait(chance: Random, since: int, until: int) -> Sequence[Happening]:
    held_at = _within(chance, since, until)
    reason = chance.choice(HOLD_REASONS)
    return (
        Happening(held_at, "held", "on_hold", reason),
        Happening(_within(chance, held_at, until), "resumed", "in_progress"),
    )


def _share(chance: Random) -> float:
    """The part of a target that is used: mostly less than all of it."""
    return chance.uniform(1.01, 2.5) if chance.random() < LATE_SHARE else chance.uniform(0.02, 0.98)


def _within(chance: Random, begin: int, end: int) -> int:
    return begin + int(chance.random() * (end - begin))

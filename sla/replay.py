"""The clock, as arithmetic: from the marks of a subject's history to the state of one clock. Pure, no database.

Instants are whole epoch seconds, durations whole seconds of the calendar's business time. The live operations, the
import and
the audit call this one function, so a stored clock can always be computed anew and must come out the same to the
second.

Rules (docs/clocks.md): a pause stops counting, not the calendar; the deadline is `add(since, target - elapsed)`; a
clock stopped at or
before its deadline is met; it is breached from one second after it, stopped or not. The deadline decides, not who
looked first.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Protocol


class BusinessTime(Protocol):
    """What the replay needs of a calendar (`sla.businesstime.BusinessCalendar`)."""

    def add(self, start: int, seconds: int) -> int: ...
    def between(self, start: int, end: int) -> int: ...


class Mark(StrEnum):
    """What can happen to a clock."""

    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"


# What a clock lives through, with the reason of a pause: which reasons stop it, its terms say.
Happening = tuple[int, Mark, str]


def marks_of(happened: Iterable[Happening], *, pause_on: Collection[str]) -> list[tuple[int, Mark]]:
    """What happened, as terms have it: a wait for a reason that does not stop the clock is work that goes on."""
    return [
        (at, Mark.RESUME if mark is Mark.PAUSE and reason not in pause_on else mark) for at, mark, reason in happened
    ]


@dataclass(frozen=True, slots=True)
class ClockState:
    """The state of a clock after its marks. `pauses` are intervals; the last one has no end while the clock is paused.

    `due_at` of a stopped clock is the deadline that held when it stopped; a clock paused before its deadline has none.
    """

    state: str
    started_at: int
    elapsed_s: int
    running_since: int | None
    due_at: int | None
    stopped_at: int | None
    breached_at: int | None
    pauses: tuple[tuple[int, int | None], ...]

    @property
    def is_breached(self) -> bool:
        return self.state == "breached"


@dataclass(frozen=True, slots=True)
class Phase:
    """What was promised from `since` on: the target, the calendar it counts by, and the marks as its pauses have them.

    The last phase of a clock counts from the clock's start on; the ones before it tell what held until they ended.
    """

    since: int
    target_s: int
    calendar: BusinessTime
    marks: Sequence[tuple[int, Mark]]

    @property
    def terms(self) -> Hashable:
        """The same for phases that promise the same."""
        return self.target_s, self.calendar, tuple(self.marks)


@dataclass(frozen=True, slots=True)
class Change:
    """What a changed priority, policy or calendar did to a clock: its state right before and right after."""

    former: Phase
    phase: Phase
    before: ClockState
    after: ClockState

    @property
    def at(self) -> int:
        return self.phase.since

    @property
    def former_target_s(self) -> int:
        return self.former.target_s

    @property
    def target_s(self) -> int:
        return self.phase.target_s


def replay(
    *, started_at: int, target_s: int, marks: Iterable[tuple[int, Mark]], calendar: BusinessTime, now: int
) -> ClockState:
    """The clock that started at `started_at`, after `marks` in their order, seen at `now`.

    A stopped clock goes on with RESUME (an incident reopened under the policy "continue"): the time in between was a
    pause. Marks that change nothing (a pause while paused, a stop while stopped) are passed over.
    """
    elapsed = 0
    since: int | None = started_at
    waits_from: int | None = None
    stopped_at: int | None = None
    breached_at: int | None = None
    due = calendar.add(started_at, target_s)
    pauses: list[tuple[int, int | None]] = []
    for at, mark in marks:
        if mark is Mark.RESUME:
            if since is not None:
                continue
            pauses.append((stopped_at if waits_from is None else waits_from, at))  # type: ignore[arg-type]
            since, waits_from, stopped_at = at, None, None
            if breached_at is None:
                due = calendar.add(at, target_s - elapsed)
            continue
        if stopped_at is not None:
            continue
        if since is not None:
            elapsed += calendar.between(since, at)
            since = None
            if breached_at is None and at > due:
                breached_at = due
        elif mark is Mark.STOP and waits_from is not None:
            pauses.append((waits_from, at))
            waits_from = None
            if breached_at is None:
                due = calendar.add(at, target_s - elapsed)
        if mark is Mark.STOP:
            stopped_at = at
        elif waits_from is None:
            waits_from = at
    if since is not None and breached_at is None and now > due:
        breached_at = due
    if waits_from is not None:
        pauses.append((waits_from, None))
    if breached_at is not None:
        state = "breached"
    elif stopped_at is not None:
        state = "met"
    else:
        state = "running" if since is not None else "paused"
    return ClockState(
        state=state,
        started_at=started_at,
        elapsed_s=elapsed,
        running_since=since,
        due_at=None if state == "paused" else due,
        stopped_at=stopped_at,
        breached_at=breached_at,
        pauses=tuple(pauses),
    )


def changes_of(*, started_at: int, phases: Sequence[Phase]) -> list[Change]:
    """Each change of what was promised while the clock lived: the result that held until then is kept here."""
    return [
        Change(
            former=earlier,
            phase=later,
            before=_seen_at(later.since, earlier, started_at=started_at),
            after=_seen_at(later.since, later, started_at=started_at),
        )
        for earlier, later in pairwise(phases)
    ]


def _seen_at(at: int, phase: Phase, *, started_at: int) -> ClockState:
    marks = [mark for mark in phase.marks if mark[0] <= at]
    return replay(started_at=started_at, target_s=phase.target_s, marks=marks, calendar=phase.calendar, now=at)


def late_by_change(changes: Iterable[Change]) -> int | None:
    """The change that found the deadline of a clock passed already, though by what held before it was not; None where
    a later change undid it.

    Changed back, a clock that was late is late again as it was before: by an earlier change, or by itself.
    """
    late: int | None = None
    known: dict[Hashable, int | None] = {}
    for change in changes:
        if change.before.is_breached:
            known[change.former.terms] = late
        if not change.after.is_breached:
            late = None
        elif not change.before.is_breached:
            late = known.get(change.phase.terms, change.at)
    return late


def elapsed_at(*, elapsed_s: int, running_since: int | None, calendar: BusinessTime, now: int) -> int:
    """Business seconds that a clock has counted up to `now`."""
    return elapsed_s if running_since is None else elapsed_s + calendar.between(running_since, now)


def wake_instants(
    *, running_since: int, elapsed_s: int, target_s: int, due_at: int, thresholds: Iterable[int], calendar: BusinessTime
) -> list[tuple[int, int]]:
    """(percent, instant) at which each threshold of a counting clock is passed, ascending; 100 is always among them.

    The deadline is passed one second after `due_at`. A share used up before the clock went on is passed when it went
    on.
    """
    instants = []
    for percent in sorted({*thresholds, 100}):
        left = -(-target_s * percent // 100) - elapsed_s
        if percent == 100:
            instants.append((percent, due_at + 1))
        else:
            instants.append((percent, calendar.add(running_since, left) if left > 0 else running_since))
    return instants

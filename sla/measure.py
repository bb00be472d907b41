"""From a subject's marks to the columns of its clocks: the bridge between `sla.replay` and the table.

The live operations, the import and the audit all come through `measure`; only how the rows are written differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sla.models import Clock
from sla.replay import (
    ClockState,
    Happening,
    Mark,
    Phase,
    changes_of,
    elapsed_at,
    late_by_change,
    marks_of,
    replay,
    wake_instants,
)
from sla.terms import Target, Terms, business_calendar

BREACH = 100


def instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


def epoch(at: datetime) -> int:
    """Whole seconds; event times are cut to them."""
    return int(at.timestamp())


# (calendar id, instant) -> the id of the calendar's version in force then.
CalendarLookup = Callable[[int, datetime], int]


@dataclass(frozen=True, slots=True)
class Promised:
    """From `since` on these terms count, for this priority, by the calendars in force at `known_at`."""

    since: int
    terms: Terms
    priority: str
    known_at: datetime

    @property
    def target(self) -> Target:
        return self.terms.targets[self.priority]


@dataclass(frozen=True, slots=True)
class Run:
    """One clock to measure: its kind and cycle, when it started, and what was promised while it lived.

    The last promise counts from the start on, and `marks` are what happened as it has them; the former ones tell what
    held until then.
    """

    kind: str
    cycle: int
    started_at: int
    marks: Sequence[tuple[int, Mark]]
    happened: Sequence[Happening]
    promised: Sequence[Promised]

    @classmethod
    def of(
        cls, kind: str, cycle: int, *, started_at: int, happened: Sequence[Happening], promised: Sequence[Promised]
    ) -> Run:
        """`promised` in its order; of what was promised before the start, and of several at one instant, the last."""
        kept = [promised[0]]
        for one in promised[1:]:
            if one.since <= max(started_at, kept[-1].since):
                kept[-1] = one
            else:
                kept.append(one)
        marks = marks_of(happened, pause_on=pauses_of(kind, kept[-1].terms))
        return cls(kind, cycle, started_at, marks, happened, kept)

    def phases(self, calendar_version: CalendarLookup) -> list[Phase]:
        """What was promised, as the arithmetic reads it."""
        return [
            Phase(
                since=one.since,
                target_s=one.target.seconds(self.kind),
                calendar=business_calendar(calendar_version(one.target.calendar_id, one.known_at)),
                marks=marks_of(self.happened, pause_on=pauses_of(self.kind, one.terms)),
            )
            for one in self.promised
        ]


# Waiting for a problem is waiting for another department: it has clocks of its own, and this one goes on.
_NEVER_STOPS_A_DEPARTMENT = frozenset({"problem"})


def pauses_of(kind: str, terms: Terms) -> frozenset[str]:
    """The reasons that stop a clock of this kind. Nothing stops a vendor's; a response knows nothing but its end."""
    if kind == Clock.Kind.VENDOR:
        return frozenset()
    if kind in {Clock.Kind.ACCEPT, Clock.Kind.FINISH}:
        return terms.pause_on - _NEVER_STOPS_A_DEPARTMENT
    return terms.pause_on


@dataclass(frozen=True, slots=True)
class Measured:
    """A clock as it must stand in the table."""

    kind: str
    cycle: int
    target_s: int
    policy_version_id: int
    calendar_version_id: int
    thresholds: tuple[int, ...]
    state: ClockState
    late_by_change_at: int | None = None

    def columns(self, *, alerted_level: int) -> dict[str, object]:
        """The row's columns; `alerted_level` is what the sweep has dealt with already."""
        state = self.state
        return {
            "target_s": self.target_s,
            "policy_version_id": self.policy_version_id,
            "calendar_version_id": self.calendar_version_id,
            "state": state.state,
            "started_at": instant(state.started_at),
            "elapsed_s": state.elapsed_s,
            "running_since": _instant(state.running_since),
            "due_at": _instant(state.due_at),
            "stopped_at": _instant(state.stopped_at),
            "breached_at": _instant(state.breached_at),
            "late_by_change_at": _instant(self.late_by_change_at),
            "alerted_level": alerted_level,
            "wake_at": _instant(self.wake_after(alerted_level)),
        }

    def levels(self) -> list[tuple[int, int]]:
        """(percent, instant) of the thresholds that this clock passes or passed, ascending.

        All of them while it counts. A stopped or paused clock owes nothing but its breach, if it had one: somebody
        may have stopped it late, before the sweep came by.
        """
        state = self.state
        if state.running_since is None or state.due_at is None:
            return [] if state.breached_at is None else [(BREACH, state.breached_at + 1)]
        return wake_instants(
            running_since=state.running_since,
            elapsed_s=state.elapsed_s,
            target_s=self.target_s,
            due_at=state.due_at,
            thresholds=self.thresholds,
            calendar=business_calendar(self.calendar_version_id),
        )

    def wake_after(self, alerted_level: int) -> int | None:
        """The instant of the first level above `alerted_level`; in the past if the sweep still owes it."""
        return next((at for percent, at in self.levels() if percent > alerted_level), None)

    def level_passed(self, now: int) -> int:
        """The highest level passed at `now`, 0 for none. Standing clocks, too, have passed what they have used up."""
        state = self.state
        used = 100 * elapsed_at(
            elapsed_s=state.elapsed_s,
            running_since=state.running_since,
            calendar=business_calendar(self.calendar_version_id),
            now=now,
        )
        shares = [percent for percent in self.thresholds if percent != BREACH and percent * self.target_s <= used]
        return max([0, *shares, *([] if state.breached_at is None else [BREACH])])


def _instant(epoch_s: int | None) -> datetime | None:
    return None if epoch_s is None else instant(epoch_s)


def measure(runs: Iterable[Run], *, calendar_version: CalendarLookup, now: int) -> list[Measured]:
    """Measure each run by what is promised last, and see which change found it late."""
    found = []
    for run in runs:
        last = run.promised[-1]
        version_id = calendar_version(last.target.calendar_id, last.known_at)
        target_s = last.target.seconds(run.kind)
        state = replay(
            started_at=run.started_at,
            target_s=target_s,
            marks=run.marks,
            calendar=business_calendar(version_id),
            now=now,
        )
        late = None
        if state.is_breached and len(run.promised) > 1:
            phases = run.phases(calendar_version)
            late = late_by_change(changes_of(started_at=run.started_at, phases=phases))
        terms = last.terms
        found.append(
            Measured(run.kind, run.cycle, target_s, terms.policy_version_id, version_id, terms.thresholds, state, late)
        )
    return found


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clock shows at one instant: seconds counted and left (negative when over), and the share of the target
    used."""

    elapsed_s: int
    remaining_s: int
    used_pct: float


def reading(clock: Clock, *, now: datetime) -> Reading:
    """Read a stored clock."""
    elapsed = elapsed_at(
        elapsed_s=clock.elapsed_s,
        running_since=None if clock.running_since is None else epoch(clock.running_since),
        calendar=business_calendar(clock.calendar_version_id),
        now=epoch(now),
    )
    return Reading(elapsed, clock.target_s - elapsed, 100 * elapsed / clock.target_s)

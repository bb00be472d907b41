"""From a subject's marks to the columns of its clocks: the bridge between `sla.replay` and the table.

The live operations, the import and the audit all come through `measure`; only how the rows are written differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sla.models import Clock
from sla.replay import ClockState, Mark, elapsed_at, replay, wake_instants
from sla.terms import Terms, business_calendar, calendar_of

BREACH = 100


def instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


def epoch(at: datetime) -> int:
    """Whole seconds; event times are cut to them."""
    return int(at.timestamp())


@dataclass(frozen=True, slots=True)
class Run:
    """One clock to measure: its kind and cycle, when it started, what happened to it."""

    kind: str
    cycle: int
    started_at: int
    marks: Sequence[tuple[int, Mark]]


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


def measure(
    runs: Iterable[Run],
    *,
    terms: Terms,
    priority: str,
    calendar_version: Callable[[str, int, int], int],
    now: int,
) -> list[Measured]:
    """Measure each run against the terms.

    `calendar_version(kind, cycle, calendar_id)` names the calendar version a clock has pinned, or the current one
    for a new clock.
    """
    target = terms.targets[priority]
    found = []
    for run in runs:
        version_id = calendar_version(run.kind, run.cycle, target.calendar_id)
        target_s = target.seconds(run.kind)
        state = replay(
            started_at=run.started_at,
            target_s=target_s,
            marks=run.marks,
            calendar=business_calendar(version_id),
            now=now,
        )
        found.append(
            Measured(run.kind, run.cycle, target_s, terms.policy_version_id, version_id, terms.thresholds, state)
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


def pinned(clocks: Iterable[Clock], *, current: Callable[[int], int]) -> Callable[[str, int, int], int]:
    """A `calendar_version` for `measure`: what a stored clock has pinned while its calendar is the target's.

    `current` answers for new clocks and changed calendars.
    """
    held = {(c.kind, c.cycle): c.calendar_version_id for c in clocks}

    def choose(kind: str, cycle: int, calendar_id: int) -> int:
        version = held.get((kind, cycle))
        if version is not None and calendar_of(version) == calendar_id:
            return version
        return current(calendar_id)

    return choose

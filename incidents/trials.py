"""One promise under another rule: how it would have been kept, and which part of the rule makes the difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from incidents.filters import MET, MISSED, RUNNING
from incidents.models import HoldReason
from kernel.templatetags.ui import duration
from sla.businesstime import BusinessCalendar
from sla.measure import CalendarLookup, Promised, Run, epoch, pauses_of
from sla.models import Clock
from sla.replay import Mark, elapsed_at, replay
from sla.terms import business_calendar

Marks = Sequence[tuple[int, Mark]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A clock as it stands: what it used of which target, whether it is missed, whether it is stopped."""

    used_s: int
    target_s: int
    is_missed: bool
    is_stopped: bool

    @property
    def left_s(self) -> int:
        """Negative when over."""
        return self.target_s - self.used_s


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a promise was kept, in all its cycles: met, missed, or running; told by the cycle that had least left."""

    verdict: str
    used_s: int
    left_s: int


def verdict_of(readings: Iterable[Reading]) -> Verdict | None:
    """As the quality report judges: missed if any cycle is, running if none is missed and one not stopped. None where
    nothing was promised."""
    found = list(readings)
    if not found:
        return None
    worst = min(found, key=lambda one: (not one.is_missed, one.left_s))
    verdict = MISSED if worst.is_missed else MET if all(one.is_stopped for one in found) else RUNNING
    return Verdict(verdict, worst.used_s, worst.left_s)


def stored_reading(clock: Any, *, now: int) -> Reading:
    """A clock as its row says, swept or not. Takes a row of its columns."""
    used_s = elapsed_at(
        elapsed_s=clock.elapsed_s,
        running_since=None if clock.running_since is None else epoch(clock.running_since),
        calendar=business_calendar(clock.calendar_version_id),
        now=now,
    )
    is_over = clock.state == Clock.State.RUNNING and epoch(clock.due_at) < now
    return Reading(
        used_s=used_s,
        target_s=clock.target_s,
        is_missed=clock.state == Clock.State.BREACHED or is_over,
        is_stopped=clock.stopped_at is not None,
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """One clock, as it was promised (`run`) and under the rule (`ruled`)."""

    run: Run
    ruled: Run
    calendar_version: CalendarLookup
    now: int

    @property
    def was(self) -> Promised:
        return self.run.promised[-1]

    @property
    def becomes(self) -> Promised:
        return self.ruled.promised[-1]

    def reading(self) -> Reading:
        """Under the rule."""
        return self._reading(target_of=self.becomes, hours_of=self.becomes, marks=self.ruled.marks)

    def reasons(self) -> Iterator[str]:
        """Each part of the rule that by itself turns the verdict; where it takes several together, all that differ."""
        stood = self._reading(target_of=self.was, hours_of=self.was, marks=self.run.marks)
        parts: list[tuple[Reading, str]] = []
        targets = [one.target.seconds(self.run.kind) for one in (self.was, self.becomes)]
        if targets[0] != targets[1]:
            changed = self._reading(target_of=self.becomes, hours_of=self.was, marks=self.run.marks)
            parts.append((changed, _target_words(*targets)))
        if self._calendar(self.was) is not self._calendar(self.becomes):
            changed = self._reading(target_of=self.was, hours_of=self.becomes, marks=self.run.marks)
            parts.append((changed, _hours_words(changed.used_s - stood.used_s)))
        if list(self.run.marks) != list(self.ruled.marks):
            changed = self._reading(target_of=self.was, hours_of=self.was, marks=self.ruled.marks)
            parts.append((changed, self._pause_words(changed.used_s - stood.used_s)))
        alone = [words for reading, words in parts if reading.is_missed != stood.is_missed]
        yield from alone or [words for _reading, words in parts] or [_("Reopening is measured otherwise")]

    def _reading(self, *, target_of: Promised, hours_of: Promised, marks: Marks) -> Reading:
        calendar, target_s = self._calendar(hours_of), target_of.target.seconds(self.run.kind)
        state = replay(started_at=self.run.started_at, target_s=target_s, marks=marks, calendar=calendar, now=self.now)
        used_s = elapsed_at(
            elapsed_s=state.elapsed_s, running_since=state.running_since, calendar=calendar, now=self.now
        )
        return Reading(used_s, target_s, state.is_breached, state.stopped_at is not None)

    def _calendar(self, promised: Promised) -> BusinessCalendar:
        return business_calendar(self.calendar_version(promised.target.calendar_id, promised.known_at))

    def _pause_words(self, more_s: int) -> str:
        kind = self.run.kind
        differ = pauses_of(kind, self.was.terms) ^ pauses_of(kind, self.becomes.terms)
        waited = {reason for _at, mark, reason in self.run.happened if mark is Mark.PAUSE and reason in differ}
        reasons = ", ".join(str(HoldReason(reason).label) for reason in sorted(waited))
        if more_s > 0:
            return _("%(time)s would count: %(reasons)s") % {"time": duration(more_s), "reasons": reasons}
        return _("%(time)s would be a pause: %(reasons)s") % {"time": duration(-more_s), "reasons": reasons}


def _target_words(before_s: int, after_s: int) -> str:
    return _("Target %(after)s, not %(before)s") % {"after": duration(after_s), "before": duration(before_s)}


def _hours_words(more_s: int) -> str:
    if more_s > 0:
        return _("%(time)s more lie within the service hours") % {"time": duration(more_s)}
    if more_s < 0:
        return _("%(time)s less lie within the service hours") % {"time": duration(-more_s)}
    return _("Other service hours")

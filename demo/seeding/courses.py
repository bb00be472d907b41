"""When things happened that the story leaves open: agreed before work begins, answered before agreed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from demo.seeding.times import SATURDAY, instant

DECOMPOSED, SAID, AGREED = time(10, 30), time(14, 10), time(16, 30)
ANSWERED_AFTER = timedelta(hours=26)
END_OF_WORK = " 17:00"


@dataclass(frozen=True)
class Course:
    """The instants of one request of the story; None for what has not happened."""

    row: dict[str, Any]
    zone: str
    now: datetime

    def at(self, text: str) -> datetime:
        return instant(text, now=self.now, zone=self.zone)

    def due(self, text: str | None) -> datetime | None:
        """A promise or deadline; without a time of day at the end of work."""
        return None if text is None else self.at(text if " " in text else f"{text}{END_OF_WORK}")

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """What is said of tasks, by blueprint or not."""
        return [*self.row.get("tasks", ()), *self.row.get("progress", {}).values()]

    @property
    def opened_at(self) -> datetime:
        return self.at(self.row["created"])

    @property
    def decomposed_at(self) -> datetime:
        """In the morning before it was agreed, if it was recorded by then; else halfway."""
        until = self.agreed_at or self.now
        return _on(self._workday_before(until), DECOMPOSED, after=self.opened_at, before=until)

    @property
    def agreed_at(self) -> datetime | None:
        """As told, or in the evening before the first task began."""
        if "promised" not in self.row:
            return None
        begun = min((self.at(task["started"]) for task in self.tasks if "started" in task), default=self.now)
        if "agreed" in self.row:
            return min(self.at(self.row["agreed"]), begun)
        return _on(self._workday_before(begun), AGREED, after=self.opened_at, before=begun)

    @property
    def delivered_at(self) -> datetime | None:
        """As told, or halfway between the last task and the acceptance."""
        if "delivered" in self.row:
            return self.at(self.row["delivered"])
        if "accepted" not in self.row:
            return None
        last = max(self.at(task["finished"]) for task in self.tasks)
        return _halfway(last, self.at(self.row["accepted"]))

    def answered_at(self, question: dict[str, Any]) -> datetime:
        """A day later, but before what hangs on it was agreed."""
        asked_at = self.at(question["asked"])
        until = self.agreed_at
        if until is None or until <= asked_at:
            until = self.now
        return min(asked_at + ANSWERED_AFTER, _halfway(asked_at, until))

    def said_at(self, started_at: datetime) -> datetime:
        """When somebody last told how a task goes: in the afternoon of the last working day, had it begun by then."""
        return _on(self._workday_before(self.now), SAID, after=started_at, before=self.now)

    def _workday_before(self, at: datetime) -> datetime:
        day = at.astimezone(ZoneInfo(self.zone)) - timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day -= timedelta(days=1)
        return day


def _on(day: datetime, clock: time, *, after: datetime, before: datetime) -> datetime:
    found = datetime.combine(day.date(), clock, tzinfo=day.tzinfo)
    return found if after < found < before else _halfway(after, before)


def _halfway(begin: datetime, end: datetime) -> datetime:
    return (begin + (end - begin) / 2).replace(microsecond=0)

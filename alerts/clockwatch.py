"""Notices that the database's clock jumped: compares how far it went with how far monotonic time did. No database."""

from __future__ import annotations

from datetime import datetime, timedelta

JUMP = timedelta(seconds=30)
# What is noticed so soon after a jump is held back as well.
SETTLES = timedelta(seconds=30)


class ClockWatch:
    """One for each process; it remembers the last look, nothing else. The first look sees no jump."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None
        self._jumped: float | None = None

    def look(self, now: datetime, *, monotonic: float) -> timedelta:
        """By how much the clock jumped since the last look, backwards if negative; nothing if by no more than 30 s."""
        last, self._last = self._last, (now, monotonic)
        if last is None:
            return timedelta(0)
        jump = (now - last[0]) - timedelta(seconds=monotonic - last[1])
        if abs(jump) <= JUMP:
            return timedelta(0)
        self._jumped = monotonic
        return jump

    def is_settling(self, *, monotonic: float) -> bool:
        """The clock jumped a moment ago, and may jump back."""
        return self._jumped is not None and monotonic - self._jumped < SETTLES.total_seconds()

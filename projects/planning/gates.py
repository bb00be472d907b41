"""What holds back a task: pure rules of the four kinds of dependency. Instants are epoch seconds.

FS and SS hold back the start, FF and SF the end: the successor may not start (end) before the predecessor has ended
(started) and the lag has passed. A cancelled predecessor holds nothing back. A negative lag does not let the
successor in before that: what has not happened yet cannot be counted back from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

START_GATES = frozenset({"FS", "SS"})
END_GATES = frozenset({"FF", "SF"})
WAITS_FOR_END = frozenset({"FS", "FF"})


@dataclass(frozen=True, slots=True)
class Wait:
    """One dependency seen from its successor; the instants are the predecessor's, None while it has not happened.

    `lag_s` in seconds, counted around the clock where `is_always`, else in the successor's working hours.
    """

    predecessor: int
    kind: str
    started_at: int | None
    ended_at: int | None
    is_cancelled: bool = False
    lag_s: int = 0
    is_always: bool = False

    @property
    def since(self) -> int | None:
        """When the predecessor did what is waited for; None while it has not."""
        if self.is_cancelled or self.kind in WAITS_FOR_END:
            return self.ended_at
        return self.started_at


@dataclass(frozen=True, slots=True)
class Gate:
    """`waiting_for`: the predecessors that still hold it back; `opens_at`: once none does, from when it is open (0: it
    always was)."""

    waiting_for: tuple[int, ...] = ()
    opens_at: int = 0

    def is_open(self, at: int) -> bool:
        return not self.waiting_for and self.opens_at <= at


def start_gate(waits: Iterable[Wait], *, working: Callable[[int, int], int], not_before: int | None = None) -> Gate:
    """What holds back the start. `working(instant, seconds)` adds working time of the successor's department."""
    return _gate((wait for wait in waits if wait.kind in START_GATES), working=working, not_before=not_before)


def end_gate(waits: Iterable[Wait], *, working: Callable[[int, int], int]) -> Gate:
    """What holds back the end."""
    return _gate((wait for wait in waits if wait.kind in END_GATES), working=working)


def _gate(waits: Iterable[Wait], *, working: Callable[[int, int], int], not_before: int | None = None) -> Gate:
    waiting, opens_at = [], not_before or 0
    for wait in waits:
        since = wait.since
        if since is None:
            waiting.append(wait.predecessor)
            continue
        if wait.lag_s > 0 and not wait.is_cancelled:
            since = since + wait.lag_s if wait.is_always else working(since, wait.lag_s)
        opens_at = max(opens_at, since)
    return Gate(tuple(sorted(waiting)), opens_at)

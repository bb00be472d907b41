"""What the alert pass does for the rooms above from time to time; each registers its chores when the program starts.

A chore finds its own work in the database and bears to be done twice, even at once: one that takes longer than its
interval may be begun anew by another process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

PREFIX = "chore:"


@dataclass(frozen=True)
class Chore:
    """`work` is told the time, and answers how much it did."""

    name: str
    every: timedelta
    work: Callable[[datetime], int]

    @property
    def beat(self) -> str:
        """The name of its pulse."""
        return f"{PREFIX}{self.name}"


_chores: dict[str, Chore] = {}


def register(name: str, every: timedelta, work: Callable[[datetime], int]) -> None:
    """Do this at most once in so long, whichever process comes first."""
    _chores[name] = Chore(name, every, work)


def chores() -> tuple[Chore, ...]:
    """In the order in which they were registered."""
    return tuple(_chores.values())


def intervals() -> dict[str, timedelta]:
    """By the names of their pulses."""
    return {chore.beat: chore.every for chore in chores()}

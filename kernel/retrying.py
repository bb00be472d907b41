"""A lost race is run again: who was chosen to end a deadlock, or waited too long for a lock, has done nothing yet."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

T = TypeVar("T")
# After each a further try, each within half and one and a half of it, so that two losers do not meet again.
PAUSES_S = (0.1, 0.5, 2.0)
INSISTS_EVERY_S = 0.5
# PostgreSQL's names: serialization_failure, deadlock_detected, lock_not_available. On SQLite one waits in line instead.
_LOST_RACES = frozenset({"40001", "40P01", "55P03"})
CONNECTION_LOST = "08"  # classes of PostgreSQL's error codes
SHUTTING_DOWN = "57P"


def run(work: Callable[[], T]) -> T:
    """What `work` returns; up to three times again while it loses races, and only if it has committed nothing.

    Within somebody else's transaction it is run once: that transaction as a whole has lost.
    """
    for pause_s in PAUSES_S:
        watch = _Commits()
        try:
            with connection.execute_wrapper(watch):
                return work()
        except OperationalError as error:
            if not is_lost_race(error) or watch.has_seen_one or connection.in_atomic_block:
                raise
        time.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
    return work()


def insist(work: Callable[[], T], *, for_s: float) -> T:
    """What `work` returns; again twice a second while the database is away, for what must be written down.

    The answer to a commit may have been lost: `work` must bear to be done twice.
    """
    until = time.monotonic() + for_s
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() >= until:
                raise
        connection.close()
        time.sleep(INSISTS_EVERY_S)


def is_lost_race(error: BaseException) -> bool:
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) in _LOST_RACES


def is_away(error: BaseException) -> bool:
    """Whether PostgreSQL or the line to it went away, so that whatever was being worked on is not at fault: told by
    the driver, without a code of its own, or by the server as it shuts down."""
    from_driver: Any = error.__cause__
    if not isinstance(error, OperationalError | InterfaceError) or not hasattr(from_driver, "pgcode"):
        return False
    return (from_driver.pgcode or CONNECTION_LOST).startswith((CONNECTION_LOST, SHUTTING_DOWN))


class _Commits:
    """Sees whether a statement became lasting: by itself, or with its transaction."""

    has_seen_one = False

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if connection.in_atomic_block:
            transaction.on_commit(self._note, robust=True)
        elif not sql.lstrip().upper().startswith(("SELECT", "BEGIN")):
            self._note()
        return result

    def _note(self) -> None:
        self.has_seen_one = True

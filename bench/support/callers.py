"""People who ask for pages, in process. Django must be set up before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from accounts.models import User

T = TypeVar("T")
PACE_ROUNDS = 100_000


@dataclass(frozen=True)
class Took:
    """One answer: milliseconds by the clock on the wall, those that processors worked for it (the program's and, on the
    same machine, the database's), and queries; `pace` is how fast the machine was just then.

    On a machine that is busy with other work only the processors' time says what an answer costs, and where others
    share the processors themselves, not even that: compare it with the pace.
    """

    ms: float
    cpu_ms: float
    queries: int
    pace: float


def pace() -> float:
    """How many rounds of a plain loop the machine does in a millisecond, now."""
    began = time.perf_counter()
    total = 0
    for number in range(PACE_ROUNDS):
        total += number
    return PACE_ROUNDS / ((time.perf_counter() - began) * 1e3)


def took(ask: Callable[[], T]) -> tuple[Took, T]:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    before = pace()
    with CaptureQueriesContext(connection) as queries:
        database_s = _database_s()
        began, own_s = time.perf_counter(), time.process_time()
        answer = ask()
        own_s, took_s = time.process_time() - own_s, time.perf_counter() - began
        database_s = _database_s() - database_s
    return Took(took_s * 1e3, (own_s + database_s) * 1e3, len(queries), (before + pace()) / 2), answer


def _database_s() -> float:
    """What the server's process for this connection has worked; 0 where that cannot be seen."""
    from django.db import connection  # noqa: PLC0415

    connection.ensure_connection()
    said = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(said.read_text().split()[0]) / 1e9 if said.exists() else 0.0


class Caller:
    """A person with a browser."""

    def __init__(self, user: User) -> None:
        from django.test import Client  # noqa: PLC0415

        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(user)

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer

    def timed(self, path: str) -> Took:
        return took(lambda: self.get(path))[0]

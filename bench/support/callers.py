"""People who ask for pages, in process. Django must be set up before."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from accounts.models import User

T = TypeVar("T")


@dataclass(frozen=True)
class Took:
    """One answer: milliseconds at the wall clock, of them on the program's own processor, and queries.

    On a machine that is busy with other work only the second says what the program costs.
    """

    ms: float
    own_ms: float
    queries: int


def took(ask: Callable[[], T]) -> tuple[Took, T]:
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as queries:
        began, own = time.perf_counter(), time.process_time()
        answer = ask()
        own_s, took_s = time.process_time() - own, time.perf_counter() - began
    return Took(took_s * 1e3, own_s * 1e3, len(queries)), answer


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

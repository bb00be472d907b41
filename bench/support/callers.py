"""People who ask for pages, in process. Django must be set up before."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User


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

    def timed(self, path: str) -> tuple[float, int]:
        """Milliseconds and queries of one answer."""
        from django.db import connection  # noqa: PLC0415
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        with CaptureQueriesContext(connection) as queries:
            began = time.perf_counter()
            self.get(path)
            took_s = time.perf_counter() - began
        return took_s * 1e3, len(queries)

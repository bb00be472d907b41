"""Programs that report tickets over REST without a pause, and remember what they were promised."""

from __future__ import annotations

import threading
import time
from collections import Counter

from django.utils import timezone

from accounts.models import Client, Role, User
from accounts.operations import create_token
from incidents.models import Incident
from tests.chaos.crew import Crew, Reply, Web
from tests.factories import a_user


def an_api(crew: Crew, **variables: str) -> Web:
    """A web server, and the token of an administrator for it."""
    web = crew.web(**variables)
    web.token = a_token()
    return web


def a_token() -> str:
    root = User.objects.filter(username="root").first() or a_user("root", Role.ADMIN)
    return create_token(user=root, name="chaos", scope="write", clients=(), at=timezone.now(), actor=None)[1]


def a_ticket(client: Client, number: int, *, text: str = "") -> dict[str, str]:
    opened_at = timezone.now().replace(microsecond=0).isoformat().replace("+00:00", "Z")
    ticket = {"client": client.slug, "title": f"Ticket {number}", "priority": "P2", "opened_at": opened_at}
    return ticket | ({"description": text} if text else {})


def report(web: Web, client: Client, number: int, *, text: str = "") -> Reply:
    return web.call("PUT", f"/api/v1/incidents/by-ref/jira/{number}/", body=a_ticket(client, number, text=text))


class Reporters:
    """Several at once; `accepted` are the numbers that were answered 2xx, `answers` counts all answers by status."""

    def __init__(self, web: Web, client: Client, *, count: int = 2, text: str = "") -> None:
        self.web, self.client, self.text = web, client, text
        self.accepted: list[int] = []
        self.answers: Counter[int] = Counter()
        self.slowest_s = 0.0
        self.odd: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._report, args=(n * 1_000_000,)) for n in range(1, count + 1)]

    def __enter__(self) -> Reporters:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _report(self, number: int) -> None:
        while not self._stop.is_set():
            number += 1
            began = time.monotonic()
            reply = report(self.web, self.client, number, text=self.text)
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self.answers[reply.status] += 1
            if reply.status in {200, 201}:
                self.accepted.append(number)
            elif reply.status not in {0, 503} or (reply.status == 503 and "problem+json" not in str(reply.headers)):
                self.odd.append(f"{reply.status} {reply.text[:500]}")
            self._stop.wait(0.02 if reply.status == 201 else 0.2)

    def assert_kept(self) -> dict[str, object]:
        """What was promised is there, and nobody was told nonsense."""
        assert self.odd == []
        refs = Incident.objects.filter(source="jira").values_list("external_ref", flat=True)
        assert {str(number) for number in self.accepted} <= set(refs)
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(self.answers.items()))
        return {"answers": statuses, "slowest answer (s)": round(self.slowest_s, 1)}

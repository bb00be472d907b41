"""Web processes are killed in the middle of a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F

from incidents.models import Incident, IncidentEvent
from kernel.models import IdempotencyKey
from tests.chaos.crew import Crew, Reply, Web
from tests.chaos.lengths import at_length
from tests.chaos.reporters import a_ticket, a_token
from tests.chaos.worlds import a_world
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@pytest.mark.fault(
    "F57",
    "a web process is killed before it answers a request with an Idempotency-Key; the client sends it again",
    "409 with Retry-After until the lease of 60 s has ended, then done: one object",
)
@pytest.mark.parametrize("waits", [False, at_length(True)])
def test_killed_in_the_middle_of_a_request(crew: Crew, measured: Callable, waits: bool) -> None:
    ticket = a_ticket(a_world(), 1)

    def send(web: Web) -> Reply:
        return web.call("PUT", "/api/v1/incidents/by-ref/jira/1/", body=ticket, headers={"Idempotency-Key": "once"})

    dying = crew.web(TAMHUB_TESTING="1", TAMHUB_FAILPOINT="before_answer_is_kept:kill")
    dying.token = a_token()
    assert send(dying).status == 0
    dying.process.kill_all()
    assert Incident.objects.count() == 0
    web = crew.web()
    web.token = dying.token
    again = send(web)
    assert again.status == 409, again.text
    assert 0 < int(again.headers["Retry-After"]) <= 60
    if not waits:
        IdempotencyKey.objects.update(lease_until=F("lease_until") - timedelta(seconds=60))
    assert wait_until(lambda: send(web).status == 201, within_s=65)
    repeated = send(web)
    assert (repeated.status, repeated.headers["Idempotent-Replayed"]) == (201, "true")
    assert Incident.objects.count() == IncidentEvent.objects.count() == 1
    measured(objects=1)

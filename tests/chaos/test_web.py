"""Web processes are killed in the middle of a request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F

from incidents.models import Incident, IncidentEvent
from kernel.models import IdempotencyKey
from tests.chaos.crew import Crew
from tests.chaos.lengths import at_length
from tests.chaos.reporters import a_token, report
from tests.chaos.worlds import a_world
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
KEY = {"Idempotency-Key": "ticket-1"}


@pytest.mark.fault(
    "F57",
    "a web process is killed before it answers a request with an Idempotency-Key; the client sends it again",
    "409 with Retry-After until the lease of 60 s has ended, then done: one object",
)
@pytest.mark.parametrize("waits", [False, at_length(True)])
def test_killed_in_the_middle_of_a_request(crew: Crew, measured: Callable, waits: bool) -> None:
    client = a_world()
    dying = crew.web(TAMHUB_TESTING="1", TAMHUB_FAILPOINT="before_answer_is_kept:kill")
    dying.token = a_token()
    assert report(dying, client, 1, **KEY).status == 0
    dying.process.kill_all()
    assert Incident.objects.count() == 0
    web = crew.web()
    web.token = dying.token
    again = report(web, client, 1, **KEY)
    assert again.status == 409, again.text
    assert 0 < int(again.headers["Retry-After"]) <= 60
    if not waits:
        IdempotencyKey.objects.update(lease_until=F("lease_until") - timedelta(seconds=60))
    assert wait_until(lambda: report(web, client, 1, **KEY).status == 201, within_s=65)
    repeated = report(web, client, 1, **KEY)
    assert (repeated.status, repeated.headers["Idempotent-Replayed"]) == (201, "true")
    assert Incident.objects.count() == IncidentEvent.objects.count() == 1
    measured(objects=1)

"""Several programs at once: one ticket is one incident, one name is taken once, one of two editors wins."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Client, Role
from incidents.models import Incident, IncidentEvent
from tests.factories import a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
API = "/api/v1/"
TICKET = {"client": "acme", "title": "Down", "priority": "P2", "opened_at": "2026-03-02T09:00:00Z"}
PROGRAMS = 4


def at_once(*requests):
    """The answers to these requests, sent by threads that start together."""
    together = threading.Barrier(len(requests))

    def send(request):
        together.wait()
        try:
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return [future.result() for future in [pool.submit(send, request) for request in requests]]


@pytest.fixture
def programs(api):
    a_client("acme", policy=a_policy())
    root = a_user("root", Role.ADMIN)
    return [api(root) for _ in range(PROGRAMS)]


def test_one_new_ticket_reported_by_all_at_once_is_one_incident(programs):
    for number in range(5):
        url = f"{API}incidents/by-ref/jira/OPS-{number}/"
        answers = at_once(*[lambda p=p, url=url: p.put(url, TICKET) for p in programs])
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        assert len({answer.json()["id"] for answer in answers}) == 1
    assert Incident.objects.count() == IncidentEvent.objects.count() == 5


def test_the_same_hundred_sent_by_two_at_once_are_a_hundred(programs):
    items = [{**TICKET, "source": "jira", "external_ref": str(number)} for number in range(25)]
    one, other = at_once(
        lambda: programs[0].post(f"{API}incidents/bulk/", items),
        lambda: programs[1].post(f"{API}incidents/bulk/", list(reversed(items))),
    )
    statuses = [result["status"] for answer in (one, other) for result in answer.json()["results"]]
    assert sorted(statuses) == ["created"] * 25 + ["unchanged"] * 25
    assert Incident.objects.count() == 25


def test_a_name_wanted_by_all_at_once_is_given_to_one(programs):
    body = {"slug": "initech", "name": "Initech"}
    answers = at_once(*[lambda p=p: p.post(f"{API}clients/", body) for p in programs])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert Client.objects.filter(slug="initech").count() == 1


def test_of_editors_who_read_the_same_version_one_wins(programs):
    incident = an_incident(client=Client.objects.get(slug="acme"))
    url = f"{API}incidents/{incident.pk}/"
    answers = at_once(
        *[
            lambda n=n, p=p: p.patch(url, {"title": f"No. {n}"}, headers={"If-Match": '"1"'})
            for n, p in enumerate(programs)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    incident.refresh_from_db()
    assert incident.version == 2


def test_all_acknowledge_at_once_and_it_happens_once(programs):
    incident = an_incident(client=Client.objects.get(slug="acme"))
    url = f"{API}incidents/{incident.pk}/acknowledge/"
    answers = at_once(*[lambda p=p: p.post(url) for p in programs])
    assert [(answer.status_code, answer["ETag"]) for answer in answers] == [(200, '"2"')] * PROGRAMS
    assert IncidentEvent.objects.filter(kind="acknowledged").count() == 1

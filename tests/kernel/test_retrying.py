"""Who lost a race for locks is run again, unless something was committed already."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import Client, Role
from incidents.models import Incident
from incidents.operations import record, verbs
from kernel import retrying
from tests.factories import a_client, a_user, an_incident

FORM = "application/x-www-form-urlencoded"
pytestmark = pytest.mark.django_db(transaction=True)


class DeadlockDetected(Exception):
    """As the driver names it."""

    pgcode = "40P01"


def lose() -> None:
    raise OperationalError("deadlock detected") from DeadlockDetected()


class Loses:
    """Calls `work`, but fails the first times as if by a deadlock."""

    def __init__(self, work: Any, *, times: int) -> None:
        self.work, self.times, self.calls = work, times, 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        if self.calls <= self.times:
            lose()
        return self.work(*args, **kwargs)


def test_a_lost_race_is_run_again_up_to_three_times() -> None:
    work = Loses(lambda: "done", times=3)
    assert retrying.run(work) == "done"
    with pytest.raises(OperationalError):
        retrying.run(Loses(lambda: "done", times=4))
    assert work.calls == 4


def test_what_is_no_lost_race_is_not_run_again() -> None:
    calls = []

    def work() -> None:
        calls.append(1)
        raise OperationalError("the server closed the connection")

    with pytest.raises(OperationalError):
        retrying.run(work)
    assert calls == [1]


@pytest.mark.parametrize("in_a_transaction", [True, False])
def test_what_has_committed_something_is_not_run_again(in_a_transaction: bool) -> None:
    slugs = iter(["once", "twice"])

    def work() -> None:
        if in_a_transaction:
            with transaction.atomic():
                a_client(next(slugs))
        else:
            a_client(next(slugs))
        lose()

    with pytest.raises(OperationalError):
        retrying.run(work)
    assert list(Client.objects.values_list("slug", flat=True)) == ["once"]


def test_what_was_rolled_back_is_run_again() -> None:
    finds = []

    def work() -> None:
        finds.append(Client.objects.count())
        with transaction.atomic():
            a_client("acme")
            if len(finds) == 1:
                lose()

    retrying.run(work)
    assert finds == [0, 0]
    assert Client.objects.count() == 1


def test_within_another_transaction_it_is_that_transaction_that_lost() -> None:
    work = Loses(lambda: None, times=1)
    with pytest.raises(OperationalError), transaction.atomic():
        retrying.run(work)
    assert work.calls == 1


def test_the_wrapper_leaves_the_connection_as_it_was() -> None:
    retrying.run(Loses(lambda: None, times=2))
    assert connection.execute_wrappers == []


def away() -> None:
    raise OperationalError("the server closed the connection")


def test_what_must_be_written_down_waits_for_the_database() -> None:
    ends = iter([away, away, lambda: "done"])

    def work() -> object:
        return next(ends)()

    assert retrying.insist(work, for_s=5) == "done"


def test_but_not_for_ever() -> None:
    with pytest.raises(OperationalError):
        retrying.insist(away, for_s=0.1)


@pytest.fixture
def incident() -> Incident:
    return an_incident(client=a_client("acme"), at=timezone.now().replace(microsecond=0))


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_a_verb_of_the_api_that_loses_is_answered_all_the_same(api, incident, monkeypatch, headers) -> None:
    losing = Loses(record.settle, times=2)
    monkeypatch.setattr(verbs, "settle", losing)
    program = api(a_user("root", Role.ADMIN))
    answer = program.post(f"/api/v1/incidents/{incident.pk}/acknowledge/", headers=headers)
    assert (answer.status_code, answer.json()["version"], losing.calls) == (200, 2, 3)


def test_a_page_that_loses_is_answered_all_the_same(browse, incident, monkeypatch) -> None:
    losing = Loses(record.settle, times=2)
    monkeypatch.setattr(verbs, "settle", losing)
    answer = browse(a_user("root", Role.ADMIN)).post(f"/incidents/{incident.pk}/acknowledge/", "", content_type=FORM)
    assert answer.status_code < 400
    assert losing.calls == 3
    incident.refresh_from_db()
    assert incident.version == 2


def test_a_page_that_loses_again_and_again_says_come_back(browse, incident, monkeypatch) -> None:
    monkeypatch.setattr(verbs, "settle", Loses(record.settle, times=4))
    browser = browse(a_user("root", Role.ADMIN))
    browser.raise_request_exception = False
    answer = browser.post(f"/incidents/{incident.pk}/acknowledge/", "", content_type=FORM)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "Traceback" not in answer.text
    incident.refresh_from_db()
    assert incident.version == 1

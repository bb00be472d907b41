"""Idempotency-Key: done once, answered alike."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts import operations
from accounts.models import Client, Grant, Role
from kernel.api import idempotency
from kernel.models import History, IdempotencyKey
from tests.factories import a_client, a_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.kernel.api_example")]
URL = "/api/v1/clients/"
ACME = {"slug": "acme", "name": "Acme"}
KEY = {"Idempotency-Key": "a key"}


@pytest.fixture
def caller(api):
    return api(a_user("manager", Role.MANAGER))


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(caller):
    first = caller.post(URL, ACME, headers=KEY)
    again = caller.post(URL, ACME, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    for name in ("ETag", "Location", "Content-Type"):
        assert again[name] == first[name]
    assert History.objects.filter(verb="created").count() == 1


def test_an_answer_without_a_body_is_repeated_without_one(caller):
    a_client("acme")
    headers = {**KEY, "If-Match": '"1"'}
    first, again = (caller.delete(f"{URL}acme/", headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (204, 204, b"")
    assert again["Idempotent-Replayed"] == "true"
    assert Client.objects.get().version == 2


@pytest.mark.parametrize("change", ["body", "address", "method", "query"])
def test_the_key_of_another_request_is_refused(caller, change):
    caller.post(URL, ACME, headers=KEY)
    answer = {
        "body": lambda: caller.post(URL, {"slug": "other", "name": "Other"}, headers=KEY),
        "address": lambda: caller.post(f"{URL}acme/archive/", ACME, headers=KEY),
        "method": lambda: caller.put(f"{URL}acme/", ACME, headers={**KEY, "If-Match": "*"}),
        "query": lambda: caller.post("/api/v1/echo/?fail=1", ACME, headers=KEY),
    }[change]()
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "idempotency_key_reused")


def test_each_token_and_each_person_has_keys_of_its_own(caller, api, browse):
    caller.post(URL, ACME, headers=KEY)
    other = api(a_user("second", Role.MANAGER)).post(URL, {"slug": "b", "name": "B"}, headers=KEY)
    assert other.status_code == 201
    browser = browse(a_user("third", Role.MANAGER))
    signed_in = browser.post(URL, {"slug": "c", "name": "C"}, headers=KEY, content_type="application/json")
    assert signed_in.status_code == 201
    assert {owner.split(":")[0] for owner in IdempotencyKey.objects.values_list("owner", flat=True)} == {
        "token",
        "user",
    }


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "tab\tinside"])
def test_a_key_is_1_to_255_printable_ascii_characters(caller, key):
    answer = caller.post(URL, ACME, HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    assert not Client.objects.exists()


def test_a_refusal_is_kept_but_what_may_pass_later_is_not(caller):
    bad = {"slug": "acme"}
    assert caller.post(URL, bad, headers=KEY).status_code == 400
    assert caller.post(URL, bad, headers=KEY)["Idempotent-Replayed"] == "true"

    client = a_client("taken", name="Acme")
    key = {"Idempotency-Key": "second"}
    assert caller.post(URL, ACME, headers=key).status_code == 409
    Client.objects.filter(pk=client.pk).update(name="Renamed")
    assert caller.post(URL, ACME, headers=key).status_code == 201

    key = {"Idempotency-Key": "third", "If-Match": '"9"'}
    assert caller.patch(f"{URL}acme/", {"note": "x"}, headers=key).status_code == 412
    assert caller.patch(f"{URL}acme/", {"note": "x"}, headers={**key, "If-Match": '"1"'}).status_code == 200


def test_a_failure_of_ours_rolls_back_and_frees_the_key(caller, monkeypatch):
    create = operations.create_client

    def create_and_fail(**kwargs):
        create(**kwargs)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(operations, "create_client", create_and_fail)
    assert caller.post(URL, ACME, headers=KEY).status_code == 503
    assert not Client.objects.exists()
    monkeypatch.undo()
    assert caller.post(URL, ACME, headers=KEY).status_code == 201


def test_a_request_that_still_runs_is_409_until_its_lease_ends(caller):
    caller.post(URL, ACME, headers=KEY)
    soon = timezone.now() + timedelta(seconds=30)
    IdempotencyKey.objects.update(status=None, lease_until=soon)  # as if the process had been killed before it answered
    Client.objects.all().delete()
    running = caller.post(URL, ACME, headers=KEY)
    assert (running.status_code, running.json()["errors"][0]["code"]) == (409, "still_running")
    assert 28 <= int(running["Retry-After"]) <= 30
    IdempotencyKey.objects.update(lease_until=timezone.now())
    assert caller.post(URL, ACME, headers=KEY).status_code == 201


def test_work_whose_lease_was_lost_is_rolled_back(caller, monkeypatch):
    create = operations.create_client

    def too_slow(**kwargs):
        IdempotencyKey.objects.update(lease_until=timezone.now() + timedelta(minutes=5))  # a repetition took over
        return create(**kwargs)

    monkeypatch.setattr(operations, "create_client", too_slow)
    assert caller.post(URL, ACME, headers=KEY).status_code == 409
    assert not Client.objects.exists()


def test_answers_are_forgotten_after_a_day(caller):
    caller.post(URL, ACME, headers=KEY)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    other = caller.post(URL, {"slug": "other", "name": "Other"}, headers=KEY)
    assert other.status_code == 201
    assert "Idempotent-Replayed" not in other

    assert idempotency.purge(now=timezone.now() + timedelta(hours=23)) == 0
    assert idempotency.purge(now=timezone.now() + timedelta(hours=25)) == 1


def test_rights_are_asked_again_before_an_answer_is_repeated(caller, api):
    caller.post(URL, ACME, headers=KEY)
    Grant.objects.all().delete()
    assert caller.post(URL, ACME, headers=KEY).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_identical_requests_at_once_do_the_work_once(caller):
    answers = _at_once(4, lambda: caller.post(URL, ACME, headers=KEY))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum(answer.status_code == 201 and "Idempotent-Replayed" not in answer for answer in answers) == 1
    assert all("Retry-After" in answer for answer in answers if answer.status_code == 409)
    assert Client.objects.count() == 1
    assert caller.post(URL, ACME, headers=KEY)["Idempotent-Replayed"] == "true"


@pytest.mark.django_db(transaction=True)
def test_a_second_request_is_answered_while_the_first_still_works(caller, monkeypatch):
    create, begun, go_on = operations.create_client, threading.Event(), threading.Event()

    def slowly(**kwargs):
        begun.set()
        assert go_on.wait(10)
        return create(**kwargs)

    monkeypatch.setattr(operations, "create_client", slowly)
    first = []
    worker = threading.Thread(target=lambda: first.append(_closing(lambda: caller.post(URL, ACME, headers=KEY))))
    caller.get(URL)  # the token is marked as used before the work holds a lock
    worker.start()
    assert begun.wait(10)
    second = caller.post(URL, ACME, headers=KEY)
    go_on.set()
    worker.join()
    assert (first[0].status_code, second.status_code) == (201, 409)
    assert 1 <= int(second["Retry-After"]) <= 60


@pytest.mark.django_db(transaction=True)
def test_of_concurrent_creations_of_one_name_all_but_one_are_409(caller):
    answers = _at_once(4, lambda: caller.post(URL, ACME))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409).json()
    assert refused["errors"][0]["code"] == "unique"
    assert refused["errors"][0]["field"] in {"slug", "name"}


def _at_once(count, call):
    barrier, answers = threading.Barrier(count), []

    def run():
        barrier.wait(10)
        answers.append(_closing(call))

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _closing(call):
    try:
        return call()
    finally:
        connection.close()

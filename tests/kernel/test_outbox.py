"""The outbox promises an order without gaps, whatever the order in which transactions commit."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from kernel import outbox
from kernel.models import OutboxEvent

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def put(key: str) -> None:
    outbox.put("test.happened", key=key, payload={"key": key}, at=AT)


@pytest.mark.django_db
def test_the_same_fact_is_owed_once():
    put("a")
    put("a")
    assert OutboxEvent.objects.count() == 1


@pytest.mark.django_db
def test_positions_follow_each_other_and_a_reader_goes_on_where_it_stopped():
    put("a")
    put("b")
    assert outbox.sequence() == 2
    first = [event.key for event in outbox.after(0, limit=1)]
    put("c")
    outbox.sequence()
    rest = [event.key for event in outbox.after(1, limit=10)]
    assert (first, rest) == (["a"], ["b", "c"])
    assert outbox.sequence() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_fact_that_commits_late_gets_a_later_position_although_its_id_is_lower():
    inserted, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                put("slow")
                inserted.set()
                go_on.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert inserted.wait(10)
    put("fast")
    outbox.sequence()
    seen_first = [event.key for event in outbox.after(0, limit=10)]
    go_on.set()
    thread.join()
    outbox.sequence()
    seen_later = [event.key for event in outbox.after(1, limit=10)]
    assert (seen_first, seen_later) == (["fast"], ["slow"])


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sequencers_leave_no_gap_and_no_double():
    def write(name: str) -> None:
        try:
            for number in range(10):
                put(f"{name}{number}")
                outbox.sequence()
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outbox.sequence()
    positions = list(OutboxEvent.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, 41))

"""Many rows at once are stored as one by one: the same values, the same constraints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Client
from alerts.models import Alert
from kernel import bulk
from kernel.models import OutboxEvent
from tests.factories import MONDAY, a_user

pytestmark = pytest.mark.django_db

AWKWARD = "tab\t, line\nend\r, \\N, \\, 'quotes' \"both\", %s, é, 日本, 🙂, None"


def fact(key: str, **fields: object) -> OutboxEvent:
    return OutboxEvent(topic="told", key=key, at=MONDAY, **fields)


def test_every_kind_of_text_comes_back_as_it_was() -> None:
    bulk.insert([fact(AWKWARD, payload={"text": AWKWARD, "list": [1, None, True]}), fact("")])
    first, second = OutboxEvent.objects.order_by("id")
    assert (first.key, first.payload) == (AWKWARD, {"text": AWKWARD, "list": [1, None, True]})
    assert (second.key, second.tenant_id, second.payload) == ("", None, {})


def test_instants_are_the_same_in_whatever_zone_they_were_given() -> None:
    vienna = timezone(timedelta(hours=1))
    instants = [MONDAY, MONDAY.astimezone(vienna), MONDAY.replace(microsecond=120)]
    bulk.insert([OutboxEvent(topic="told", key=str(n), at=at) for n, at in enumerate(instants)])
    OutboxEvent.objects.create(topic="told", key="by hand", at=MONDAY)
    assert list(OutboxEvent.objects.order_by("id").values_list("at", flat=True)) == [*instants, MONDAY]
    assert OutboxEvent.objects.filter(at=MONDAY).count() == 3


def test_ids_ascend_in_the_order_given_and_go_on_after_rows_stored_one_by_one() -> None:
    rows = [fact(str(n)) for n in range(50)]
    bulk.insert(rows)
    one = OutboxEvent.objects.create(topic="told", key="by hand", at=MONDAY)
    more = [fact(f"more {n}") for n in range(3)]
    bulk.insert(more)
    ids = [row.pk for row in (*rows, one, *more)]
    assert ids == sorted(set(ids))
    assert [OutboxEvent.objects.get(pk=row.pk).key for row in rows[:3]] == ["0", "1", "2"]


def test_ids_of_deleted_rows_are_not_given_again() -> None:
    first = fact("first")
    bulk.insert([first])
    deleted = first.pk
    OutboxEvent.objects.all().delete()
    second = fact("second")
    bulk.insert([second])
    assert second.pk > deleted


def test_an_inserted_row_is_a_stored_row_with_its_stamps() -> None:
    client = Client(slug="acme", name="Acme", tam=a_user("tess"))
    bulk.insert([client])
    client.city = "Graz"
    client.save()
    stored = Client.objects.get()
    assert (stored.city, stored.tam_id) == ("Graz", client.tam_id)
    assert stored.created_at <= stored.updated_at <= datetime.now(UTC)


def test_constraints_hold_and_nothing_of_a_refused_lot_is_kept() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert([fact("same"), fact("other"), fact("same")])
    assert not OutboxEvent.objects.exists()


def test_an_update_writes_the_named_columns_of_each_row_and_no_others() -> None:
    rows = [fact(str(n)) for n in range(3)]
    bulk.insert(rows)
    for row in rows:
        row.payload, row.topic = {"n": row.key}, "untold"
    bulk.update(rows[:2], fields=["payload"])
    stored = OutboxEvent.objects.order_by("id").values_list("topic", "payload")
    assert list(stored) == [("told", {"n": "0"}), ("told", {"n": "1"}), ("told", {})]


def test_a_maker_gives_each_row_its_own_changing_defaults() -> None:
    make = bulk.maker(Alert, kind="response", level=100)
    first, second = make(clock_id=1), make(clock_id=2)
    assert first.public_id != second.public_id
    assert first.snapshot is not second.snapshot
    assert (first.kind, first.state, first.clock_id, second.clock_id) == ("response", "open", 1, 2)


def test_nothing_to_do_is_no_error() -> None:
    bulk.insert([])
    bulk.update([], fields=["payload"])
    assert not OutboxEvent.objects.exists()


def test_updated_rows_hold_what_they_were_given_and_the_others_stay() -> None:
    rows = [fact(str(n)) for n in range(4)]
    bulk.insert(rows)
    for row in rows[:3]:
        row.key = f"{AWKWARD} {row.pk}"
        row.payload = {"text": AWKWARD, "list": [1, None, True]}
        row.tenant_id = None
        row.position = row.pk * 10
        row.at = MONDAY + timedelta(microseconds=row.pk)
    rows[3].key = "not stored"
    bulk.update(rows[:3], fields=["key", "payload", "tenant_id", "position", "at"])
    stored = list(OutboxEvent.objects.order_by("id"))
    for row, found in zip(rows[:3], stored, strict=False):
        assert [getattr(found, name) for name in ("key", "payload", "tenant_id", "position", "at")] == [
            getattr(row, name) for name in ("key", "payload", "tenant_id", "position", "at")
        ]
    assert stored[3].key == "3"

"""The outbox: facts written in the transaction of the change, read afterwards in the order of their commits."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from kernel.locking import exclusive
from kernel.models import OutboxCursor, OutboxEvent


def event(
    topic: str, *, key: str, payload: Mapping[str, Any], at: datetime, tenant_id: int | None = None
) -> OutboxEvent:
    """A fact that is not stored yet; for `put_many`."""
    return OutboxEvent(topic=topic, key=key, payload=dict(payload), at=at, tenant_id=tenant_id)


def put(topic: str, *, key: str, payload: Mapping[str, Any], at: datetime, tenant_id: int | None = None) -> None:
    """Owe one fact. The same (topic, key) again is the same fact and changes nothing."""
    put_many([event(topic, key=key, payload=payload, at=at, tenant_id=tenant_id)])


def put_many(events: Iterable[OutboxEvent]) -> None:
    """Owe many facts; repeating never raises inside a transaction."""
    OutboxEvent.objects.bulk_create(events, ignore_conflicts=True, batch_size=500)


@transaction.atomic
def sequence(*, limit: int = 5000) -> int:
    """Give committed facts their position; returns how many got one.

    One caller at a time: it sees only committed rows, and its own positions appear all at once, so positions never
    appear out of order. A fact committed later gets a later position, whatever its id.
    """
    exclusive("kernel.outbox.sequence")
    fresh = list(OutboxEvent.objects.filter(position=None).order_by("id").only("id")[:limit])
    if fresh:
        last = OutboxEvent.objects.aggregate(last=Max("position"))["last"] or 0
        for offset, row in enumerate(fresh, start=1):
            row.position = last + offset
        OutboxEvent.objects.bulk_update(fresh, ["position"], batch_size=500)
    return len(fresh)


def after(position: int, *, limit: int) -> QuerySet[OutboxEvent]:
    """Facts after a position, in order, without gaps."""
    return OutboxEvent.objects.filter(position__gt=position).order_by("position")[:limit]


def cursor(consumer: str) -> OutboxCursor:
    """The consumer's place, locked for its transaction."""
    exclusive(f"kernel.outbox.cursor.{consumer}")
    return OutboxCursor.objects.get_or_create(consumer=consumer)[0]

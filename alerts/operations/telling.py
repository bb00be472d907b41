"""Telling people about their work: messages without an alert, by the same deliveries, wishes, quiet hours and digests.

Rooms above call it in the transaction of the change that they tell of, so that neither is there without the other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import Client, User
from alerts import mail
from alerts.models import Delivery, DeliveryQuerySet
from alerts.operations.owing import NOT_WANTED, once_a_place
from alerts.operations.reconciling import NO_LONGER_TRUE
from alerts.preferences import Event, Planned, Wishes, planned, wishes_of

NO_ADDRESS = "the recipient has no mail address"
IN_THE_PAST = "brought in afterwards, from the past"


@dataclass(frozen=True)
class Step:
    """A link that does one thing without signing in, in mails to one person only: chats may have more readers, and the
    delivery log has. It leads to a page that asks, for whatever reads mails before people do follows links."""

    label: str
    path: str


@dataclass(frozen=True)
class News:
    """Something that one person is told, in the reader's language (`mail.as_read_by`).

    Without `recipient` it goes by mail to `address`, a contact without an account, in `language`. `path` is the page
    within the site, empty where there is none for the reader. `key`, as "task:12:ready", is told once to each place;
    `thread` gathers mails, else what stands before the last colon of the key does.
    """

    recipient: User | None
    event: Event
    subject: str
    body: str
    path: str
    client: Client | None
    key: str
    address: str = ""
    not_before: datetime | None = None
    steps: Sequence[Step] = ()
    thread: str = ""
    language: str = ""


def tell(news: Sequence[News], *, now: datetime) -> list[Delivery]:
    """Owe what these lead to by their recipients' wishes; answers what is new. Six queries, however many.

    Who no longer works here is told nothing. Who wants nothing of the kind, or has no address, gets a cancelled row, so
    that the log says why.
    """
    heard = [one for one in news if one.recipient is None or one.recipient.is_active]
    wishes = wishes_of([one.recipient for one in heard if one.recipient is not None], at=now)
    by_key: dict[str, list[Delivery]] = defaultdict(list)
    for one in heard:
        by_key[one.key] += _deliveries(one, wishes, now=now)
    # In one order, so that two who tell the same do not wait for each other.
    rows = [row for key in sorted(by_key) for row in once_a_place(by_key[key])]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Delivery.objects.filter(public_id__in=[row.public_id for row in rows]).order_by("pk"))


def withdraw(keys: Collection[str]) -> int:
    """What was told under these keys is no longer true: what was not sent yet is cancelled; answers how many. When it
    becomes true again, it can be told again under the same key."""
    told = Delivery.objects.filter(notice=Delivery.Notice.WORK, key__in=keys).exclude(key="")
    cancelled = told.filter(state=Delivery.State.PENDING).update(
        state=Delivery.State.CANCELLED, lease_token=None, lease_until=None, end_reason=NO_LONGER_TRUE, key=""
    )
    told.update(key="")
    return cancelled


def settle_past(told: DeliveryQuerySet) -> int:
    """These tell of what happened before it was written down here: what was not sent yet is cancelled, and nobody is
    told anew; answers how many. To be called in the transaction that owed them."""
    return told.filter(notice=Delivery.Notice.WORK, state=Delivery.State.PENDING).update(
        state=Delivery.State.CANCELLED, end_reason=IN_THE_PAST
    )


def _deliveries(news: News, wishes: Mapping[int, Wishes], *, now: datetime) -> list[Delivery]:
    """One a way; one that is cancelled from the first if there is none."""
    at = max(now, news.not_before or now)
    if news.recipient is None:
        return [_delivery(news, Planned(Delivery.Channel.EMAIL, None, news.address, at), now=now)]
    theirs = wishes[news.recipient.pk]
    if ways := planned(theirs, news.event, priority="", now=at):
        return [_delivery(news, way, now=now) for way in ways]
    unwanted = _delivery(news, Planned(Delivery.Channel.EMAIL, None, theirs.address, at), now=now)
    unwanted.state = Delivery.State.CANCELLED
    unwanted.end_reason = NOT_WANTED if theirs.address else NO_ADDRESS
    return [unwanted]


def _delivery(news: News, way: Planned, *, now: datetime) -> Delivery:
    return Delivery(
        notice=Delivery.Notice.WORK,
        client=news.client,
        recipient=news.recipient,
        channel=way.channel,
        endpoint=way.endpoint,
        address=way.address,
        next_attempt_at=way.not_before,
        in_digest=way.digest,
        created_at=now,
        subject=mail.one_line(news.subject)[:300],
        body=mail.clean(news.body),
        key=news.key,
        event=news.event,
        work=_beside(news),
    )


def _beside(news: News) -> dict[str, Any]:
    """What a message needs beside its words."""
    thread = news.thread or news.key.rpartition(":")[0] or news.key
    return {
        "path": news.path,
        "thread": re.sub(r"[^\w.-]+", "-", thread, flags=re.ASCII),
        "steps": mail.seal_steps([(step.label, step.path) for step in news.steps]),
        "language": news.language,
    }

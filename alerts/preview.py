"""What would I have got last week? Wishes laid over what concerned a person then. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import mail
from alerts.hours import DAY, instant
from alerts.models import Alert, Delivery
from alerts.preferences import Event, Wishes, event_of, planned, zone_of
from alerts.queries import described
from alerts.routing import ON_DUTY

DAYS = 7
# Told so long after the alert was raised, one was told because nobody had acknowledged it.
ESCALATED_AFTER = timedelta(minutes=1)
MOST = 2000


@dataclass(frozen=True)
class Occurrence:
    """Something that concerned the person, of an alert or of work, however many messages it led to."""

    at: datetime
    event: str
    priority: str
    what: str


@dataclass(frozen=True)
class Message:
    """One message that would have come: `place` is "mail", "digest" or "chat", `name` which chat. `is_held`: it would
    have waited for the end of quiet hours; `joins` is how many a digest would have taken along."""

    at: datetime
    place: str
    name: str
    what: str
    is_held: bool = False
    joins: int = 0


@dataclass(frozen=True)
class Preview:
    """The messages of the days, in the order of their coming."""

    days: tuple[date, ...]
    messages: tuple[Message, ...]
    counts: dict[tuple[date, str], int]

    @property
    def total(self) -> int:
        return len(self.messages)

    @property
    def held(self) -> int:
        return sum(message.is_held for message in self.messages)

    @property
    def joined(self) -> int:
        return sum(message.joins for message in self.messages)

    def total_of(self, place: str) -> int:
        return sum(message.place == place for message in self.messages)


def last_days(user: User, *, now: datetime) -> tuple[date, ...]:
    """The last seven whole days by the person's own clock."""
    today = now.astimezone(zone_of(user)).date()
    return tuple(today - DAY * back for back in range(DAYS, 0, -1))


def occurrences(user: User, *, now: datetime) -> list[Occurrence]:
    """What concerned the person in the last days, the oldest first: what one was told, or wanted not to be told, and
    imported breaches of which one would have been the first to hear. Two queries, and one a kind of subject."""
    days = last_days(user, now=now)
    zone = zone_of(user)
    start, end = instant(days[0], time(0), zone), instant(days[-1] + DAY, time(0), zone)
    return sorted([*_told(user, start, end), *_imported(user, start, end)], key=lambda one: one.at)


def _told(user: User, start: datetime, end: datetime) -> list[Occurrence]:
    told = Q(alert__isnull=False) | Q(notice=Delivery.Notice.WORK)
    rows = Delivery.objects.filter(told, recipient=user, created_at__gte=start, created_at__lt=end)
    found: dict[object, Occurrence] = {}
    for row in rows.select_related("alert").order_by("created_at", "pk")[:MOST]:
        if row.alert is None:
            found.setdefault(
                (row.event, row.subject, row.created_at), Occurrence(row.created_at, row.event, "", row.subject)
            )
            continue
        event = _event(row)
        found.setdefault(
            (row.alert_id, row.round, row.notice, event),
            Occurrence(at=row.created_at, event=event, priority=_subject(row)["priority"], what=_what(row)),
        )
    return list(found.values())


def _imported(user: User, start: datetime, end: datetime) -> list[Occurrence]:
    """Their alerts have no messages, and do not say whom they would have gone to: the clients' people of now."""
    first = Q(client__tam=user) | Q(client__service_manager=user)
    past = Alert.objects.filter(first, state=Alert.State.PAST, due_at__gte=start, due_at__lt=end).order_by("due_at")
    return [
        Occurrence(
            at=row.alert.due_at,
            event=event_of(row.alert.level),
            priority=row.about.priority,
            what=_words(row.alert, row.about.reference, row.about.title),
        )
        for row in described(past[:MOST])
        if row.about is not None
    ]


def preview(wishes: Wishes, happened: Iterable[Occurrence], *, days: Sequence[date]) -> Preview:
    """What would have reached somebody with these wishes. What comes after the last day counts as its last."""
    messages: list[Message] = []
    digests: Counter[datetime] = Counter()
    for one in happened:
        for way in planned(wishes, one.event, priority=one.priority, now=one.at):
            if way.digest:
                digests[way.not_before] += 1
                continue
            place, name = ("mail", _("Mail")) if way.endpoint is None else ("chat", way.endpoint.name)
            messages.append(Message(way.not_before, place, name, one.what, is_held=way.not_before > one.at))
    messages += [
        Message(at, "digest", _("Mail"), _("Digest, lines: %(count)d") % {"count": count}, joins=count)
        for at, count in digests.items()
    ]
    messages.sort(key=lambda message: message.at)
    counts = Counter((min(message.at.astimezone(wishes.zone).date(), days[-1]), message.place) for message in messages)
    return Preview(days=tuple(days), messages=tuple(messages), counts=dict(counts))


def _event(row: Delivery) -> str:
    assert row.alert is not None
    if row.notice == Delivery.Notice.RETRACTED:
        return Event.WITHDRAWN
    if row.role == ON_DUTY:
        return Event.DUTY
    if row.created_at - row.alert.detected_at > ESCALATED_AFTER:
        return Event.ESCALATED
    return event_of(row.alert.level)


def _subject(row: Delivery) -> dict[str, str]:
    assert row.alert is not None
    told: dict[str, str] = row.alert.snapshot["subject"]
    return told


def _what(row: Delivery) -> str:
    assert row.alert is not None
    told = _subject(row)
    words = _words(row.alert, told["reference"], told["title"])
    return _("Withdrawn: %(what)s") % {"what": words} if row.notice == Delivery.Notice.RETRACTED else words


def _words(alert: Alert, reference: str, title: str) -> str:
    return _("%(kind)s of %(reference)s at %(level)d%%: %(title)s") % {
        "kind": alert.get_kind_display(),
        "reference": reference,
        "level": alert.level,
        "title": mail.one_line(title),
    }

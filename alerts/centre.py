"""Reads of the alert centre: how the channels do, what went instead of a dead letter, to whom an alert goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from alerts.models import Alert, Delivery, DeliveryAttempt, Endpoint
from alerts.operations.raising import next_in_line

# What is told of a channel is read from so many of the newest messages, however many there are.
NEWEST = 5000


@dataclass(frozen=True)
class ChannelState:
    """How one way of telling does today. `state` is well, refused, trying or quiet."""

    name: str
    kind: str
    last_sent: datetime | None
    sent: int
    owed: int
    state: str
    error: str = ""


@dataclass(frozen=True)
class GoesOn:
    """When an alert that nobody acknowledges is told to others, and to whom."""

    at: datetime
    to: tuple[str, ...]


def channel_states(now: datetime) -> list[ChannelState]:
    """Mail, and each service that anything was owed over; two queries over the newest messages."""
    begins = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    newest = Delivery.objects.filter(pk__in=Delivery.objects.order_by("-pk").values("pk")[:NEWEST])
    today = Q(created_at__gte=begins)
    states = Delivery.State
    counted = (
        newest.values("channel", "endpoint__kind")
        .annotate(
            last_sent=Max("sent_at"),
            last_dead=Max("created_at", filter=Q(state=states.DEAD)),
            sent=Count("pk", filter=today & Q(state=states.SENT)),
            owed=Count("pk", filter=today & ~Q(state__in=[states.CANCELLED, states.JOINED])),
            trying=Count("pk", filter=Q(state=states.PENDING, attempts__gt=0)),
        )
        .order_by("channel", "endpoint__kind")
    )
    errors = _last_errors(now)
    kinds = dict(Endpoint.Kind.choices)
    found = []
    for row in counted:
        channel, kind = row["channel"], row["endpoint__kind"]
        name = str(kinds.get(kind) or Delivery.Channel(channel).label)
        well = row["last_sent"]
        state = "well" if well else "quiet"
        if row["trying"]:
            state = "trying"
        if row["last_dead"] and row["last_dead"] >= begins and (well is None or row["last_dead"] > well):
            state = "refused"
        error = errors.get((channel, kind), "") if state in {"trying", "refused"} else ""
        found.append(ChannelState(name, kind or channel, well, row["sent"], row["owed"], state, error))
    return found


def _last_errors(now: datetime) -> Mapping[tuple[str, str | None], str]:
    """What each channel's server said last when it refused, of the last hundred failed attempts of the day."""
    failed = DeliveryAttempt.objects.filter(
        outcome__in=[DeliveryAttempt.Outcome.RETRY, DeliveryAttempt.Outcome.PERMANENT],
        started_at__gte=now - timedelta(days=1),
    )
    rows = failed.order_by("-pk").values_list("delivery__channel", "delivery__endpoint__kind", "error")[:100]
    said: dict[tuple[str, str | None], str] = {}
    for channel, kind, error in rows:
        said.setdefault((channel, kind), error)
    return said


def went_instead(dead: Iterable[Delivery]) -> dict[int, Delivery]:
    """By the id of a dead message: the one that was owed next because of the same alert; one query."""
    letters = [one for one in dead if one.alert_id is not None]
    if not letters:
        return {}
    later = Delivery.objects.filter(alert__in={one.alert_id for one in letters}).exclude(state=Delivery.State.DEAD)
    rows = list(later.select_related("recipient").order_by("pk"))
    found = {}
    for letter in letters:
        about = (letter.alert_id, letter.round, letter.notice)
        following = [one for one in rows if one.pk > letter.pk and (one.alert_id, one.round, one.notice) == about]
        if following:
            found[letter.pk] = following[0]
    return found


def goes_on(alert: Alert) -> GoesOn | None:
    """None: to nobody. `alert` with its deliveries; no query."""
    if alert.escalate_at is None or alert.state != Alert.State.OPEN:
        return None
    told = [one for one in alert.deliveries.all() if one.round == alert.round and one.notice == Delivery.Notice.RAISED]
    following = next_in_line(alert, told)
    names = dict.fromkeys(one.candidate.name or one.candidate.address for one in following)
    return GoesOn(alert.escalate_at, tuple(names)) if names else None

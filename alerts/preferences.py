"""Who gets what, where and when: the defaults of the roles, what a person set instead, quiet hours. Reads only.

Nothing set at all means a mail at once for everything: hours of delivery are not restricted by default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Grant, Role, User
from alerts.hours import next_at, quiet_end
from alerts.models import Alert, Delivery, Endpoint, NotificationHours, Preference


class Event(models.TextChoices):
    """What people are told of, as they see it."""

    WARNING = "warning", _("A clock passes a threshold")
    BREACH = "breach", _("A clock runs out")
    BEYOND = "beyond", _("A clock is far over its target")
    ESCALATED = "escalated", _("Nobody has acknowledged an alert")
    WITHDRAWN = "withdrawn", _("An alert is withdrawn")
    DUTY = "duty", _("I am on duty")
    READY = "ready", _("I can start a task")
    ASSIGNED = "assigned", _("A task is given to me")
    BLOCKED = "blocked", _("A task in my project is blocked or returned")
    QUESTION = "question", _("A question waits for my answer")
    REQUEST = "request", _("A change request moves")
    SILENCE = "silence", _("A task in my project goes silent")
    DOCUMENT = "document", _("A document of mine is due for review")
    HANDOVER = "handover", _("A handover, or who leads a project of mine")


NOW, DIGEST, NO = Preference.Mode.AT_ONCE, Preference.Mode.DIGEST, Preference.Mode.OFF
_ROLES = (Role.TAM, Role.HEAD, Role.ENGINEER, Role.ARCHITECT, Role.MANAGER, Role.ADMIN)
# Mails, by role, where nothing else was set. Who has several roles gets the most urgent; who has no digest gets
# at once what would stand in it.
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    event: dict(zip(_ROLES, modes, strict=True))
    for event, modes in {
        #                TAM  head engineer architect manager administrator
        Event.WARNING: (NOW, NOW, NOW, DIGEST, DIGEST, DIGEST),
        Event.BREACH: (NOW, NOW, NOW, NOW, NOW, NOW),
        Event.BEYOND: (NOW, NOW, NOW, DIGEST, NOW, DIGEST),
        Event.ESCALATED: (NOW, NOW, NOW, NOW, NOW, NOW),
        Event.WITHDRAWN: (NOW, NOW, NOW, DIGEST, DIGEST, DIGEST),
        Event.DUTY: (NOW, NOW, NOW, NOW, NOW, NOW),
        Event.READY: (NOW, NOW, NOW, NOW, DIGEST, DIGEST),
        Event.ASSIGNED: (NOW, NOW, NOW, NOW, NOW, DIGEST),
        Event.BLOCKED: (NOW, NOW, DIGEST, DIGEST, DIGEST, DIGEST),
        Event.QUESTION: (NOW, NOW, NOW, NOW, NOW, NOW),
        Event.REQUEST: (NOW, DIGEST, DIGEST, DIGEST, NOW, DIGEST),
        Event.SILENCE: (DIGEST, DIGEST, DIGEST, DIGEST, DIGEST, DIGEST),
        Event.DOCUMENT: (DIGEST, DIGEST, DIGEST, DIGEST, DIGEST, DIGEST),
        Event.HANDOVER: (NOW, DIGEST, DIGEST, NOW, NOW, DIGEST),
    }.items()
}
# Somebody counts on it that this reaches the person: mail, whatever is set, when nothing else goes out at once. It is
# also what a new chat or push address gets.
CANNOT_WAIT = frozenset({Event.BREACH, Event.ESCALATED, Event.DUTY})
URGENT = "P1"


def event_of(level: int) -> Event:
    """The event behind a level, in percent of the target."""
    if level == Alert.BREACH:
        return Event.BREACH
    return Event.BEYOND if level > Alert.BREACH else Event.WARNING


@dataclass(frozen=True)
class Planned:
    """One message to be owed: as a `Delivery` with this channel, endpoint and address, `next_attempt_at=not_before`
    and `in_digest=digest`. One that waits for the digest is taken along by it at `not_before` (`alerts.digests`)."""

    channel: str
    endpoint: Endpoint | None
    address: str
    not_before: datetime
    digest: bool = False


@dataclass(frozen=True)
class Hours:
    """Local hours of a person; None where none are set."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time | None = None
    urgent_wakes: bool = True


@dataclass(frozen=True)
class Wishes:
    """All that decides what reaches one person. `modes` holds what was set, by event and endpoint (None: mail)."""

    address: str
    zone: ZoneInfo
    roles: frozenset[str] = frozenset()
    endpoints: tuple[Endpoint, ...] = ()
    modes: Mapping[tuple[str, int | None], str] = field(default_factory=dict)
    hours: Hours = Hours()

    def mail_mode(self, event: str) -> str:
        return self.modes.get((event, None)) or default_mode(event, self.roles)

    def endpoint_mode(self, event: str, endpoint_id: int) -> str:
        return self.modes.get((event, endpoint_id)) or (NOW if event in CANNOT_WAIT else NO)


def default_mode(event: str, roles: Iterable[str]) -> str:
    """How mail goes to somebody with these roles who set nothing: the most urgent of what the roles have."""
    modes = {DEFAULTS[event][role] for role in roles if role in DEFAULTS[event]}
    return next((mode for mode in (NOW, DIGEST, NO) if mode in modes), NOW)


def plan(user: User, event: str, *, priority: str, now: datetime) -> list[Planned]:
    """What to send to this person because of the event; empty if the person wants none of it."""
    return plans([user], event, priority=priority, now=now)[user.pk]


def plans(users: Iterable[User], event: str, *, priority: str, now: datetime) -> dict[int, list[Planned]]:
    """`plan` for many people, by their ids; four queries however many."""
    return {
        user_id: planned(wishes, event, priority=priority, now=now)
        for user_id, wishes in wishes_of(users, at=now).items()
    }


def plan_for_duty(*, now: datetime) -> list[Planned]:
    """What to send to the duty mailbox: the mail, and whatever chat or push addresses belong to the duty."""
    shared = Endpoint.objects.filter(owner=None, disabled_at=None).order_by("pk")
    mail = Planned(Delivery.Channel.EMAIL, None, settings.DUTY_EMAIL, now)
    return [mail, *(_to_endpoint(endpoint, now) for endpoint in shared)]


def planned(wishes: Wishes, event: str, *, priority: str, now: datetime) -> list[Planned]:
    """What reaches somebody with these wishes. Quiet hours put it off to their end, except for who is on duty and
    for P1 that may wake; what cannot wait goes out at once over one channel at least."""
    not_before = now if _wakes(wishes, event, priority=priority) else _after_quiet_hours(wishes, now)
    found = [
        _to_endpoint(endpoint, not_before)
        for endpoint in wishes.endpoints
        if wishes.endpoint_mode(event, endpoint.pk) == NOW
    ]
    mode = wishes.mail_mode(event)
    if wishes.address and mode != NO:
        digest_at = wishes.hours.digest_at if mode == DIGEST else None
        if digest_at is not None and (found or event not in CANNOT_WAIT):
            joined = next_at(now, hour=digest_at, zone=wishes.zone)
            return [Planned(Delivery.Channel.EMAIL, None, wishes.address, joined, digest=True), *found]
        return [Planned(Delivery.Channel.EMAIL, None, wishes.address, not_before), *found]
    if wishes.address and not found and event in CANNOT_WAIT:
        return [Planned(Delivery.Channel.EMAIL, None, wishes.address, not_before)]
    return found


def wishes_of(users: Iterable[User], *, at: datetime) -> dict[int, Wishes]:
    """By the people's ids; four queries however many. Endpoints that are switched off are left out."""
    people = {user.pk: user for user in users}
    roles: dict[int, set[str]] = {pk: set() for pk in people}
    for user_id, role in Grant.objects.filter(user__in=people).valid_at(at).values_list("user_id", "role"):
        roles[user_id].add(role)
    endpoints: dict[int, list[Endpoint]] = {pk: [] for pk in people}
    for endpoint in Endpoint.objects.filter(owner__in=people, disabled_at=None).order_by("pk"):
        assert endpoint.owner_id is not None
        endpoints[endpoint.owner_id].append(endpoint)
    modes: dict[int, dict[tuple[str, int | None], str]] = {pk: {} for pk in people}
    for preference in Preference.objects.filter(user__in=people):
        modes[preference.user_id][preference.event, preference.endpoint_id] = preference.mode
    hours = {row.user_id: _hours(row) for row in NotificationHours.objects.filter(user__in=people)}
    return {
        pk: Wishes(
            address=user.email,
            zone=zone_of(user),
            roles=frozenset(roles[pk]),
            endpoints=tuple(endpoints[pk]),
            modes=modes[pk],
            hours=hours.get(pk, Hours()),
        )
        for pk, user in people.items()
    }


def zone_of(user: User) -> ZoneInfo:
    return ZoneInfo(user.time_zone or settings.TIME_ZONE)


def endpoint_address(endpoint_id: int) -> str:
    """What stands for an endpoint as a delivery's address: its own is a secret."""
    return f"endpoint-{endpoint_id}"


def _hours(row: NotificationHours) -> Hours:
    return Hours(row.quiet_from, row.quiet_until, row.digest_at, row.urgent_wakes)


def _wakes(wishes: Wishes, event: str, *, priority: str) -> bool:
    return event == Event.DUTY or (priority == URGENT and wishes.hours.urgent_wakes)


def _after_quiet_hours(wishes: Wishes, now: datetime) -> datetime:
    hours = wishes.hours
    return quiet_end(now, start=hours.quiet_from, end=hours.quiet_until, zone=wishes.zone) or now


def _to_endpoint(endpoint: Endpoint, not_before: datetime) -> Planned:
    return Planned(Delivery.Channel.CHAT, endpoint, endpoint_address(endpoint.pk), not_before)

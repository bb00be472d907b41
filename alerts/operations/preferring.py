"""What people wish of their notifications: set, set back to what the role has, ended by one click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.hours import instant, next_at
from alerts.models import Delivery, Endpoint, NotificationHours, Preference
from alerts.preferences import Event, Hours, Wishes, wishes_of, zone_of
from kernel import history
from kernel.errors import Invalid
from kernel.locking import lock

Modes = Mapping[tuple[str, int | None], str]
Mode = Preference.Mode


@transaction.atomic
def save_preferences(*, user: User, modes: Modes, hours: Hours, at: datetime) -> None:
    """What reaches a person, by event and endpoint (None: mail), and when. Raises Invalid.

    `modes` is all that is wished: what is left out, or is as the role has it, follows the role again.
    """
    row = _locked_hours(user)
    wishes = wishes_of([user], at=at)[user.pk]
    wished = wished_for(wishes, modes, hours)
    kept = wished.modes
    changes = _differences(wishes, wished)
    if not changes:
        return
    off = Endpoint.objects.filter(owner=user, disabled_at__isnull=False)  # wishes for them wait until they are on again
    Preference.objects.filter(user=user).exclude(endpoint__in=off).delete()
    Preference.objects.bulk_create(
        Preference(user=user, event=event, endpoint_id=endpoint_id, mode=mode)
        for (event, endpoint_id), mode in kept.items()
    )
    _set_hours(row, hours, at=at)
    history.record(row, "changed", actor=user, at=at, changes=changes)


def wished_for(wishes: Wishes, modes: Modes, hours: Hours) -> Wishes:
    """The wishes as they would be with these settings. Raises Invalid; stores nothing."""
    _refuse_what_is_not_there(modes, wishes)
    as_role_has_it = replace(wishes, modes={})
    kept = {key: mode for key, mode in modes.items() if mode != _mode(as_role_has_it, *key)}
    _refuse_contradictions(kept, hours)
    return replace(wishes, modes=kept, hours=hours)


def reset_preferences(*, user: User, at: datetime) -> None:
    """As the role has it: every message as by default, no quiet hours, no digest."""
    save_preferences(user=user, modes={}, hours=Hours(), at=at)


@transaction.atomic
def end_digests(hours: NotificationHours, *, at: datetime) -> None:
    """By one click in a mail, without signing in: no digest, and nothing of it as single mails instead. What cannot
    wait still comes. Done twice, it is done once."""
    row = lock(NotificationHours.objects.select_related("user")).get(pk=hours.pk)
    if row.digest_at is None:
        return
    user = row.user
    wishes = wishes_of([user], at=at)[user.pk]
    before = row.digest_at
    for event in Event.values:
        if wishes.mail_mode(event) == Mode.DIGEST:
            Preference.objects.update_or_create(user=user, event=event, endpoint=None, defaults={"mode": Mode.OFF})
    waiting = Delivery.objects.filter(recipient=user, in_digest=True, state=Delivery.State.PENDING)
    waiting.update(state=Delivery.State.CANCELLED, end_reason="the recipient ended the digest")
    _set_hours(row, Hours(row.quiet_from, row.quiet_until, None, row.urgent_wakes), at=at)
    changes = {"digest_at": [f"{before:%H:%M}", ""]}
    history.record(row, "ended digests", actor=user, at=at, changes=changes, text="by the address in a mail")


def _locked_hours(user: User) -> NotificationHours:
    NotificationHours.objects.get_or_create(user=user)
    return lock(NotificationHours.objects.all()).get(user=user)


def _set_hours(row: NotificationHours, hours: Hours, *, at: datetime) -> None:
    if hours.digest_at is not None and hours.digest_at != row.digest_at:
        zone = zone_of(row.user)
        today = at.astimezone(zone).date()
        if row.digest_sent_on is None and instant(today, hours.digest_at, zone) <= at:
            row.digest_sent_on = today  # its hour is over: the first one comes tomorrow
    waiting = Delivery.objects.filter(recipient=row.user_id, in_digest=True, state=Delivery.State.PENDING)
    if hours.digest_at is None:  # what waits for it would wait for ever
        waiting.update(in_digest=False, next_attempt_at=at)
    elif hours.digest_at != row.digest_at:
        waiting.update(next_attempt_at=next_at(at, hour=hours.digest_at, zone=zone_of(row.user)))
    for name, value in asdict(hours).items():
        setattr(row, name, value)
    row.save()


def _refuse_contradictions(kept: Modes, hours: Hours) -> None:
    if (hours.quiet_from is None) != (hours.quiet_until is None):
        missing = "quiet_until" if hours.quiet_until is None else "quiet_from"
        raise Invalid(_("Quiet hours need a beginning and an end."), field=missing)
    if hours.quiet_from is not None and hours.quiet_from == hours.quiet_until:
        raise Invalid(_("Quiet hours end at another time than they begin."), field="quiet_until")
    if hours.digest_at is None and Mode.DIGEST in kept.values():
        raise Invalid(
            _("Say when the digest should come, or choose something else than the digest."), field="digest_at"
        )


def _refuse_what_is_not_there(modes: Modes, wishes: Wishes) -> None:
    places = {None, *(endpoint.pk for endpoint in wishes.endpoints)}
    for (event, place), mode in modes.items():
        if event not in Event.values or place not in places or mode not in Mode.values:
            raise Invalid(_("There is no such message or address."), field="messages")
        if place is not None and mode == Mode.DIGEST:
            raise Invalid(_("The digest comes by mail only."), field="messages")


def _mode(wishes: Wishes, event: str, place: int | None) -> str:
    return wishes.mail_mode(event) if place is None else wishes.endpoint_mode(event, place)


def _differences(before: Wishes, after: Wishes) -> dict[str, list[str]]:
    """Each changed wish with [before, after], under the names that people know."""
    found = {}
    places = [(None, "mail"), *((endpoint.pk, endpoint.name) for endpoint in before.endpoints)]
    for place, name in places:
        for event in Event.values:
            pair = [str(_mode(wishes, event, place)) for wishes in (before, after)]
            if pair[0] != pair[1] or ((event, place) in before.modes) != ((event, place) in after.modes):
                found[f"{event}, {name}"] = pair
    for field, value in asdict(before.hours).items():
        now = getattr(after.hours, field)
        if value != now:
            found[field] = [_said(value), _said(now)]
    return found


def _said(value: Any) -> str:
    return "" if value is None else str(value)

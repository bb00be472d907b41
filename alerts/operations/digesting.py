"""Owing the daily digests: each person's once a local day, whoever looks and however often."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from alerts.digests import Digest, digest_for, is_due
from alerts.models import Delivery, NotificationHours
from alerts.preferences import zone_of
from kernel import retrying
from kernel.locking import lock

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)
FIRST_ZONE = timedelta(hours=14)  # how far local time is ahead of UTC at most


def owe_digests(now: datetime) -> int:
    """Owe every digest whose hour has come; how many are owed. A person's that fails is tried again a minute later."""
    not_yet = Q(digest_sent_on=None) | Q(digest_sent_on__lt=(now + FIRST_ZONE).date())
    people = NotificationHours.objects.filter(not_yet, digest_at__isnull=False, user__is_active=True)
    owed = 0
    for hours in people.select_related("user").order_by("pk"):
        if is_due(hours, now=now):
            try:
                owed += _owe(hours, digest_for(hours.user, now=now), now=now)
            except Exception as error:
                if retrying.is_away(error):
                    raise
                log.exception("The digest of user %s could not be made", hours.user_id)
    _free_what_no_digest_takes(now)
    return owed


@transaction.atomic
def _owe(hours: NotificationHours, digest: Digest | None, *, now: datetime) -> bool:
    """The day is counted in the commit that owes the mail; nothing to say counts as well."""
    row = lock(NotificationHours.objects.select_related("user").filter(pk=hours.pk)).first()
    if row is None or not is_due(row, now=now):
        return False
    row.digest_sent_on = now.astimezone(zone_of(row.user)).date()
    row.save(update_fields=["digest_sent_on"])
    if digest is None or not row.user.email:
        return False
    owed = Delivery.objects.create(
        notice=Delivery.Notice.DIGEST,
        recipient=row.user,
        role="",
        address=row.user.email,
        next_attempt_at=now,
        created_at=now,
        subject=digest.subject[:300],
        body=digest.body,
    )
    joined = Delivery.objects.filter(pk__in=digest.joined, in_digest=True, state=Delivery.State.PENDING)
    joined.update(state=Delivery.State.JOINED, joined_in=owed)
    return True


def _free_what_no_digest_takes(now: datetime) -> None:
    """A digest that does not come holds nothing back: its reader has left, has none any more, or it fails again and
    again. What waited is sent as a mail of its own."""
    waiting = Delivery.objects.filter(in_digest=True, state=Delivery.State.PENDING)
    never = Q(recipient__is_active=False) | Q(recipient__notification_hours__digest_at=None)
    lost = waiting.filter(never | Q(next_attempt_at__lt=now - LATE))
    ids = list(lost.values_list("pk", flat=True)[:200])
    if ids:
        waiting.filter(pk__in=ids).update(in_digest=False, next_attempt_at=now)

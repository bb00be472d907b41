"""The daily digest of one person: what it says. Reads only; what it takes along is moved by the operation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import mail
from alerts.hours import instant
from alerts.models import Delivery, NotificationHours
from alerts.preferences import zone_of
from alerts.queries import described, open_alerts
from kernel.templatetags.ui import duration
from sla.models import Clock
from sla.subjects import owner_of, owners

MOST_LINES = 15


@dataclass(frozen=True)
class Section:
    """A heading with its lines; `left_out` is how many more there are."""

    title: str
    lines: list[str]
    left_out: int


@dataclass(frozen=True)
class Digest:
    """`joined` are the deliveries that it takes along."""

    subject: str
    body: str
    joined: list[int]


def is_due(hours: NotificationHours, *, now: datetime) -> bool:
    """Whether today's digest, by the person's own clock, is still owed; a day that was missed is not made up for."""
    zone = zone_of(hours.user)
    today = now.astimezone(zone).date()
    is_owed = hours.digest_sent_on is None or hours.digest_sent_on < today
    return hours.digest_at is not None and is_owed and instant(today, hours.digest_at, zone) <= now


def waiting_for(user: User, *, now: datetime) -> QuerySet[Delivery]:
    """What the person's next digest takes along, the oldest first; not what is to be told of a later day's work."""
    rows = Delivery.objects.filter(recipient=user, in_digest=True, state=Delivery.State.PENDING)
    return (
        rows.exclude(notice=Delivery.Notice.WORK, next_attempt_at__gt=now)
        .select_related("alert", "recipient")
        .order_by("pk")
    )


def digest_for(user: User, *, now: datetime) -> Digest | None:
    """In the person's language and zone; None when there is nothing to say. At most eight queries and one a kind of
    subject."""
    with mail.as_read_by(user):
        waiting = list(waiting_for(user, now=now))
        sections = [_joined(waiting), _open(user), _due_today(user, now=now)]
        told = [section for section in sections if section.lines]
        if not told:
            return None
        day = formats.date_format(timezone.localtime(now), _("D j M"))
        return Digest(
            subject=_("Digest of %(day)s: %(what)s") % {"day": day, "what": ", ".join(_counted(told))},
            body=render_to_string("alerts/digest.txt", {"sections": told, "site_url": settings.SITE_URL}).strip(),
            joined=[delivery.pk for delivery in waiting],
        )


def _counted(sections: list[Section]) -> list[str]:
    return [f"{section.title.lower()} {len(section.lines) + section.left_out}" for section in sections]


def _joined(waiting: list[Delivery]) -> Section:
    lines = [_line(delivery) for delivery in waiting[:MOST_LINES]]
    return Section(_("Since the last digest"), lines, max(0, len(waiting) - MOST_LINES))


def _line(delivery: Delivery) -> str:
    if delivery.alert is None:
        return f"{delivery.subject}\n  {mail.work_url(delivery)}".rstrip()
    context = mail.alert_context(delivery, delivery.alert)
    return f"{mail.subject_line(context)}\n  {context['url']}"


def _open(user: User) -> Section:
    alerts = open_alerts(user)
    rows = described(alerts[:MOST_LINES])
    lines = [
        _("%(reference)s at %(level)d%% since %(when)s: %(title)s (%(client)s)")
        % {
            "reference": row.about.reference,
            "level": row.alert.level,
            "when": _time(row.alert.detected_at),
            "title": mail.one_line(row.about.title),
            "client": mail.one_line(row.about.client),
        }
        + f"\n  {settings.SITE_URL}{row.about.path}"
        for row in rows
        if row.about is not None
    ]
    count = alerts.count() if len(rows) == MOST_LINES else len(rows)
    return Section(_("Open alerts"), lines, count - len(rows))


def _due_today(user: User, *, now: datetime) -> Section:
    """Deadlines of the subjects one answers for until the end of the person's day."""
    zone = zone_of(user)
    midnight = instant(now.astimezone(zone).date() + timedelta(days=1), time(0), zone)
    mine = Q(pk__in=())
    for kind, owner in owners():
        mine |= Q(subject_kind=kind, subject_id__in=owner.answered_ids(user))
    due = Clock.objects.filter(mine, state=Clock.State.RUNNING, due_at__gt=now, due_at__lte=midnight)
    clocks = list(due.order_by("due_at")[:MOST_LINES])
    about = {
        kind: owner_of(kind).describe([clock.subject_id for clock in clocks if clock.subject_kind == kind])
        for kind in {clock.subject_kind for clock in clocks}
    }
    lines = []
    for clock in clocks:
        assert clock.due_at is not None
        told = about[clock.subject_kind].get(clock.subject_id)
        if told is not None:
            words = _("%(when)s %(kind)s of %(reference)s, in %(left)s: %(title)s (%(client)s)") % {
                "when": _time(clock.due_at),
                "kind": clock.get_kind_display(),
                "reference": told.reference,
                "left": duration(clock.due_at - now).replace("\xa0", " "),
                "title": mail.one_line(told.title),
                "client": mail.one_line(told.client),
            }
            lines.append(f"{words}\n  {settings.SITE_URL}{told.path}")
    count = due.count() if len(clocks) == MOST_LINES else len(clocks)
    return Section(_("Due today"), lines, count - len(clocks))


def _time(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), _("D j M H:i"))

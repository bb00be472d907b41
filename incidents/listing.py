"""The list of incidents: its views, what it can be narrowed to, and how many each view holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from accounts.reach import reach_of
from departments.models import Department
from incidents.filters import with_verdict
from incidents.models import OPEN_STATUSES, REFERENCE_PREFIX, Incident, Status
from incidents.permissions import Person, incidents_visible_to
from incidents.queries import ClockedIncident, ClockView, incident_list, with_clocks
from incidents.standing import ever_missed, standing
from sla.models import Clock

WITHIN_THE_HOUR = timedelta(hours=1)
# Where counting means looking at clocks, more than this is many.
MOST = 1000
_NUMBER = re.compile(rf"(?:{REFERENCE_PREFIX})?([0-9]{{1,18}})", re.IGNORECASE)


class View(TextChoices):
    """The tabs of the list. All but the last show what is open, the nearest deadline first."""

    DEADLINE = "deadline", _("Nearest deadline")
    MINE = "mine", _("Mine")
    NEW = "new", _("Not acknowledged")
    WAITING = "waiting", _("Waiting")
    BREACHED = "breached", _("Breached")
    ALL = "all", _("All")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What somebody wants to see; empty parts do not narrow. Opened in `[opened_after, opened_before)`.

    `verdict` is about the kind of clock that `clock` names; one without the other says nothing.
    """

    client: Client | None = None
    priority: str = ""
    department: Department | None = None
    state: str = ""
    q: str = ""
    clock: str = ""
    verdict: str = ""
    opened_after: datetime | None = None
    opened_before: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class Counts:
    """How many open incidents there are in all, in each view, and how many with a clock that is over or nearly so."""

    open: int
    over: int
    soon: int
    mine: int
    new: int
    waiting: int
    breached: int

    def of(self, view: str) -> int | None:
        """None for the view that also shows what is closed: nobody waits for that number."""
        if view == View.ALL:
            return None
        if self.exceed(view):
            return MOST
        return self.open if view == View.DEADLINE else getattr(self, view)

    def exceed(self, view: str) -> bool:
        """Whether there are more than are counted."""
        return view == View.BREACHED and self.breached > MOST


@dataclass(frozen=True)
class Row:
    """An incident with the two clocks a list shows; of several resolution cycles the last."""

    incident: Incident
    response: ClockView | None
    resolution: ClockView | None

    @property
    def mark(self) -> object:
        """What makes the row look different when it changes."""
        clocks = [
            clock and (clock.state, clock.is_at_risk, clock.is_ticking) for clock in (self.response, self.resolution)
        ]
        return self.incident.pk, self.incident.version, clocks


def rows_of(incidents: Sequence[Incident], *, now: datetime) -> list[Row]:
    """In the same order; one query for all clocks."""
    return [
        Row(clocked.incident, _last(clocked, Clock.Kind.RESPONSE), _last(clocked, Clock.Kind.RESOLUTION))
        for clocked in with_clocks(incidents, now=now)
    ]


def _last(clocked: ClockedIncident, kind: str) -> ClockView | None:
    return next((clock for clock in reversed(clocked.clocks) if clock.kind == kind), None)


def listed(user: Person, *, view: str, wishes: Wishes, now: datetime) -> QuerySet[Incident]:
    """The incidents of a view, narrowed by what was wished."""
    rows = incident_list(user).filter(_in_view(view, user, now=now))
    if view == View.ALL:
        rows = rows.order_by("-opened_at", "-id")
    rows = rows.filter(_wished(wishes, now=now))
    if not (wishes.clock and wishes.verdict):
        return rows
    return with_verdict(rows, kind=wishes.clock, verdict=wishes.verdict, now=now.replace(microsecond=0))


def parted(rows: QuerySet[Incident], *, now: datetime) -> tuple[QuerySet[Incident], QuerySet[Incident]]:
    """What is over, the newest first, and what is still ahead: what one can save is not buried under what is lost."""
    over = rows.filter(next_due_at__lt=now).order_by("-next_due_at", "-id")
    return over, rows.filter(next_due_at__gte=now)


def counted(user: Person, *, now: datetime) -> Counts:
    """The numbers of all views in two queries; of those breached, no more than MOST + 1 are counted."""
    open_ones = incidents_visible_to(user).filter(_in_view(View.DEADLINE, user, now=now))
    breached = open_ones.filter(ever_missed(now)).order_by("next_due_at", "id")  # those that are over come first
    return Counts(
        **open_ones.aggregate(
            open=Count("pk"),
            over=Count("pk", filter=Q(next_due_at__lt=now)),
            soon=Count("pk", filter=Q(next_due_at__gte=now, next_due_at__lte=now + WITHIN_THE_HOUR)),
            mine=Count("pk", filter=_is_mine(user)),
            new=Count("pk", filter=Q(status=Status.NEW)),
            waiting=Count("pk", filter=Q(status=Status.ON_HOLD)),
        ),
        breached=breached[: MOST + 1].count(),
    )


def _in_view(view: str, user: Person, *, now: datetime) -> Q:
    if view == View.ALL:
        return Q()
    is_open = Q(status__in=OPEN_STATUSES)
    return (
        is_open
        & {
            View.MINE: lambda: _is_mine(user),
            View.NEW: lambda: Q(status=Status.NEW),
            View.WAITING: lambda: Q(status=Status.ON_HOLD),
            View.BREACHED: lambda: ever_missed(now),
        }.get(View(view), Q)()
    )


def _is_mine(user: Person) -> Q:
    """Given to me, or of a client that I answer for: as TAM, deputy or service manager."""
    me = reach_of(user).user_id
    if me is None:
        return Q(pk__in=())
    served = Client.objects.filter(Q(tam=me) | Q(deputy=me) | Q(service_manager=me))
    return Q(assignee=me) | Q(client__in=served.values("pk"))


def _wished(wishes: Wishes, *, now: datetime) -> Q:
    found = Q()
    if wishes.client is not None:
        found &= Q(client=wishes.client)
    if wishes.priority:
        found &= Q(priority=wishes.priority)
    if wishes.department is not None:
        found &= Q(department=wishes.department)
    if wishes.state:
        found &= standing(wishes.state, now=now)
    if wishes.opened_after is not None:
        found &= Q(opened_at__gte=wishes.opened_after)
    if wishes.opened_before is not None:
        found &= Q(opened_at__lt=wishes.opened_before)
    return found & _saying(wishes.q.strip())


def _saying(text: str) -> Q:
    """In the title, as our reference (INC-7 or 7), or as the reference of the system it came from."""
    if not text:
        return Q()
    number = _NUMBER.fullmatch(text)
    known_as = Q(external_ref__iexact=text) | (Q(pk=int(number[1])) if number else Q())
    return Q(title__icontains=text) | known_as


def naming(word: str) -> Q:
    """A piece of the title or of the other system's reference, or our whole reference (INC-7)."""
    found = Q(title__icontains=word) | Q(external_ref__icontains=word)
    number = _NUMBER.fullmatch(word)
    return found | Q(pk=int(number[1])) if number and not word.isdigit() else found

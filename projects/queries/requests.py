"""Lists of change requests: views, what they can be narrowed to, and which of them need somebody."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Client
from accounts.permissions import Person, is_staff_member
from accounts.reach import reach_of
from projects.lifecycle import ENDED_REQUEST, OPEN_TASK, RequestStatus, TaskStatus
from projects.models import ChangeRequest, Clarification, Project, Task
from projects.permissions import requests_visible_to

MOST_COUNTED = 100
_NUMBER = re.compile(r"(?:CHG-|#)?([0-9]{1,15})", re.IGNORECASE)
_OPEN = Q(answered_at=None, withdrawn_at=None)


class View(TextChoices):
    """The tabs of the list. All but the last show what is open, the newest first."""

    OPEN = "open", pgettext_lazy("of change requests", "Open")
    NEEDS_YOU = "you", _("Needs you")
    MINE = "mine", pgettext_lazy("of change requests", "Mine")
    CLIENT = "client", _("Waiting for the client")
    ALL = "all", pgettext_lazy("of change requests", "All")


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What somebody wants to see; empty parts do not narrow."""

    client: Client | None = None
    project: Project | None = None
    status: str = ""
    q: str = ""

    @property
    def is_narrow(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


def request_list(user: Person) -> QuerySet[ChangeRequest]:
    """What one may see, the newest first, with how many questions are open and how far the tasks are."""
    return (
        requests_visible_to(user)
        .select_related("client", "project__client__tam", "project__tam", "project__sla_policy")
        .select_related("requested_by", "accepted_by", "recorded_by")
        .annotate(
            open_to_client=_counted(_questions(to_client=True)),
            open_to_departments=_counted(_questions(to_client=False)),
            tasks_all=_counted(_tasks().exclude(status=TaskStatus.CANCELLED)),
            tasks_done=_counted(_tasks().filter(status=TaskStatus.DONE)),
        )
        .order_by("-id")
    )


def listed(user: Person, *, view: str, wishes: Wishes) -> QuerySet[ChangeRequest]:
    """The requests of a view, narrowed by what was wished."""
    return request_list(user).filter(_in_view(view, user), _wished(wishes))


def counted(user: Person) -> dict[str, int]:
    """How many there are in each view, but for the one that also shows what has ended; one query."""
    open_ones = requests_visible_to(user).filter(_in_view(View.OPEN, user))
    views = {view.value: Count("pk", filter=_in_view(view, user)) for view in View if view not in {View.OPEN, View.ALL}}
    return open_ones.aggregate(open=Count("pk"), **views)


def needing(user: Person) -> QuerySet[ChangeRequest]:
    """What only goes on when this person does something."""
    return requests_visible_to(user).filter(_in_view(View.NEEDS_YOU, user))


def count_needing(user: Person) -> int:
    """At most a hundred: the frame of every page asks, and nobody wants to know which number beyond it is."""
    return needing(user).order_by().values("pk")[:MOST_COUNTED].count()


def needing_first(user: Person) -> QuerySet[ChangeRequest]:
    """The same with what a list shows of them, those first that wait longest."""
    return request_list(user).filter(_in_view(View.NEEDS_YOU, user)).order_by("status_since", "pk")


def naming(words: str) -> Q:
    """In the title, as our reference (CHG-7 or 7), or as the client's."""
    number = _NUMBER.fullmatch(words)
    known_as = Q(external_ref__iexact=words) | (Q(pk=int(number[1])) if number else Q())
    return Q(title__icontains=words) | known_as


def _in_view(view: str, user: Person) -> Q:
    if view == View.ALL:
        return Q()
    is_open = ~Q(status__in=sorted(ENDED_REQUEST))
    narrower = {
        View.MINE: lambda: _is_mine(user),
        View.NEEDS_YOU: lambda: _needs(user),
        View.CLIENT: _waits_for_client,
    }
    return is_open & narrower.get(View(view), Q)()


def _waits_for_client() -> Q:
    """For an answer, or for a word whether it is accepted."""
    return Q(status=RequestStatus.DELIVERED) | Q(Exists(_questions(to_client=True)))


def _is_mine(user: Person) -> Q:
    """A client's person: what I asked for. Else what I answer for, by client or project."""
    me = reach_of(user).user_id
    return Q(requested_by__user=me) if reach_of(user).is_contact_only else _led_by(me)


def _needs(user: Person) -> Q:
    """A client's person owes answers and the acceptance; who leads owes the next step; departments owe answers."""
    reach = reach_of(user)
    if not is_staff_member(user):
        return _waits_for_client()
    owed = Exists(_questions(department__in=reach.department_ids)) if reach.department_ids else Q(pk__in=())
    is_open, is_done = (Exists(_tasks().filter(status__in=some)) for some in (sorted(OPEN_TASK), [TaskStatus.DONE]))
    nothing_left = ~is_open & is_done  # in this order: PostgreSQL reads the open ones once, the done ones by request
    next_step = (
        Q(status__in=[RequestStatus.NEW, RequestStatus.DECOMPOSING])
        | Q(status=RequestStatus.CLARIFYING) & ~Exists(_questions())
        | Q(status__in=[RequestStatus.AGREED, RequestStatus.IN_WORK]) & nothing_left
    )
    return Q(owed) | _led_by(reach.user_id) & next_step


def _led_by(me: int | None) -> Q:
    if me is None:
        return Q(pk__in=())
    of_project = Q(project__tam=me) | Q(project__deputy=me) | Q(project__architect=me)
    return of_project | Q(client__tam=me) | Q(client__deputy=me) | Q(client__service_manager=me)


def _wished(wishes: Wishes) -> Q:
    found = Q()
    if wishes.client is not None:
        found &= Q(client=wishes.client)
    if wishes.project is not None:
        found &= Q(project=wishes.project)
    if wishes.status:
        found &= Q(status=wishes.status)
    words = wishes.q.strip()
    return found & naming(words) if words else found


def _questions(**narrow: Any) -> QuerySet[Clarification]:
    """The open ones of the request of the outer query."""
    return Clarification.objects.filter(_OPEN, request=OuterRef("pk"), **narrow).order_by()


def _tasks() -> QuerySet[Task]:
    return Task.objects.filter(change_request=OuterRef("pk")).order_by()


def _counted(rows: QuerySet[Any]) -> Any:
    parent = "change_request" if rows.model is Task else "request"
    return Coalesce(Subquery(rows.values(parent).annotate(n=Count("pk")).values("n")), 0)

"""Departments with what lies there now, and who works in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F

from accounts.models import Grant, User
from departments.models import Absence, Department
from departments.permissions import departments_visible_to
from departments.queries import away
from desk.queries.counts import counts_by, counts_of
from desk.queries.rows import Row, rows_of
from incidents.models import IncidentQuerySet
from incidents.permissions import Person, incidents_visible_to
from incidents.queries import incident_list

SOME_FREE, SOME_OPEN = 20, 50


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the open incidents that the person may see: all, with a clock over, and in nobody's hands."""

    open: int = 0
    over: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    department: Department
    members: int
    counts: Counts
    is_own: bool


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a department; `absence` is set while the person is away, `open` counts the incidents in hand."""

    user: User
    is_head: bool
    absence: Absence | None
    open: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What lies with a department. The lists hold the first few; `counts` has all."""

    department: Department
    counts: Counts
    free: list[Row]
    taken: list[Row]
    members: list[Member]

    @property
    def mark(self) -> tuple[object, ...]:
        """Changes whenever the page would look different, not with every second of its countdowns."""
        people = tuple((member.user.pk, member.absence is None, member.open) for member in self.members)
        return self.department.version, self.counts, tuple(row.mark for row in (*self.free, *self.taken)), people


def department_lines(user: Person, *, own_ids: frozenset[int], now: datetime) -> list[DepartmentLine]:
    """The catalogue, one's own departments first; three queries."""
    departments = departments_visible_to(user).filter(archived_at=None).select_related("head")
    counted = counts_by("department", incidents_visible_to(user), "open", "over", "free", now=now)
    counts = {department_id: Counts(**found) for department_id, found in counted.items()}
    members = _member_counts(now=now)
    lines = [
        DepartmentLine(one, members.get(one.pk, 0), counts.get(one.pk, Counts()), one.pk in own_ids)
        for one in departments
    ]
    return sorted(lines, key=lambda line: not line.is_own)


def department_queue(user: Person, department: Department, *, now: datetime) -> Queue:
    """One department's open incidents, the nearest deadline first, and its people; seven queries."""
    inside = incidents_visible_to(user).open().filter(department=department)
    counts = Counts(**counts_of(inside, "open", "over", "free", now=now))
    listed = incident_list(user).open().filter(department=department)
    free = list(listed.filter(assignee=None)[:SOME_FREE])
    taken = list(listed.filter(assignee__isnull=False)[:SOME_OPEN])
    rows = rows_of([*free, *taken], user, now=now, offers_taking=True)
    return Queue(
        department=department,
        counts=counts,
        free=rows[: len(free)],
        taken=rows[len(free) :],
        members=_members(department, inside, now=now),
    )


def _member_counts(*, now: datetime) -> dict[int, int]:
    held = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, user__is_active=True).valid_at(now)
    counted = held.order_by().values("scope_id").annotate(people=Count("user", distinct=True))
    return {row["scope_id"]: row["people"] for row in counted if row["scope_id"] is not None}


def _members(department: Department, inside: IncidentQuerySet, *, now: datetime) -> list[Member]:
    held = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, scope_id=department.pk).valid_at(now)
    people = list(
        User.objects.filter(pk__in=held.values("user"), is_active=True).order_by("first_name", "last_name", "pk")
    )
    absences = away([person.pk for person in people], at=now)
    in_hand = dict(
        inside.order_by().values(person=F("assignee")).annotate(open=Count("pk")).values_list("person", "open")
    )
    members = [
        Member(person, person.pk == department.head_id, absences.get(person.pk), in_hand.get(person.pk, 0))
        for person in people
    ]
    return sorted(members, key=lambda member: (not member.is_head, member.absence is not None))

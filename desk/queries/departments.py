"""Departments with what lies there now, and who works in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, Sum

from accounts.models import NAME_FIELDS, Grant, User
from departments.models import Absence, Department
from departments.permissions import departments_visible_to
from departments.queries import away
from desk.queries.counts import counts_by, counts_of
from desk.queries.rows import Row, in_a_row, rows_of
from incidents.models import IncidentQuerySet
from incidents.permissions import Person, incidents_visible_to
from incidents.queries import incident_list
from projects.lifecycle import TaskStatus
from projects.models.task import TaskQuerySet
from projects.permissions import tasks_visible_to

SOME_FREE, SOME_OPEN, SOME_BESIDE = 20, 50, 6


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the open incidents that the person may see: all, with a clock over, and in nobody's hands."""

    open: int = 0
    over: int = 0
    free: int = 0


@dataclass(frozen=True, slots=True)
class DepartmentLine:
    """`tasks` counts the open ones, `blocked` those of them that need help."""

    department: Department
    members: int
    counts: Counts
    is_own: bool
    tasks: int
    blocked: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a department; `absence` is set while the person is away, `open` counts the incidents in hand, `tasks`
    the department's open tasks, which are `hours` of work."""

    user: User
    is_head: bool
    absence: Absence | None
    open: int
    tasks: int
    hours: Decimal


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
        people = tuple(
            (member.user.pk, member.absence is None, member.open, member.tasks, member.hours) for member in self.members
        )
        return self.department.version, self.counts, tuple(row.mark for row in (*self.free, *self.taken)), people


def department_lines(user: Person, *, own_ids: frozenset[int], now: datetime) -> list[DepartmentLine]:
    """The catalogue, one's own departments first; four queries."""
    departments = departments_visible_to(user).filter(archived_at=None).select_related("head")
    counted = counts_by("department", incidents_visible_to(user), "open", "over", "free", now=now)
    counts = {department_id: Counts(**found) for department_id, found in counted.items()}
    members = _member_counts(now=now)
    tasks = _task_counts(tasks_visible_to(user))
    lines = [
        DepartmentLine(
            one, members.get(one.pk, 0), counts.get(one.pk, Counts()), one.pk in own_ids, *tasks.get(one.pk, (0, 0))
        )
        for one in departments
    ]
    return sorted(lines, key=lambda line: not line.is_own)


def department_queue(
    user: Person, department: Department, *, tasks: TaskQuerySet, is_beside: bool, now: datetime
) -> Queue:
    """One department's open incidents, the nearest deadline first, and its people with what they have in hand, also of
    its open `tasks`; eight queries. `is_beside`: the incidents stand beside the work, so that a few are enough."""
    inside = incidents_visible_to(user).open().filter(department=department)
    counts = Counts(**counts_of(inside, "open", "over", "free", now=now))
    listed = in_a_row(incident_list(user).open().filter(department=department))
    free = list(listed.filter(assignee=None)[: SOME_BESIDE if is_beside else SOME_FREE])
    taken = list(listed.filter(assignee__isnull=False)[: SOME_BESIDE if is_beside else SOME_OPEN])
    rows = rows_of([*free, *taken], user, now=now, offers_taking=True)
    return Queue(
        department=department,
        counts=counts,
        free=rows[: len(free)],
        taken=rows[len(free) :],
        members=_members(department, inside, tasks, now=now),
    )


def _member_counts(*, now: datetime) -> dict[int, int]:
    held = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, user__is_active=True).valid_at(now)
    counted = held.order_by().values("scope_id").annotate(people=Count("user", distinct=True))
    return {row["scope_id"]: row["people"] for row in counted if row["scope_id"] is not None}


def _task_counts(tasks: TaskQuerySet) -> dict[int, tuple[int, int]]:
    """By department, how many are open and how many of these are blocked; from the index of queues alone."""
    blocked = Count("pk", filter=Q(status=TaskStatus.BLOCKED))
    rows = tasks.open().order_by().values("department").annotate(open=Count("pk"), stuck=blocked)
    return {row["department"]: (row["open"], row["stuck"]) for row in rows}


def _members(department: Department, inside: IncidentQuerySet, tasks: TaskQuerySet, *, now: datetime) -> list[Member]:
    held = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, scope_id=department.pk).valid_at(now)
    found = User.objects.filter(pk__in=held.values("user"), is_active=True)
    people = list(found.only(*NAME_FIELDS).order_by("first_name", "last_name", "pk"))
    absences = away([person.pk for person in people], at=now)
    in_hand = dict(
        inside.order_by().values(person=F("assignee")).annotate(open=Count("pk")).values_list("person", "open")
    )
    work = {
        person: (count, hours)
        for person, count, hours in tasks.filter(assignee__in=people)
        .order_by()
        .values_list("assignee")
        .annotate(count=Count("pk"), hours=Sum("estimate_h"))
    }
    members = [
        Member(
            person,
            person.pk == department.head_id,
            absences.get(person.pk),
            in_hand.get(person.pk, 0),
            *work.get(person.pk, (0, Decimal(0))),
        )
        for person in people
    ]
    return sorted(members, key=lambda member: (not member.is_head, member.absence is not None))

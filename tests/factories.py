"""Objects for tests, made the way the program makes them: through the operations wherever there is one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Client, Grant, Role, User
from departments.models import Department
from incidents import operations
from incidents.models import Incident
from projects import operations as work
from projects.models import Blueprint, ChangeRequest, Dependency, Project, Task
from sla.models import Calendar, SlaPolicy
from sla.operations import TargetInput, create_calendar, create_policy, set_client_policy

# A Monday morning without a public holiday anywhere that matters.
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)

OFFICE_HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def a_user(username: str = "", *roles: str, **fields: Any) -> User:
    """A person with these roles; `admin` and `manager` reach everything, other roles only what further grants say."""
    username = username or f"user{next(_numbers)}"
    fields.setdefault("email", f"{username}@tamhub.example")
    user = User.objects.create(username=username, **fields)
    for role in roles:
        everything = role in {Role.ADMIN, Role.MANAGER, Role.INTEGRATION}
        grant(user, role, Grant.Scope.ALL if everything else Grant.Scope.OWN)
    return user


def grant(user: User, role: str, scope_kind: str, scope_id: int | None = None, **fields: Any) -> Grant:
    fields.setdefault("valid_from", datetime(2000, 1, 1, tzinfo=UTC))
    if scope_kind == Grant.Scope.CLIENT:
        fields.setdefault("client_id", scope_id)
    return Grant.objects.create(user=user, role=role, scope_kind=scope_kind, scope_id=scope_id, **fields)


def a_calendar(slug: str = "", **fields: Any) -> Calendar:
    slug = slug or f"calendar-{next(_numbers)}"
    fields = fields or {"timezone": "UTC", "hours": OFFICE_HOURS}
    return create_calendar(slug=slug, name=slug, fields=fields, actor=None, at=MONDAY)


def a_policy(
    slug: str = "",
    *,
    calendar: Calendar | None = None,
    response_s: int = 3600,
    resolution_s: int = 14400,
    **fields: Any,
) -> SlaPolicy:
    """One target for all priorities, 24x7 unless a calendar is given."""
    slug = slug or f"policy-{next(_numbers)}"
    calendar = calendar or Calendar.objects.get(slug="always")
    targets = fields.pop("targets", None) or [TargetInput("P1", response_s, resolution_s, calendar)]
    return create_policy(slug=slug, name=slug, targets=targets, actor=None, at=MONDAY, **fields)


def a_client(slug: str = "", *, tam: User | None = None, policy: SlaPolicy | None = None, **fields: Any) -> Client:
    """A client with a TAM who may see it."""
    slug = slug or f"client-{next(_numbers)}"
    tam = tam or a_user(f"tam-of-{slug}", Role.TAM)
    client = Client.objects.create(slug=slug, name=fields.pop("name", slug.title()), tam=tam, **fields)
    grant(tam, Role.TAM, Grant.Scope.CLIENT, client.pk)
    if policy is not None:
        set_client_policy(client=client, policy=policy, actor=None, at=MONDAY)
    return client


def a_department(slug: str = "support") -> Department:
    """One of the catalogue."""
    return Department.objects.get(slug=slug)


def an_incident(
    *, client: Client | None = None, at: datetime = MONDAY, now: datetime | None = None, **fields: Any
) -> Incident:
    """An incident opened at `at`; the world is seen at `now` (by default a minute later)."""
    fields.setdefault("title", f"Something stopped {next(_numbers)}")
    fields.setdefault("priority", "P2")
    return operations.open_incident(
        client=client or a_client(), opened_at=at, actor=None, now=now or at + timedelta(minutes=1), **fields
    )


def a_project(slug: str = "", *, client: Client | None = None, at: datetime = MONDAY, **fields: Any) -> Project:
    """A project in implementation, of a new client unless one is given."""
    slug = slug or f"project-{next(_numbers)}"
    fields.setdefault("phase", Project.Phase.IMPLEMENTATION)
    name = fields.pop("name", slug.title())
    return work.create_project(client=client or a_client(), slug=slug, name=name, actor=None, at=at, **fields)


def a_request(project: Project | None = None, *, at: datetime = MONDAY, **fields: Any) -> ChangeRequest:
    fields.setdefault("title", "Prepare the landscape")
    return work.record_request(project=project or a_project(), actor=None, at=at, **fields)


def a_task(
    project: Project | None = None, *, department: str = "network", at: datetime = MONDAY, **fields: Any
) -> Task:
    """One task; of a request's project where only a request is given."""
    request = fields.get("change_request")
    project = project or (request.project if request is not None else a_project())
    fields.setdefault("title", f"Task {next(_numbers)}")
    fields.setdefault("estimate_h", Decimal(4))
    return work.create_task(project=project, department=a_department(department), actor=None, at=at, **fields)


def a_dependency(before: Task, after: Task, kind: str = "FS", *, at: datetime = MONDAY, **fields: Any) -> Dependency:
    return work.add_dependency(predecessor=before, successor=after, kind=kind, actor=None, at=at, **fields)


def a_blueprint(slug: str, pieces: Sequence[tuple[str, str, list[str]]]) -> Blueprint:
    """Pieces are (key, department, what it waits for), each of 2 to 6 hours."""
    tasks = [
        {
            "key": key,
            "title": f"Piece {key}",
            "department": department,
            "estimate_h": {"low": 2, "likely": 4, "high": 6},
        }
        for key, department, _needs in pieces
    ]
    links = [{"from": need, "to": key} for key, _department, needs in pieces for need in needs]
    content = {"tasks": tasks, "dependencies": links}
    return work.create_blueprint(slug=slug, name=slug.title(), content=content, actor=None, at=MONDAY)

"""The provider and its clients around the made-up incidents: promises, people, clients, projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from accounts.models import Client, Role, User
from accounts.operations import create_contact, create_user
from demo.volume.words import NAMES, TRADES, UNDERTAKINGS
from departments.models import Department
from departments.operations import set_departments, set_head, update_department
from kernel import bulk, history
from projects.models import Project
from sla.models import Calendar, SlaPolicy
from sla.operations import TargetInput, create_calendar, create_client, create_policy

LONG_AGO = timedelta(days=400)
CLIENTS_PER_TAM = 15
ENGINEERS_PER_DEPARTMENT = 6
DAYS = ("mon", "tue", "wed", "thu", "fri")
CALENDARS = {
    "volume-paris": {
        "timezone": "Europe/Paris",
        "country": "FR",
        "hours": {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in DAYS},
    },
    "volume-budapest": {
        "timezone": "Europe/Budapest",
        "country": "HU",
        "hours": {day: [["08:00", "20:00"]] for day in (*DAYS, "sat")},
    },
}
ALWAYS = "always"
MADE_UP = "Made up for measurements."
# Response and resolution in minutes, and whether it counts around the clock.
TIERS = {
    "volume-gold": {"P1": (15, 240, True), "P2": (30, 480, True), "P3": (240, 1440, True), "P4": (480, 4320, True)},
    "volume-silver": {
        "P1": (30, 480, True),
        "P2": (60, 960, False),
        "P3": (240, 2700, False),
        "P4": (540, 5400, False),
    },
    "volume-bronze": {
        "P1": (60, 540, False),
        "P2": (120, 1620, False),
        "P3": (540, 5400, False),
        "P4": (540, 8100, False),
    },
}
REOPEN = {"volume-gold": "new_cycle"}


@dataclass(frozen=True)
class Served:
    """A client with what an incident of it needs."""

    client: Client
    policy_version_id: int
    project_ids: tuple[int, ...]


def build_world(chance: Random, *, name: str, clients: int, projects: int, at: datetime) -> list[Served]:
    """Clients with their policies, people and projects. Names begin with `name`, which must be new."""
    began = at - LONG_AGO
    policies = _policies(at=began)
    staff = _employ(name, tams=-(-clients // CLIENTS_PER_TAM), at=began)
    served = [
        _serve(chance, name, number, staff=staff, policies=policies, at=began) for number in range(1, clients + 1)
    ]
    owned = _launch(chance, name, [client for client, _policy in served], count=projects, at=began)
    versions = {policy.pk: policy.current_id for policy in policies}
    found = []
    for client, policy in served:
        version_id = versions[policy.pk]
        assert version_id is not None
        found.append(Served(client, version_id, tuple(owned.get(client.pk, ()))))
    return found


def engineers_by_department() -> dict[int, list[int]]:
    """Who works where now, by ids; departments without anybody have an empty list."""
    found: dict[int, list[int]] = {pk: [] for pk in Department.objects.active().values_list("pk", flat=True)}
    grants = User.objects.filter(grants__role=Role.ENGINEER, grants__scope_kind="department", grants__valid_until=None)
    for user_id, department_id in grants.order_by("pk").values_list("pk", "grants__scope_id"):
        if department_id in found:
            found[department_id].append(user_id)
    return found


def _policies(*, at: datetime) -> list[SlaPolicy]:
    for slug, fields in CALENDARS.items():
        if not Calendar.objects.filter(slug=slug).exists():
            create_calendar(slug=slug, name=slug.replace("-", " ").title(), fields=fields, actor=None, at=at)
    calendars = {calendar.slug: calendar for calendar in Calendar.objects.filter(slug__in=[ALWAYS, *CALENDARS])}
    return [_policy(tier, office, calendars, at=at) for tier in TIERS for office in CALENDARS]


def _policy(tier: str, office: str, calendars: dict[str, Calendar], *, at: datetime) -> SlaPolicy:
    slug = f"{tier}-{office.removeprefix('volume-')}"
    known = SlaPolicy.objects.filter(slug=slug).first()
    if known is not None:
        return known
    targets = [
        TargetInput(priority, response * 60, resolution * 60, calendars[ALWAYS if around_the_clock else office])
        for priority, (response, resolution, around_the_clock) in TIERS[tier].items()
    ]
    return create_policy(
        slug=slug,
        name=slug.replace("-", " ").title(),
        targets=targets,
        pause_on=["client", "vendor"],
        thresholds=[50, 75, 90, 100, 150],
        reopen=REOPEN.get(tier, "continue"),
        actor=None,
        at=at,
    )


def _employ(name: str, *, tams: int, at: datetime) -> dict[str, list[User]]:
    managers = [_hire(f"{name}-manager-{n}", Role.MANAGER, at=at) for n in (1, 2)]
    served_by = [_hire(f"{name}-tam-{n}", Role.TAM, at=at) for n in range(1, max(2, tams) + 1)]
    office = Calendar.objects.get(slug=next(iter(CALENDARS)))
    for department in Department.objects.active():
        if department.calendar is None and department.kind == Department.Kind.ENGINEERING:
            update_department(department=department, changes={"calendar": office}, actor=None, at=at)
        for n in range(1, ENGINEERS_PER_DEPARTMENT + 1):
            engineer = _hire(f"{name}-{department.slug}-{n}", Role.ENGINEER, at=at)
            set_departments(user=engineer, departments=[department], actor=None, at=at)
        if department.head is None:
            head = _hire(f"{name}-{department.slug}-head", Role.HEAD, at=at)
            set_departments(user=head, departments=[department], actor=None, at=at)
            set_head(department=department, head=head, actor=None, at=at)
    return {"managers": managers, "tams": served_by}


def _hire(username: str, role: str, *, at: datetime) -> User:
    return create_user(
        username=username,
        email=f"{username}@volume.example",
        first_name=username,
        last_name=role.title(),
        roles=[role],
        actor=None,
        at=at,
    )


def _serve(
    chance: Random,
    name: str,
    number: int,
    *,
    staff: dict[str, list[User]],
    policies: list[SlaPolicy],
    at: datetime,
) -> tuple[Client, SlaPolicy]:
    policy = chance.choice(policies)
    tam, deputy = chance.sample(staff["tams"], 2)
    client = create_client(
        slug=f"{name}-client-{number}",
        name=f"{chance.choice(NAMES)} {chance.choice(TRADES)} {number}",
        tam=tam,
        deputy=deputy,
        service_manager=chance.choice(staff["managers"]),
        policy=policy,
        actor=None,
        at=at,
    )
    username = f"{name}-contact-{number}"
    person = create_user(username=username, email=f"{username}@volume.example", roles=[], actor=None, at=at)
    create_contact(
        client=client,
        name=username,
        title="Head of IT",
        email=person.email,
        user=person,
        actor=None,
        at=at,
    )
    return client, policy


def _launch(chance: Random, name: str, clients: list[Client], *, count: int, at: datetime) -> dict[int, list[int]]:
    """Projects, spread over the clients; their ids by client."""
    make = bulk.maker(Project)
    phases = Project.Phase.values
    rows = [
        make(
            client_id=clients[number % len(clients)].pk,
            slug=f"{name}-project-{number + 1}",
            name=f"{chance.choice(UNDERTAKINGS)} {number + 1}",
            phase=chance.choice(phases),
        )
        for number in range(count)
    ]
    bulk.insert(rows)
    running = [row for row in rows if row.phase == Project.Phase.OPERATION]
    history.record_many(
        history.entry(row, "taken over", actor=None, at=at, tenant_id=row.client_id, text=MADE_UP, place=row)
        for row in running
    )
    owned: dict[int, list[int]] = {}
    for row in rows:
        owned.setdefault(row.client_id, []).append(row.pk)
    return owned

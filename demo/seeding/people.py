"""Staff, departments' heads and members, clients with their TAMs, contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password

from accounts.models import Client, Contact, Role, User
from accounts.operations import create_client, create_contact, create_user
from demo.seeding.content import load
from demo.seeding.promises import policy_of
from demo.seeding.times import LONG_AGO, instant
from departments.models import Absence, Department
from departments.operations import record_absence, set_departments, set_head, update_department
from sla.models import Calendar
from sla.operations import set_client_policy

PASSWORD = "tamhub-demo"  # noqa: S105 - the demo's published password
ROLES = {
    "administrator": (Role.ADMIN,),
    "service-manager": (Role.MANAGER,),
    "quality-manager": (Role.MANAGER,),
    "head-of-delivery": (Role.MANAGER,),
    "tam": (Role.TAM, Role.ENGINEER),
    "head": (Role.HEAD, Role.ENGINEER),
    "architect": (Role.ARCHITECT,),
    "engineer": (Role.ENGINEER,),
}
AROUND_THE_CLOCK = {"support", "infrastructure", "cyber-defence"}
OFFICE_HOURS = "business-at"
# The contact who may sign in, as `contact`.
CONTACT_ACCOUNT = "aldgate-jan-novotny"


def seed_people(*, now: datetime) -> None:
    """Everybody of the story. Rights begin long ago, so that the past of the story is theirs, too."""
    password = make_password(PASSWORD)
    departments = {department.slug: department for department in Department.objects.all()}
    for row in load("story")["staff"]:
        if not User.objects.filter(username=username(row)).exists():
            _employ(row, departments, password=password, now=now)
    _open_departments(departments, now=now)
    people = {row["id"]: User.objects.get(username=username(row)) for row in load("story")["staff"]}
    for row in load("story")["clients"]:
        if not Client.objects.filter(slug=row["slug"]).exists():
            _serve(row, people, now=now)
    clients = {client.slug: client for client in Client.objects.all()}
    for row in load("story")["contacts"]:
        if not Contact.objects.filter(client=clients[row["client"]], email=row["email"]).exists():
            _meet(row, clients[row["client"]], password=password, now=now)


def _open_departments(departments: dict[str, Department], *, now: datetime) -> None:
    """The first line and the shifts of operations work around the clock, the others in the hours of the main site."""
    calendars = {calendar.slug: calendar for calendar in Calendar.objects.filter(slug__in={"always", OFFICE_HOURS})}
    for slug, department in departments.items():
        if department.calendar_id is None:
            calendar = calendars["always" if slug in AROUND_THE_CLOCK else OFFICE_HOURS]
            update_department(department=department, changes={"calendar": calendar}, actor=None, at=now)


def username(row: dict[str, Any]) -> str:
    return str(row.get("login") or row["id"])


def _employ(row: dict[str, Any], departments: dict[str, Department], *, password: str, now: datetime) -> None:
    first, _, last = row["name"].partition(" ")
    began = now - LONG_AGO
    roles = ROLES[row["role"]]
    user = create_user(
        username=username(row),
        first_name=first,
        last_name=last,
        email=row["email"],
        time_zone=row["time_zone"],
        roles=roles,
        password_hash=password,
        actor=None,
        at=began,
    )
    department = departments.get(row["department"] or "")
    if department is not None:
        set_departments(user=user, departments=[department], actor=None, at=began)
        if row["role"] == "head":
            set_head(department=department, head=user, actor=None, at=began)
    absence = row.get("absence")
    if absence and not Absence.objects.filter(user=user).exists():
        starts_at = instant(absence["from"], now=now, zone=row["time_zone"])
        ends_at = instant(absence["to"], now=now, zone=row["time_zone"])
        record_absence(user=user, starts_at=starts_at, ends_at=ends_at, reason=absence["reason"], actor=None, at=now)


def _serve(row: dict[str, Any], people: dict[str, User], *, now: datetime) -> None:
    client = create_client(
        slug=row["slug"],
        name=row["name"],
        industry=row["industry"],
        country=row["country"],
        city=row["city"],
        time_zone=row["time_zone"],
        note=row["note"],
        tam=people.get(row.get("tam") or ""),
        deputy=people.get(row.get("deputy_tam") or ""),
        service_manager=people.get(row["service_manager"]),
        actor=None,
        at=now - LONG_AGO,
    )
    set_client_policy(client=client, policy=policy_of(row["tier"], row["country"], now=now), actor=None, at=now)


def _meet(row: dict[str, Any], client: Client, *, password: str, now: datetime) -> None:
    began = now - LONG_AGO
    user = None
    if row["id"] == CONTACT_ACCOUNT and not User.objects.filter(username="contact").exists():
        first, _, last = row["name"].partition(" ")
        user = create_user(
            username="contact",
            first_name=first,
            last_name=last,
            email=row["email"],
            time_zone=client.time_zone,
            roles=[],
            password_hash=password,
            actor=None,
            at=began,
        )
    create_contact(
        client=client,
        name=row["name"],
        title=row["title"],
        kind=row["kind"],
        email=row["email"],
        language=row["language"] if row["language"] in {"en", "fr"} else "en",
        user=user,
        actor=None,
        at=began,
    )

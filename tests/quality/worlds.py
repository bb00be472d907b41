"""Small worlds of incidents with a past, made by the operations from a seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from accounts.models import Client
from departments.models import Department
from incidents import operations
from incidents.models import Incident, Status
from kernel.errors import DomainError
from sla.models import Priority
from tests.factories import MONDAY, a_calendar, a_client, a_policy, an_incident

DEPARTMENTS = ("support", "network", "dba")


def two_clients() -> list[Client]:
    """One with office hours, whose clock goes on when reopened; one around the clock that starts a new one."""
    office = a_policy(calendar=a_calendar(), response_s=1800, resolution_s=4 * 3600)
    always = a_policy(response_s=900, resolution_s=8 * 3600, reopen="new_cycle")
    return [a_client("aldgate", policy=office), a_client("helios", policy=always)]


def a_past(clients: list[Client], *, incidents: int, seed: int, now: datetime, days: int = 70) -> list[Incident]:
    """Incidents opened in the `days` before `now`, every fifth in the last hours, each with up to six things since."""
    chance = random.Random(seed)
    made = []
    for number in range(incidents):
        opened_at = now - timedelta(seconds=chance.randrange(60, 7200 if number % 5 == 4 else days * 86400))
        opened_at = opened_at.replace(microsecond=0)
        incident = an_incident(
            client=chance.choice(clients),
            at=opened_at,
            now=now,
            priority=chance.choice(Priority.values),
            department=Department.objects.get(slug=chance.choice(DEPARTMENTS)),
        )
        at = opened_at
        for _step in range(chance.randrange(7)):
            at = min(at + timedelta(seconds=chance.randrange(20 * 3600)), now)
            something_happens(incident, chance=chance, at=at, now=now)
        made.append(incident)
    return made


def something_happens(incident: Incident, *, chance: random.Random, at: datetime, now: datetime) -> None:
    """One random operation; what the state does not allow does not happen."""
    verb = chance.choice(["acknowledge", "hold", "resume", "resolve", "resolve", "reopen", "close", "assign", "edit"])
    try:
        if verb == "hold":
            operations.hold(incident=incident, reason=chance.choice(["client", "problem"]), actor=None, at=at, now=now)
        elif verb == "assign":
            department = Department.objects.get(slug=chance.choice(DEPARTMENTS))
            operations.assign(incident=incident, department=department, actor=None, at=at, now=now)
        elif verb == "edit":
            changes = {"priority": chance.choice(Priority.values)}
            operations.edit(incident=incident, changes=changes, actor=None, now=now)
        else:
            getattr(operations, verb)(incident=incident, actor=None, at=at, now=now)
    except DomainError:
        incident.refresh_from_db()
        assert incident.status in Status.values


NOW = MONDAY + timedelta(days=57, hours=3, minutes=17)

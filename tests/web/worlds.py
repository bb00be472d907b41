"""A small provider for page tests: clients, departments, a person of each kind; and words nobody else may read."""

from __future__ import annotations

import html
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Client, Grant, Role, User
from accounts.operations import create_client, create_contact
from departments.models import Department
from incidents import operations
from incidents.models import Incident
from sla.operations import set_client_policy
from tests.factories import a_department, a_policy, a_user, an_incident, grant

# Stands in everything that a client's contact must not read.
CANARY = "zyzzogeton"


HTMX = {"HX-Request": "true"}


def asked_twice(browser: Browser, path: str) -> tuple[Any, Any]:
    """The answers to a page that renews itself and to its next question, both within the minute, after which such
    pages are drawn anew because time has passed."""
    while True:
        minute = time.time() // 60
        first = browser.get(path, headers=HTMX)
        again = browser.get(path, headers={**HTMX, "If-None-Match": first["ETag"]})
        if time.time() // 60 == minute:
            return first, again


@dataclass
class World:
    """`now` is the present; the pages read the real clock. `tam` serves `client`, `other` belongs to somebody else."""

    now: datetime = field(default_factory=lambda: timezone.now().replace(microsecond=0))

    def __post_init__(self) -> None:
        self.network: Department = a_department("network")
        self.unix: Department = a_department("unix")
        self.admin: User = a_user("admin", Role.ADMIN)
        self.manager: User = a_user("manager", Role.MANAGER, first_name="Mona", last_name="Manager")
        self.tam: User = a_user("tam", Role.TAM, first_name="Tara", last_name="Tam")
        self.architect: User = a_user("architect", Role.ARCHITECT)
        self.engineer: User = a_user("engineer", Role.ENGINEER, first_name="Erik", last_name=f"Engineer-{CANARY}")
        self.colleague: User = a_user("colleague", Role.ENGINEER, first_name="Cora", last_name=f"Colleague-{CANARY}")
        self.head: User = a_user("head", Role.HEAD, first_name="Hedi", last_name=f"Head-{CANARY}")
        for person in (self.engineer, self.colleague, self.head):
            role = Role.HEAD if person is self.head else Role.ENGINEER
            grant(person, role, Grant.Scope.DEPARTMENT, self.network.pk)
        policy = a_policy("gold", response_s=1800, resolution_s=14400)
        at = self.now - timedelta(days=30)
        people = {"tam": self.tam, "service_manager": self.manager}
        self.client: Client = create_client(slug="aldgate", name="Aldgate", actor=None, at=at, **people)
        self.other: Client = create_client(
            slug="other", name=f"Other-{CANARY}", service_manager=self.manager, actor=None, at=at
        )
        for client in (self.client, self.other):
            set_client_policy(client=client, policy=policy, actor=None, at=self.now)
        self.contact: User = a_user("contact", first_name="Carl", last_name="Contact")
        create_contact(
            client=self.client, name="Carl Contact", title="Network lead", user=self.contact, actor=None, at=at
        )
        create_contact(client=self.other, name=f"Stranger-{CANARY}", actor=None, at=at)

    def incident(self, *, minutes: int = 5, client: Client | None = None, **fields: object) -> Incident:
        """Opened that many minutes ago; targets are 30 minutes and 4 hours around the clock."""
        opened_at = self.now - timedelta(minutes=minutes)
        fields.setdefault("department", self.network)
        return an_incident(client=client or self.client, at=opened_at, now=self.now, **fields)

    def secretive(self) -> Incident:
        """An incident of the client with everything internal that its contact must not read."""
        incident = self.incident(title="Portal down", minutes=50, assignee=self.engineer, department=self.unix)
        operations.comment(incident=incident, text=f"internal {CANARY}", actor=self.engineer, now=self.now)
        self.incident(title=f"Elsewhere {CANARY}", client=self.other)
        return incident


def words(answer) -> str:
    """The page as it is read: plain blanks, no entities."""
    return html.unescape(answer.text).replace("\u00a0", " ").replace("\u202f", " ")


def order(page: str, *titles: str) -> list[str]:
    return sorted((title for title in titles if title in page), key=page.index)


def ago(world, minutes):
    return world.now - timedelta(minutes=minutes)

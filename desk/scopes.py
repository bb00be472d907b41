"""How much of what one may see Today looks at: one's own, one's clients, one's department, all of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.reach import Reach, reach_of
from incidents.models import IncidentQuerySet
from incidents.permissions import Person, incidents_visible_to

MINE, CLIENTS, DEPARTMENT, ALL = "mine", "clients", "department", "all"
LABELS: dict[str, str | Promise] = {
    MINE: _("Mine"),
    CLIENTS: _("My clients"),
    DEPARTMENT: _("My department"),
    ALL: _("All"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the person looks at, and what else could be chosen; `choices` is empty where there is no choice."""

    key: str
    choices: tuple[str, ...]

    @property
    def options(self) -> list[tuple[str, str | Promise]]:
        return [(key, LABELS[key]) for key in self.choices]


def scope_of(user: Person, *, asked: str = "") -> Scope:
    """The scope asked for, if the person has it; else the one the person's work begins with."""
    reach = reach_of(user)
    choices = _choices(reach)
    if asked in choices:
        return Scope(asked, choices)
    return Scope(_first(reach, choices), choices)


def incidents_in(scope: Scope, user: Person) -> IncidentQuerySet:
    """The incidents of a scope; never more than the person may see."""
    reach = reach_of(user)
    rows = incidents_visible_to(user)
    if scope.key == MINE:
        return rows.filter(assignee=reach.user_id)
    if scope.key == CLIENTS:
        return rows.filter(client__in=reach.client_ids)
    if scope.key == DEPARTMENT:
        return rows.filter(department__in=reach.department_ids)
    return rows


def _choices(reach: Reach) -> tuple[str, ...]:
    if reach.is_contact_only:
        return ()
    found = []
    if reach.has_role(Role.ENGINEER, Role.TAM, Role.HEAD):
        found.append(MINE)
    if reach.client_ids:
        found.append(CLIENTS)
    if reach.department_ids:
        found.append(DEPARTMENT)
    return (*found, ALL) if found else ()


def _first(reach: Reach, choices: tuple[str, ...]) -> str:
    if CLIENTS in choices:
        return CLIENTS
    if reach.headed_department_ids:
        return DEPARTMENT
    return choices[0] if choices else ALL

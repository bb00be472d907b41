"""What the palette finds: places, work, clients, departments, people; only what the person may see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from django.db.models import Case, F, Model, Q, QuerySet, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Client, Contact
from accounts.permissions import clients_visible_to, contacts_visible_to, is_staff_member
from departments.models import Department
from departments.permissions import departments_to_choose
from incidents.models import REFERENCE_PREFIX, Incident
from incidents.permissions import Person, incidents_visible_to, may_call
from kernel.shell import Item
from projects.lifecycle import OPEN_TASK
from projects.models import ChangeRequest, Project, Task
from projects.permissions import (
    may_create_projects,
    may_record_requests,
    projects_visible_to,
    requests_visible_to,
    tasks_visible_to,
)
from projects.queries.projects import called
from projects.queries.requests import naming
from projects.taskoffers import offers_for
from projects.views.taskverbs import BESIDE, IN_THE_HEAD, VERBS

M = TypeVar("M", bound=Model)
MOST, MOST_OF_A_KIND = 12, 5
LONGEST = 100
ONLY_ACTIONS = ">"
# A task by its number, and what is to be done with it: "T-12", "#12", "T-12 hand".
_TASK = re.compile(r"(?:T-|#)(\d{1,15})(?:\s+(.*))?", re.IGNORECASE)
_REFERENCE = re.compile(rf"(?:{re.escape(REFERENCE_PREFIX)}|#)?(\d{{1,15}})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of the palette; `group` is the title it stands under, `beside` says what it is."""

    group: str
    icon: str
    label: str
    url: str
    beside: str = ""


def find(user: Person, words: str, *, places: Iterator[Item]) -> list[Hit]:
    """At most a dozen rows, in the order of the kinds; without words, the places to go. Seven queries."""
    words = words.strip()[:LONGEST]
    if words.startswith(ONLY_ACTIONS):
        hits = _actions(user, words.removeprefix(ONLY_ACTIONS).strip())
    else:
        hits = _hits(user, words, places=places)
    return list(islice(hits, MOST))


def _hits(user: Person, words: str, *, places: Iterator[Item]) -> Iterator[Hit]:
    for place in places:
        if words.casefold() in place.label.casefold():
            yield Hit(_("Go to"), place.icon, place.label, place.url)
    yield from _actions(user, words)
    if len(words) < 2 and not words.isdecimal():
        return
    if is_staff_member(user):
        yield from (_project(one) for one in _projects(user, words))
    for task in _tasks(user, words):
        yield from _task(task, user, words)
    yield from (_incident(one) for one in _incidents(user, words))
    yield from (_request(one) for one in _requests(user, words))
    yield from (_client(one) for one in _named(clients_visible_to(user).filter(archived_at=None), words))
    if is_staff_member(user):
        yield from (_department(one) for one in _named(departments_to_choose(user), words))
    yield from (_contact(one) for one in _named(contacts_visible_to(user).select_related("client"), words))


def _actions(user: Person, words: str) -> Iterator[Hit]:
    for is_allowed, label, page in (
        (may_call(user), _("New incident"), "new-incident"),
        (may_record_requests(user), _("New request"), "new-request"),
        (may_create_projects(user), _("New project"), "new-project"),
    ):
        if is_allowed and words.casefold() in label.casefold():
            yield Hit(_("Do"), "plus", label, reverse(page))


def _projects(user: Person, words: str) -> QuerySet[Project]:
    """Those named so, in full or in short; what runs stands above what is closed."""
    rows = projects_visible_to(user).filter(called(words)).select_related("client")
    closed_last = Case(When(phase=Project.Phase.CLOSED, then=1), default=0)
    return rows.order_by(closed_last, "name", "pk")[:MOST_OF_A_KIND]


def _incidents(user: Person, words: str) -> QuerySet[Incident]:
    """The one with this number, and those with the words in the title, open ones first."""
    matches = Q(title__icontains=words)
    number = _REFERENCE.fullmatch(words)
    if number:
        matches |= Q(pk=int(number[1]))
    rows = incidents_visible_to(user).filter(matches).select_related("client")
    return rows.order_by(F("next_due_at").asc(), "-id")[:MOST_OF_A_KIND]


def _requests(user: Person, words: str) -> QuerySet[ChangeRequest]:
    """The one with this number, and those with the words in the title, the newest first."""
    rows = requests_visible_to(user).filter(naming(words)).select_related("client")
    return rows.order_by("-id")[:MOST_OF_A_KIND]


def _tasks(user: Person, words: str) -> QuerySet[Task]:
    """The one with this number, and open ones with the words in the title, those due first in front."""
    if not is_staff_member(user):
        return Task.objects.none()
    matches = Q(title__icontains=words, status__in=sorted(OPEN_TASK))
    number = _TASK.fullmatch(words)
    if number:
        matches |= Q(pk=int(number[1]))
    rows = tasks_visible_to(user).filter(matches).select_related("client", "project__client", "department")
    return rows.order_by("due_at", "-id")[:MOST_OF_A_KIND]


def _task(task: Task, user: Person, words: str) -> Iterator[Hit]:
    """The task; where its number was written, also what can be done with it, narrowed by what follows the number."""
    label = f"{task.reference} {task.title}"
    yield Hit(_("Tasks"), "list-checks", label, reverse("task", args=[task.pk]), str(task.client))
    number = _TASK.fullmatch(words)
    if number is None or words.startswith("#"):  # which other things have, too
        return
    wanted = (number[2] or "").casefold()
    offers = offers_for(user, task, at=timezone.now())
    for name in (*IN_THE_HEAD, "note", "depends-on", *BESIDE):
        verb = VERBS[name]
        if name in offers and wanted in str(verb.label).casefold():
            url = reverse("task-act", args=[task.pk, name])
            yield Hit(_("Tasks"), verb.icon, str(verb.title) % {"reference": task.reference}, url, str(verb.label))


def _named(rows: QuerySet[M], words: str) -> QuerySet[M]:
    return rows.filter(name__icontains=words).order_by("name")[:MOST_OF_A_KIND]


def _project(project: Project) -> Hit:
    url = reverse("project", args=[project.slug])
    return Hit(_("Projects"), "folder-kanban", project.name, url, str(project.client))


def _incident(incident: Incident) -> Hit:
    url = reverse("incident", args=[incident.pk])
    label = f"{incident.reference} {incident.title}"
    return Hit(_("Incidents"), "siren", label, url, str(incident.client))


def _request(request: ChangeRequest) -> Hit:
    url = reverse("request", args=[request.pk])
    return Hit(_("Change requests"), "git-branch", f"{request.reference} {request.title}", url, str(request.client))


def _client(client: Client) -> Hit:
    return Hit(_("Clients"), "building-2", client.name, reverse("client", args=[client.slug]), _("Client"))


def _department(department: Department) -> Hit:
    url = reverse("department", args=[department.slug])
    return Hit(_("Departments"), department.icon, department.name, url, _("Department"))


def _contact(contact: Contact) -> Hit:
    label = _("%(name)s at %(client)s") % {"name": contact.name, "client": contact.client}
    return Hit(_("People"), "user", label, reverse("client", args=[contact.client.slug]), contact.get_kind_display())

"""The work's own part of a project's timeline: requests, decisions, tasks, papers, people, the project itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from django.apps import apps
from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Person
from accounts.reach import reach_of
from kernel import history
from kernel.models import History
from projects.changewords import in_words
from projects.models import ChangeRequest, Project, Task
from projects.paths import document_path, handover_path, request_path, task_path
from projects.permissions import requests_visible_to, tasks_visible_to
from projects.requesthistory import VERBS as REQUEST_VERBS
from projects.requesthistory import text_of
from projects.tasktelling import lines_of
from projects.timeline import Entry, Kind, Span

TASK, REQUEST, PROJECT = (history.kind_of(model) for model in (Task, ChangeRequest, Project))
PAPERS: Final = "projects.document"
HANDOVER: Final = "projects.handover"
DECISIONS: Final = ("agreed", "promised", "delivered", "accepted", "sent back", "rejected", "withdrawn")
PEOPLE_VERBS: Final = ("deputy appointed", "deputy dismissed", "deputy")
POSTS: Final = ["architect", "tam", "deputy"]
TONES: Final = {
    "agreed": "green",
    "accepted": "green",
    "delivered": "green",
    "sent back": "amber",
    "rejected": "red",
    "withdrawn": "amber",
    "signed": "green",
    "verified": "green",
    "suspect": "amber",
    "returned": "amber",
}
# Verbs of what has no words of its own elsewhere: the sentence and its icon.
WORDS: Final[Mapping[tuple[str, str], tuple[str | Promise, str]]] = {
    (PROJECT, "created"): (_("Project created"), "folder-kanban"),
    (PROJECT, "changed"): (_("Project changed"), "pencil"),
    (PROJECT, "taken over"): (_("Taken over without a handover"), "folder-kanban"),
    (PROJECT, "deputy appointed"): (_("Deputy appointed"), "users"),
    (PROJECT, "deputy dismissed"): (_("Deputy dismissed"), "users"),
    (PROJECT, "deputy"): (_("Deputy changed"), "users"),
    (PAPERS, "created"): (_("Document added"), "file-text"),
    (PAPERS, "changed"): (_("Document changed"), "pencil"),
    (PAPERS, "verified"): (_("Document verified"), "circle-check"),
    (PAPERS, "version written"): (_("New version written"), "file-text"),
    (PAPERS, "suspect"): (_("Document in doubt"), "file-clock"),
    (HANDOVER, "begun"): (_("Handover begun"), "arrow-right-left"),
    (HANDOVER, "changed"): (_("Handover changed"), "pencil"),
    (HANDOVER, "ticked"): (_("Seen to"), "circle-check"),
    (HANDOVER, "unticked"): (_("Not after all"), "circle"),
    (HANDOVER, "line added"): (_("Line added to the handover"), "plus"),
    (HANDOVER, "signed"): (_("Handover signed"), "circle-check"),
    (HANDOVER, "returned"): (_("Handover sent back"), "undo-2"),
    (HANDOVER, "withdrawn"): (_("Handover withdrawn"), "circle-x"),
}
_PATHS: Final[Mapping[str, Callable[[Any], str]]] = {
    TASK: task_path,
    REQUEST: request_path,
    PAPERS: document_path,
    HANDOVER: lambda handover: handover_path(handover.project),
}


class Work:
    """What the history keeps of a project's work."""

    name = "work"
    kinds = frozenset(Kind) - {Kind.INCIDENT}

    def entries(
        self, project: Project, *, user: Person, kinds: Collection[Kind], span: Span, limit: int
    ) -> list[Entry]:
        rows = history.in_place(project).filter(span.of(), _visible(project, user))
        if len(kinds) < len(self.kinds):
            wanted = Q(pk__in=())
            for kind in kinds:
                wanted |= _of(kind)
            rows = rows.filter(wanted)
        found = list(rows[:limit])
        subjects = _subjects(found)
        return [_told(line, subjects.get((line.subject_kind, line.subject_id))) for line in found]


def _visible(project: Project, user: Person) -> Q:
    """Who sees a project by the tasks of a department alone reads of these tasks and their requests, and of the
    project itself."""
    reach = reach_of(user)
    if reach.everything or project.client_id in reach.client_ids or project.pk in reach.project_ids:
        return Q()
    tasks = tasks_visible_to(user).filter(project=project).values("pk")
    requests = requests_visible_to(user).filter(project=project).values("pk")
    its_own = Q(subject_kind=PROJECT)
    return its_own | Q(subject_kind=TASK, subject_id__in=tasks) | Q(subject_kind=REQUEST, subject_id__in=requests)


def _of(kind: Kind) -> Q:
    about_people = Q(verb__in=PEOPLE_VERBS) | Q(changes__has_any_keys=POSTS)
    return {
        Kind.REQUEST: Q(subject_kind=REQUEST) & ~Q(verb__in=DECISIONS),
        Kind.DECISION: Q(subject_kind=REQUEST, verb__in=DECISIONS) | Q(subject_kind=HANDOVER),
        Kind.TASK: Q(subject_kind=TASK),
        Kind.DOCUMENT: Q(subject_kind=PAPERS),
        Kind.PEOPLE: Q(subject_kind=PROJECT) & about_people,
        Kind.PROJECT: ~Q(subject_kind__in=[REQUEST, TASK, PAPERS, HANDOVER, PROJECT])
        | Q(subject_kind=PROJECT) & ~about_people,
    }[kind]


def _kind(line: History) -> Kind:
    if line.subject_kind == PROJECT:
        is_about_people = line.verb in PEOPLE_VERBS or not line.changes.keys().isdisjoint(POSTS)
        return Kind.PEOPLE if is_about_people else Kind.PROJECT
    if line.subject_kind == REQUEST:
        return Kind.DECISION if line.verb in DECISIONS else Kind.REQUEST
    return {TASK: Kind.TASK, PAPERS: Kind.DOCUMENT, HANDOVER: Kind.DECISION}.get(line.subject_kind, Kind.PROJECT)


def _subjects(lines: Sequence[History]) -> dict[tuple[str, int], Model]:
    """What the lines are about, by kind and id; one query a kind."""
    ids: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        ids[line.subject_kind].add(line.subject_id)
    ids.pop(PROJECT, None)
    return {
        (kind, pk): row
        for kind, some in ids.items()
        for pk, row in apps.get_model(kind)._default_manager.in_bulk(some).items()
    }


def _told(line: History, subject: Model | None) -> Entry:
    title, icon, tone, text = _words(line)
    path = _PATHS.get(line.subject_kind)
    return Entry(
        id=line.pk,
        at=line.at,
        kind=_kind(line),
        icon=icon,
        tone=tone or TONES.get(line.verb, ""),
        title=title,
        subject=str(subject or ""),
        url=path(subject) if path and subject is not None else "",
        who=f"{line.actor} ({line.via})" if line.actor and line.via else str(line.actor or ""),
        text=text,
        changes=in_words(line.changes) if line.verb in {"changed", *PEOPLE_VERBS} else (),
    )


def _words(line: History) -> tuple[str, str, str, str]:
    """Its title, icon, tone and text."""
    if line.subject_kind == TASK:
        [told] = lines_of([line])
        title = str(_("Task changed")) if line.verb == "changed" else told.title
        return title, told.icon, told.tone, told.text
    if line.subject_kind == REQUEST and line.verb in REQUEST_VERBS:
        known = REQUEST_VERBS[line.verb]
        return str(known.title), known.icon, "", text_of(line)
    words, icon = WORDS.get((line.subject_kind, line.verb), (capfirst(line.verb), "info"))
    return str(words), icon, "", line.text

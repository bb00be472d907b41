"""What the next TAM of a project must know, as Markdown: a start that the one who hands over completes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import Contact
from projects.lifecycle import ENDED_REQUEST, OPEN_TASK, TaskStatus
from projects.models import ChangeRequest, Clarification, Document, Project, Task
from projects.queries.gates import waiting_for
from projects.queries.silence import silent_since

MOST = 50
_MARKUP = re.compile(r"([\\`*_\[\]<>#|])")


def brief_of(project: Project, *, at: datetime) -> str:
    """A constant number of queries, however much is open."""
    rows = project.tasks.filter(status__in=sorted(OPEN_TASK)).select_related("department", "assignee")
    tasks = list(rows.order_by("pk"))
    parts = [
        (_("Who is who"), _people(project)),
        (_("What is asked for"), _requests(project)),
        (_("Questions without an answer"), _questions(project)),
        (_("In work"), _in_work(tasks)),
        (_("Stuck"), _stuck(tasks)),
        (_("Silent"), _silent(tasks, at=at)),
        (_("Who waits for whom"), _waits(tasks)),
        (_("Documents that want a look"), _documents(project, at=at)),
        (_("Contacts"), _contacts(project)),
        (_("Promises"), _promises(project)),
    ]
    return "\n\n".join(f"## {title}\n\n{_listed(lines)}" for title, lines in parts) + "\n"


def _listed(lines: Iterator[str]) -> str:
    found = [f"- {line}" for line in lines]
    more = len(found) - MOST
    return "\n".join([*found[:MOST], *([_("- and %(n)d more") % {"n": more}] if more > 0 else [])]) or _("Nothing.")


def _people(project: Project) -> Iterator[str]:
    seats = [
        (_("Architect"), project.architect),
        (_("Deputy"), project.deputy_in_charge),
        (_("Service manager"), project.client.service_manager),
    ]
    for seat, person in seats:
        if person is not None:
            yield f"{seat}: **{_plain(str(person))}**"


def _questions(project: Project) -> Iterator[str]:
    open_ones = Clarification.objects.filter(request__project=project, answered_at=None, withdrawn_at=None)
    for question in open_ones.select_related("contact", "department", "request").order_by("asked_at", "pk"):
        addressee = question.contact or question.department or _("the client")
        about = f"{question.request.reference}: {_plain(question.text)}"
        yield f"{about} · {_plain(str(addressee))}, " + _("since %(day)s") % {"day": _day(question.asked_at)}


def _in_work(tasks: list[Task]) -> Iterator[str]:
    for task in tasks:
        if task.status == TaskStatus.IN_PROGRESS:
            due = ", " + _("due %(day)s") % {"day": _day(task.due_at)} if task.has_promise else ""
            yield f"{_line(task)}: {_plain(str(task.assignee or _('Nobody yet')))}{due}"


def _requests(project: Project) -> Iterator[str]:
    for request in _open_requests(project):
        yield f"**{_plain(str(request))}** · {request.get_status_display()}"


def _open_requests(project: Project) -> list[ChangeRequest]:
    return list(project.change_requests.exclude(status__in=sorted(ENDED_REQUEST)).order_by("pk"))


def _stuck(tasks: list[Task]) -> Iterator[str]:
    for task in tasks:
        if task.status == TaskStatus.BLOCKED:
            why = ", ".join(filter(None, (task.get_block_reason_display(), _plain(task.block_text))))
            yield f"{_line(task)}: {why}"
        elif task.returned_at is not None:
            yield f"{_line(task)}: " + _("returned, %(why)s") % {"why": _plain(task.return_reason)}


def _silent(tasks: list[Task], *, at: datetime) -> Iterator[str]:
    since = silent_since(tasks, at=at)
    for task in tasks:
        if task.pk in since:
            yield f"{_line(task)}: " + _("no word since %(day)s") % {"day": _day(since[task.pk])}


def _waits(tasks: list[Task]) -> Iterator[str]:
    waits = waiting_for(tasks)
    before = Task.objects.select_related("department").in_bulk({pk for found in waits.values() for pk in found})
    for task in tasks:
        if waits[task.pk]:
            yield f"{_line(task)} ← " + "; ".join(_line(before[pk]) for pk in waits[task.pk])


def _documents(project: Project, *, at: datetime) -> Iterator[str]:
    for document in project.documents.select_related("owner").order_by("title", "pk"):
        state = document.state(at)
        if state != Document.State.CURRENT:
            owner = document.owner or _("nobody answers for it")
            yield f"{_plain(document.title)} · {state.label} · {owner}"


def _contacts(project: Project) -> Iterator[str]:
    for contact in Contact.objects.filter(client=project.client_id).order_by("kind", "name", "pk"):
        reach = ", ".join(_plain(one) for one in (contact.title, contact.email, contact.phone) if one)
        yield f"**{_plain(contact.name)}** · {contact.get_kind_display()}" + (f" · {reach}" if reach else "")


def _promises(project: Project) -> Iterator[str]:
    if project.promised_go_live is not None:
        yield _("Go-live: %(day)s") % {"day": formats.date_format(project.promised_go_live, "j M Y")}
    for request in _open_requests(project):
        if request.promised_at is not None:
            yield f"{_plain(str(request))}: {_day(request.promised_at)}"


def _line(task: Task) -> str:
    return f"{_plain(str(task))} ({task.department.short})"


def _plain(words: str) -> str:
    """Words that stand for themselves in Markdown."""
    return _MARKUP.sub(r"\\\1", " ".join(words.split()))


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "j M Y")

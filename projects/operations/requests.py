"""Writes of change requests: taking one in, and its way to the client's acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Contact, User
from kernel.errors import Conflict, Invalid
from kernel.versions import bump, change, check
from projects.lifecycle import OPEN_TASK, RequestStatus, TaskStatus
from projects.models import FAR_FUTURE, ChangeRequest, Project
from projects.operations import announcing, feedback, telling
from projects.operations.moving import enter, locked, record
from projects.operations.verbs import cancel_task


@transaction.atomic
def record_request(
    *, project: Project, title: str, text: str = "", actor: User | None, at: datetime, **fields: Any
) -> ChangeRequest:
    """What a client asks for, in the client's words; the TAM of the project hears of what others take in."""
    if not title.strip():
        raise Invalid(_("Say in a few words what is asked for."), field="title")
    if project.phase == Project.Phase.CLOSED:
        raise Conflict(_("The project is closed."), field="project")
    _refuse_foreign_contact(project, fields.get("requested_by"))
    request = ChangeRequest.objects.create(
        project=project,
        client_id=project.client_id,
        title=title,
        text=text,
        recorded_by=actor,
        opened_at=at,
        status_since=at,
        **fields,
    )
    record(request, "recorded", actor=actor, at=at)
    telling.request_came(request, actor=actor, at=at)
    return request


@transaction.atomic
def update_request(
    *,
    request: ChangeRequest,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> ChangeRequest:
    """Change what it says. A promise that moves takes along the tasks without a deadline of their own."""
    request = locked(request)
    check(request, expected_version)
    _refuse_foreign_contact(request.project, changes.get("requested_by"))
    changed = change(request, changes)
    if changed:
        request.save()
        if "promised_at" in changed:
            _move_due(request)
        record(request, "changed", actor=actor, at=at, changes=changed)
    return request


@transaction.atomic
def begin_decomposing(*, request: ChangeRequest, actor: User | None, at: datetime) -> ChangeRequest:
    """Enough is known to cut it into tasks."""
    request = locked(request)
    if request.status != RequestStatus.DECOMPOSING:
        enter(request, RequestStatus.DECOMPOSING, "decomposing begun", actor=actor, at=at)
    return request


@transaction.atomic
def agree(
    *, request: ChangeRequest, promised_at: datetime | None = None, actor: User | None, at: datetime
) -> ChangeRequest:
    """The client agrees to what will be done and until when; the departments may rely on it."""
    request = locked(request)
    if request.status == RequestStatus.AGREED and promised_at in {None, request.promised_at}:
        return request
    if not request.tasks.exists():
        raise Conflict(_("Decompose it first: there is no task yet."), code="no_tasks")
    if promised_at is not None:
        if promised_at <= at:
            raise Invalid(_("The promised time has passed already."), field="promised_at")
        request.promised_at = promised_at
    request.agreed_at = at
    if request.status == RequestStatus.AGREED:
        bump(request)
        request.save()
        record(request, "promised", actor=actor, at=at, text=str(promised_at))
    else:
        enter(request, RequestStatus.AGREED, "agreed", actor=actor, at=at)
    _move_due(request)
    announcing.announce(request.tasks.all(), request=request, actor=actor, at=at)
    return request


@transaction.atomic
def deliver(*, request: ChangeRequest, note: str = "", actor: User | None, at: datetime) -> ChangeRequest:
    """All is done and the client may try it. Conflict while a task is open."""
    request = locked(request)
    if request.status == RequestStatus.DELIVERED:
        return request
    still_open = list(request.tasks.filter(status__in=sorted(OPEN_TASK)).order_by("pk")[:6])
    if still_open:
        n = request.tasks.filter(status__in=sorted(OPEN_TASK)).count()
        words = ngettext("%(n)d task is open: %(tasks)s.", "%(n)d tasks are open: %(tasks)s.", n)
        if n > len(still_open):
            words = _("%(n)d tasks are open, the first of them: %(tasks)s.")
        named = ", ".join(map(str, still_open))
        raise Conflict(
            words % {"n": n, "tasks": named}, code="open_tasks", extra={"open_tasks": [task.pk for task in still_open]}
        )
    if not request.tasks.filter(status=TaskStatus.DONE).exists():
        raise Conflict(_("Nothing has been done for it yet."), code="no_tasks")
    request.delivered_at = at
    enter(request, RequestStatus.DELIVERED, "delivered", actor=actor, at=at, text=note)
    telling.delivered(request, actor=actor, at=at)
    return request


@transaction.atomic
def accept(
    *, request: ChangeRequest, contact: Contact | None = None, note: str = "", actor: User | None, at: datetime
) -> ChangeRequest:
    """The client's contact takes it; asked for feedback from then on. `contact`: who said so, where somebody of the
    provider writes it down."""
    request = locked(request)
    if request.status == RequestStatus.ACCEPTED:
        return request
    contact = contact or request.requested_by
    _refuse_foreign_contact(request.project, contact)
    request.accepted_at, request.accepted_by = at, contact
    enter(request, RequestStatus.ACCEPTED, "accepted", actor=actor, at=at, text=note)
    feedback.ask(request, at=at)
    telling.accepted(request, actor=actor, at=at)
    return request


@transaction.atomic
def send_back(*, request: ChangeRequest, reason: str, actor: User | None, at: datetime) -> ChangeRequest:
    """The client does not accept what was delivered: it is in work again."""
    if not reason.strip():
        raise Invalid(_("Say what is missing."), field="reason")
    request = locked(request)
    if request.status == RequestStatus.IN_WORK:
        return request
    if request.status != RequestStatus.DELIVERED:
        raise Conflict(_("Only what was delivered can be sent back."), extra={"current": request.status})
    request.delivered_at = None
    enter(request, RequestStatus.IN_WORK, "sent back", actor=actor, at=at, text=reason)
    telling.sent_back(request, reason=reason, actor=actor, at=at)
    return request


@transaction.atomic
def reject(*, request: ChangeRequest, reason: str, actor: User | None, at: datetime) -> ChangeRequest:
    """The provider will not do it, and says why."""
    return _end(request, RequestStatus.REJECTED, "rejected", reason, actor=actor, at=at)


@transaction.atomic
def withdraw(*, request: ChangeRequest, reason: str, actor: User | None, at: datetime) -> ChangeRequest:
    """The client does not want it any more."""
    return _end(request, RequestStatus.WITHDRAWN, "withdrawn", reason, actor=actor, at=at)


def _end(
    request: ChangeRequest, status: RequestStatus, verb: str, reason: str, *, actor: User | None, at: datetime
) -> ChangeRequest:
    """Its open tasks are cancelled in the same instant; whoever waited for them from elsewhere goes on."""
    if not reason.strip():
        raise Invalid(_("Say why."), field="reason")
    request = locked(request)
    if request.status == status:
        return request
    request.ended_reason = reason[:500]
    enter(request, status, verb, actor=actor, at=at, text=reason)
    for task in request.tasks.filter(status__in=sorted(OPEN_TASK)).order_by("pk"):
        cancel_task(task=task, reason=reason, actor=actor, at=at)
    request.clarifications.filter(answered_at=None, withdrawn_at=None).update(withdrawn_at=at, version=F("version") + 1)
    telling.ended(request, actor=actor, at=at)
    return request


def _move_due(request: ChangeRequest) -> None:
    tasks = request.tasks.filter(status__in=sorted(OPEN_TASK), deadline=None)
    tasks.update(due_at=request.promised_at or FAR_FUTURE)


def _refuse_foreign_contact(project: Project, contact: Contact | None) -> None:
    if contact is not None and contact.client_id != project.client_id:
        raise Invalid(_("This contact belongs to another client."), field="requested_by")

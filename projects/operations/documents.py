"""Writes of the papers of a project: the register, versions, verifying, and what makes a document suspect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Client, User
from kernel import files, history, outbox
from kernel.errors import Invalid, Stale
from kernel.locking import lock
from kernel.versions import bump, change, check
from projects.models import Document, DocumentVersion, Project, Task
from projects.operations import telling

MOST_AT_ONCE = 500
LONGEST_TEXT = 200_000
_is_link = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a version says: one of a file, Markdown and a link."""

    upload: File | None = None
    text: str = ""
    link: str = ""
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return self.upload is None and not self.text.strip() and not self.link


@transaction.atomic
def create_document(
    *,
    project: Project,
    title: str,
    kind: str,
    content: Content | None = None,
    actor: User | None,
    at: datetime,
    **fields: Any,
) -> Document:
    """A line in the register, with its first version where there is one; whoever enters it vouches for it."""
    if not title.strip():
        raise Invalid(_("Say what it is called."), field="title")
    if not kind.strip():
        raise Invalid(_("Say what kind of document it is."), field="kind")
    document = Document(
        client_id=project.client_id, project=project, title=title.strip(), kind=kind.strip(), verified_at=at, **fields
    )
    document.verified_by = actor
    document.due_at = at + timedelta(days=document.review_every_days)
    document.save(force_insert=True)
    _record(document, "created", actor=actor, at=at)
    if content is not None and not content.is_empty:
        _append(document, content, number=1, actor=actor, at=at)
    return document


@transaction.atomic
def update_document(
    *,
    document: Document,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Document:
    """Change its line in the register. A changed interval counts from when it was verified last."""
    document = _locked(document)
    check(document, expected_version)
    changed = change(document, changes)
    if changed:
        if "review_every_days" in changed and document.suspect_at is None:
            document.due_at = document.verified_at + timedelta(days=document.review_every_days)
            document.told_at = None
        document.save()
        _record(document, "changed", actor=actor, at=at, changes=changed)
    return document


@transaction.atomic
def add_version(
    *, document: Document, content: Content, read: int | None = None, actor: User | None, at: datetime
) -> DocumentVersion:
    """The next version, which is verified by being written. Stale where `read`, the number of the version one has
    read, is not the newest any more."""
    document = _locked(document)
    newest = document.versions.first()
    number = newest.number if newest is not None else 0
    if read is not None and read != number:
        raise Stale(_("Somebody wrote version %(n)d meanwhile.") % {"n": number})
    if newest is not None and content.text and content.text == newest.text:
        return newest
    version = _append(document, content, number=number + 1, actor=actor, at=at)
    _verify(document, actor=actor, at=at)
    return version


@transaction.atomic
def verify_document(*, document: Document, actor: User | None, at: datetime) -> Document:
    """Somebody who must know has looked: it is still true."""
    document = _locked(document)
    if document.verified_at >= at:
        return document
    _verify(document, actor=actor, at=at)
    _record(document, "verified", actor=actor, at=at)
    return document


@transaction.atomic
def suspect_by_task(task: Task, *, actor: User | None, at: datetime) -> None:
    """What a finished task has touched may have changed: the project's documents of these kinds want a look."""
    if not task.touches:
        return
    kinds = {str(kind).casefold() for kind in task.touches}
    rows = Document.objects.filter(project=task.project_id)
    touched = [document.pk for document in rows if document.kind.casefold() in kinds]
    reason = f"{task.reference} {task.title}"
    _suspect(rows.filter(pk__in=touched), reason=reason, task=task, actor=actor, at=at)


@transaction.atomic
def suspect_by_incident(
    *,
    client: Client,
    project: Project | None,
    names: set[str],
    reason: str,
    actor: User | None,
    at: datetime,
) -> None:
    """An incident was resolved: what describes its service or category may no longer be how it is. Where the incident
    has no project, the documents of the client's projects are meant."""
    named = Q()
    for name in names:
        named |= Q(service__iexact=name)
    if named:
        rows = Document.objects.filter(named, client=client)
        rows = rows.filter(project=project) if project is not None else rows
        _suspect(rows, reason=reason, task=None, actor=actor, at=at)


def tell_owners(at: datetime) -> int:
    """Owners hear of documents that want a look, once for each state; a chore of the alert pass, which asks one query
    where there are none."""
    due = Document.objects.filter(due_at__lte=at, told_at=None, project__phase__in=_LIVING)
    if not due.exists():
        return 0
    with transaction.atomic():
        rows = due.select_related("client", "owner", *_LEADERS).order_by("pk")
        found = list(lock(rows, skip_locked=True)[:MOST_AT_ONCE])
        Document.objects.filter(pk__in=[document.pk for document in found]).update(told_at=at)
        telling.documents_due(found, at=at)
    return len(found)


_LEADERS = tuple(
    f"project__{one}" for one in ("tam", "deputy", "client__tam", "client__deputy", "client__service_manager")
)
_LIVING = (Project.Phase.DESIGN, Project.Phase.IMPLEMENTATION, Project.Phase.OPERATION)


def _locked(document: Document) -> Document:
    return lock(Document.objects.select_related("client", "project__client", "owner")).get(pk=document.pk)


def _append(document: Document, content: Content, *, number: int, actor: User | None, at: datetime) -> DocumentVersion:
    _refuse(content)
    stored = files.store(content.upload, at=at) if content.upload is not None else None
    version = DocumentVersion.objects.create(
        document=document,
        number=number,
        stored=stored,
        text=content.text,
        link=content.link,
        note=content.note,
        created_by=actor,
        created_at=at,
    )
    _record(document, "version written", actor=actor, at=at, text=content.note, changes={"number": [None, number]})
    return version


def _refuse(content: Content) -> None:
    given = [content.upload is not None, bool(content.text.strip()), bool(content.link)]
    if sum(given) != 1:
        raise Invalid(_("A version is one of these: a file, a text or a link."), field="text")
    if len(content.text) > LONGEST_TEXT:
        raise Invalid(_("At most %(n)d characters.") % {"n": LONGEST_TEXT}, field="text")
    if content.link:
        try:
            _is_link(content.link)
        except ValidationError:
            raise Invalid(_("Give an address that begins with https://."), field="link") from None


def _verify(document: Document, *, actor: User | None, at: datetime) -> None:
    document.verified_at, document.verified_by = at, actor
    document.due_at = at + timedelta(days=document.review_every_days)
    document.suspect_at, document.suspect_by_task, document.suspect_reason = None, None, ""
    document.told_at = None
    bump(document)
    document.save()


def _suspect(rows: QuerySet[Document], *, reason: str, task: Task | None, actor: User | None, at: datetime) -> None:
    """Those that were verified before. What made it suspect first stays until somebody has looked."""
    touched = rows.filter(suspect_at=None, verified_at__lt=at).select_related("client", "project").order_by("pk")
    for document in lock(touched):
        document.suspect_at, document.suspect_by_task, document.suspect_reason = at, task, reason[:300]
        document.due_at, document.told_at = min(document.due_at, at), None
        bump(document)
        document.save()
        _record(document, "suspect", actor=actor, at=at, text=reason)


def _record(document: Document, verb: str, *, actor: User | None, at: datetime, **more: Any) -> None:
    """History and the fact for feeds."""
    line = history.record(
        document, verb, actor=actor, at=at, tenant_id=document.client_id, place=document.project, **more
    )
    outbox.put(
        f"document.{verb.replace(' ', '_')}",
        key=f"document:{document.pk}:{line.pk}",
        payload={"id": document.pk, "project": document.project_id},
        at=at,
        tenant_id=document.client_id,
    )

"""Writes of files beside requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from kernel import files
from kernel.errors import Conflict
from projects.models import Attachment, ChangeRequest, Project
from projects.operations.moving import locked, record
from projects.operations.requests import record_request

MOST_FILES = 50


@transaction.atomic
def record_request_with_files(
    *, project: Project, uploads: Sequence[File], visibility: str, actor: User | None, at: datetime, **asked: Any
) -> ChangeRequest:
    """A request together with what came along with it: where one file is refused, nothing is recorded."""
    request = record_request(project=project, actor=actor, at=at, **asked)
    for upload in uploads:
        attach(request=request, upload=upload, visibility=visibility, actor=actor, at=at)
    return request


@transaction.atomic
def attach(*, request: ChangeRequest, upload: File, visibility: str, actor: User | None, at: datetime) -> Attachment:
    """Keep a file beside a request, after a look at what it is."""
    request = locked(request)
    if request.attachments.count() >= MOST_FILES:
        raise Conflict(_("A request has at most %(n)d files.") % {"n": MOST_FILES}, field="file")
    stored = files.store(upload, at=at)
    attachment = Attachment.objects.create(
        request=request, stored=stored, visibility=visibility, uploaded_by=actor, at=at
    )
    record(request, "file attached", actor=actor, at=at, text=stored.name)
    return attachment


@transaction.atomic
def remove_attachment(*, attachment: Attachment, actor: User | None, at: datetime) -> None:
    """The file is gone for good; the history keeps its name."""
    request = locked(attachment.request)
    attachment.delete()
    files.forget(attachment.stored)
    record(request, "file removed", actor=actor, at=at, text=attachment.stored.name)

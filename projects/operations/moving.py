"""The one way in which a request changes its status."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from kernel import history, outbox
from kernel.errors import Conflict
from kernel.locking import lock
from kernel.versions import bump
from projects.lifecycle import REQUEST_TRANSITIONS, RequestStatus
from projects.models import ChangeRequest


def locked(request: ChangeRequest) -> ChangeRequest:
    """The row as it is now, ours until the end of the transaction."""
    rows = ChangeRequest.objects.select_related("client", "project__client", "requested_by", "recorded_by")
    return lock(rows).get(pk=request.pk)


def enter(
    request: ChangeRequest, status: RequestStatus, verb: str, *, actor: User | None, at: datetime, text: str = ""
) -> None:
    """Store a status with its history; the request is locked. Conflict for what the table does not allow."""
    refuse(request, status)
    before = request.status
    request.status, request.status_since = status, at
    bump(request)
    request.save()
    record(request, verb, actor=actor, at=at, text=text, changes={"status": [before, str(status)]})


def refuse(request: ChangeRequest, status: RequestStatus) -> None:
    if status in REQUEST_TRANSITIONS[request.status]:
        return
    raise Conflict(
        _("%(request)s is %(status)s; it cannot become %(target)s.")
        % {
            "request": request.reference,
            "status": request.get_status_display().lower(),
            "target": str(status.label).lower(),
        },
        code="transition",
        extra={"current": request.status},
    )


def record(request: ChangeRequest, verb: str, *, actor: User | None, at: datetime, **more: Any) -> None:
    """History and the fact for feeds."""
    line = history.record(request, verb, actor=actor, at=at, tenant_id=request.client_id, place=request.project, **more)
    outbox.put(
        f"change_request.{verb.replace(' ', '_')}",
        key=f"change_request:{request.pk}:{line.pk}",
        payload={"id": request.pk, "status": request.status},
        at=at,
        tenant_id=request.client_id,
    )

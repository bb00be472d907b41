"""Files beside requests: the download, and taking one away. Adding is an act of the request's page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kernel import files
from projects import operations
from projects.models import Attachment
from projects.permissions import attachments_visible_to, may_remove_attachment


@login_required
@require_safe
def attachment(request: HttpRequest, pk: int, attachment: int) -> FileResponse:
    return files.serve(_visible(request, pk, attachment).stored)


@login_required
@require_POST
def remove_attachment(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
    found = _visible(request, pk, attachment)
    if not may_remove_attachment(request.user, found):
        raise PermissionDenied
    operations.remove_attachment(attachment=found, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("%(name)s removed") % {"name": found.stored.name})
    return redirect("request", pk)


def _visible(request: HttpRequest, pk: int, attachment: int) -> Attachment:
    rows = attachments_visible_to(request.user).select_related("stored", "request__project")
    return get_object_or_404(rows, pk=attachment, request=pk)

"""The editor in which a request is cut into tasks. What is typed is kept as a draft; sent is all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import User
from kernel.errors import DomainError, Stale
from kernel.forms import within_known_years
from kernel.fragments import leave_for, wants_fragment
from projects import operations
from projects.chaincheck import findings_of, flow_of
from projects.drafting import Words, decomposition, is_blank, read
from projects.earlier import lines_of, together
from projects.lifecycle import BEFORE_AGREEMENT
from projects.models import Blueprint, ChangeRequest, Dependency, Draft, Task
from projects.outlook import outlook_of
from projects.permissions import blueprints_visible_to, may_lead_request, requests_visible_to
from projects.queries.blueprint_list import offered_blueprints
from projects.queries.placed import placed
from projects.queries.ready import definitions_of
from projects.views.sheet import (
    Rows,
    Suggestions,
    filled,
    number_of,
    opened,
    padded,
    pieces_of,
    rows_of,
    shown_rows,
    stored_rows,
    totals,
    trimmed,
    words_now,
)
from sla.forms.fields import INPUT_MOMENT

SEND, CHECK, FILL, OPEN, KEEP = "send", "check", "fill", "out", "keep"
LONGEST_DATE = 40


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        required=False,
        label=label,
        input_formats=[INPUT_MOMENT],
        widget=forms.DateTimeInput({"type": "datetime-local", "class": "input--s"}, format=INPUT_MOMENT),
        validators=[within_known_years],
    )


class DatesForm(forms.Form):
    """What stands below the table. With a start each task gets its earliest day, with a finish its deadline."""

    promised_at = _moment(gettext_lazy("Promise the client"))
    start_at = _moment(gettext_lazy("Begin on"))
    finish_by = _moment(gettext_lazy("Finish by"))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("start_at") and found.get("finish_by"):
            self.add_error("finish_by", _("Give the start or the finish, not both."))
        return found

    def known(self, name: str) -> datetime | None:
        """What can be read of it, whatever is wrong with the others."""
        found: datetime | None = self.initial.get(name)
        if self.is_bound:
            self.is_valid()
            found = self.cleaned_data.get(name)
        return found


@dataclass
class Sheet:
    """One answer of the editor. `version` is that of the draft on the page; `clash` the draft of somebody else that
    came in between; `refused` what the operation said of nothing in particular."""

    request: ChangeRequest
    earlier: Sequence[Task]
    edges: Sequence[Dependency]
    words: Words
    suggestions: Suggestions
    now: datetime
    rows: Rows
    form: DatesForm
    version: int
    says_missing: bool = False
    clash: Draft | None = None
    refused: str = ""
    status: int = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decompose(request: HttpRequest, pk: int) -> HttpResponse:
    """POST keeps the draft; `do` says what else: check, send, fill in a blueprint, take a number out, keep mine."""
    found = get_object_or_404(
        requests_visible_to(request.user).select_related("project__client", "requested_by", "client"), pk=pk
    )
    if not may_lead_request(request.user, found):
        raise PermissionDenied
    if found.status not in BEFORE_AGREEMENT:
        return _is_over(request, found)
    sheet = _sheet(request, found)
    if request.method == "POST":
        do, _colon, asked = request.POST.get("do", "").partition(":")
        sent = _act(request, sheet, do, asked)
        if sent is not None:
            return sent
    return _answer(request, sheet)


def _sheet(request: HttpRequest, found: ChangeRequest) -> Sheet:
    now = timezone.now()
    earlier = list(found.tasks.select_related("department__calendar", "assignee").order_by("position", "pk"))
    edges = list(Dependency.objects.filter(successor__in=earlier, predecessor__in=earlier)) if earlier else []
    words, suggestions = words_now(now, [task.pk for task in earlier])
    draft = Draft.objects.filter(request=found).first()
    if request.method == "POST":
        return Sheet(
            request=found,
            earlier=earlier,
            edges=edges,
            words=words,
            suggestions=suggestions,
            now=now,
            rows=rows_of(request.POST),
            form=DatesForm(request.POST),
            version=number_of(request.POST, "version"),
        )
    return Sheet(
        request=found,
        earlier=earlier,
        edges=edges,
        words=words,
        suggestions=suggestions,
        now=now,
        rows=stored_rows(draft.rows) if draft else [],
        form=DatesForm(draft.dates) if draft and draft.dates else DatesForm(initial={"promised_at": found.promised_at}),
        version=draft.version if draft else 0,
    )


def _act(request: HttpRequest, sheet: Sheet, do: str, asked: str) -> HttpResponse | None:
    """Do what was asked; an answer only where the editor is left. Whatever goes wrong, the rows stay."""
    sheet.says_missing = do in {CHECK, SEND}
    user = cast(User, request.user)
    try:
        if do == FILL:
            sheet.rows = filled(sheet.rows, _blueprint(request), sheet.suggestions.departments)
        elif do == OPEN:
            sheet.rows = opened(sheet.rows, asked)
        if _is_kept(request, sheet, user, over=do == KEEP) and do == SEND:
            return _send(request, sheet, user)
    except DomainError as error:
        sheet.status = 409 if isinstance(error, Stale) and not wants_fragment(request) else 422
        if error.field in sheet.form.fields and sheet.form.is_valid():
            sheet.form.add_error(error.field, error.message)
        else:
            sheet.refused = error.message
    return None


def _is_kept(request: HttpRequest, sheet: Sheet, user: User, *, over: bool) -> bool:
    """Store the rows. `over`: also over what somebody else has saved, who was read meanwhile."""
    rows, dates = trimmed(sheet.rows), _dates(request)
    if not rows and not dates and not sheet.version:
        return True
    try:
        draft = operations.save_draft(
            request=sheet.request,
            rows=rows,
            dates=dates,
            actor=user,
            at=sheet.now,
            expected_version=None if over else sheet.version,
        )
    except Stale:
        sheet.clash = Draft.objects.select_related("saved_by").filter(request=sheet.request).first()
        sheet.status = 422 if wants_fragment(request) else 409
        return False
    sheet.version = draft.version
    return True


def _dates(request: HttpRequest) -> dict[str, str]:
    """As they were typed."""
    typed = {name: request.POST.get(name, "").strip()[:LONGEST_DATE] for name in DatesForm.base_fields}
    return {name: text for name, text in typed.items() if text}


def _send(request: HttpRequest, sheet: Sheet, user: User) -> HttpResponse | None:
    reading = read(sheet.rows, sheet.words)
    if not reading.is_whole or not sheet.form.is_valid():
        sheet.status = 422
        if not reading.lines:
            sheet.refused = _("Write at least one task.")
        return None
    pieces, blueprint = pieces_of(sheet.rows)
    tasks, dependencies = decomposition(reading, pieces, [task.key for task in sheet.earlier if task.key])
    dates = sheet.form.cleaned_data
    tasks = placed(tasks, dependencies, start_at=dates["start_at"], finish_by=dates["finish_by"], now=sheet.now)
    made = operations.send_to_departments(
        request=sheet.request,
        tasks=tasks,
        dependencies=dependencies,
        blueprint=blueprint,
        promised_at=dates["promised_at"],
        tasks_before=number_of(request.POST, "tasks"),
        actor=user,
        at=sheet.now,
    )
    n = len({task.department_id for task in made})
    sent = ngettext("%(n)d task sent", "%(n)d tasks sent", len(made)) % {"n": len(made)}
    departments = ngettext("to %(n)d department", "to %(n)d departments", n) % {"n": n}
    messages.success(request, f"{sent} {departments}")
    return _leave(request, sheet.request)


def _blueprint(request: HttpRequest) -> Blueprint:
    rows = blueprints_visible_to(request.user).filter(archived_at=None, current__isnull=False)
    return get_object_or_404(rows.select_related("current"), slug=request.POST.get("blueprint", ""))


def _answer(request: HttpRequest, sheet: Sheet) -> HttpResponse:
    rows = padded(sheet.rows)
    reading = read(rows, sheet.words)
    sent = [task for task in sheet.earlier if task.is_open]
    earlier = lines_of(sent, sheet.edges)
    whole = together(reading, earlier)
    start_at = sheet.form.known("start_at")
    begins_at = max(start_at, sheet.now) if start_at else sheet.now
    pieces, version = pieces_of(rows)
    findings = findings_of(reading)
    context: dict[str, Any] = {
        "rail": True,
        "change_request": sheet.request,
        "rows": shown_rows(rows, reading, says_missing=sheet.says_missing),
        "sent": list(zip(sent, earlier, strict=True)),
        "totals": totals(whole),
        "suggestions": sheet.suggestions,
        "blueprints": offered_blueprints(request.user),
        "chosen_blueprint": request.POST.get("blueprint") or (version.blueprint.slug if version else ""),
        "form": sheet.form,
        "version": sheet.version,
        "saved_at": sheet.now if request.method == "POST" and sheet.version and not sheet.clash else None,
        "clash": sheet.clash,
        "clash_rows": [row for row in stored_rows(sheet.clash.rows) if not is_blank(row)] if sheet.clash else [],
        "refused": sheet.refused,
        "findings": findings,
        "to_fix": sum(not finding.is_fine for finding in findings),
        "circles": reading.circles,
        "flow": flow_of(whole, now=sheet.now) if whole.lines else None,
        "start_at": begins_at if start_at else None,
        "outlook": outlook_of(
            whole,
            promised_at=sheet.form.known("promised_at"),
            finish_by=sheet.form.known("finish_by"),
            now=begins_at,
        ),
        "definitions": definitions_of(reading.lines, pieces),
        "earlier": sheet.earlier,
        "may_send": not reading.is_wrong,
    }
    template = "projects/_decompose_changed.html" if wants_fragment(request) else "projects/decompose.html"
    response = render(request, template, context, status=sheet.status)
    response["Sheet-Version"] = str(sheet.version)
    return response


def _is_over(request: HttpRequest, found: ChangeRequest) -> HttpResponse:
    messages.error(
        request,
        _("%(request)s is %(status)s: it is decomposed until it is agreed.")
        % {"request": found.reference, "status": found.get_status_display().lower()},
    )
    return _leave(request, found)


def _leave(request: HttpRequest, found: ChangeRequest) -> HttpResponse:
    return leave_for(request, "request", found.pk)

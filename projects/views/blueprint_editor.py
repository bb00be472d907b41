"""The editor of blueprints: the same table as that of a request. Nothing is stored until it is published."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from kernel.errors import DomainError, Stale
from kernel.fragments import wants_fragment
from projects import operations
from projects.blueprints import Content
from projects.chaincheck import findings_of, flow_of
from projects.drafting import Words, content_of, read, rows_from
from projects.models import Blueprint
from projects.outlook import outlook_of
from projects.permissions import may_change_blueprint, may_keep_blueprints
from projects.views.blueprints import content_in, found_blueprint
from projects.views.sheet import (
    Rows,
    Suggestions,
    number_of,
    opened,
    padded,
    pieces_of,
    rows_of,
    shown_rows,
    totals,
    words_now,
)

PUBLISH, CHECK, OPEN = "publish", "check", "out"
LONGEST_QUESTION = 500


class BlueprintForm(forms.Form):
    """The words of a blueprint, beside its tasks."""

    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    purpose = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("What it is for"),
        widget=forms.Textarea({"rows": 2}),
    )
    when_to_use = forms.CharField(
        required=False, max_length=2000, label=gettext_lazy("When to use it"), widget=forms.Textarea({"rows": 2})
    )
    questions = forms.CharField(
        required=False,
        max_length=20_000,
        label=gettext_lazy("What to ask the client first"),
        help_text=gettext_lazy("One question a line."),
        widget=forms.Textarea({"rows": 5}),
    )
    risks = forms.CharField(
        required=False,
        max_length=20_000,
        label=gettext_lazy("What may go wrong"),
        help_text=gettext_lazy(
            "What may go wrong on a line, below it what is done about it; an empty line between two."
        ),
        widget=forms.Textarea({"rows": 6}),
    )
    note = forms.CharField(required=False, max_length=200, label=gettext_lazy("What is new in this version"))

    def clean_questions(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self.cleaned_data["questions"].splitlines())
        return tuple(line[:LONGEST_QUESTION] for line in lines if line)

    def clean_risks(self) -> tuple[tuple[str, str], ...]:
        blocks = re.split(r"\n\s*\n", self.cleaned_data["risks"].replace("\r\n", "\n").strip())
        heads = ([line.strip() for line in block.splitlines()] for block in blocks if block)
        return tuple((risk[:LONGEST_QUESTION], " ".join(answer)[:LONGEST_QUESTION]) for risk, *answer in heads)


@dataclass
class Editor:
    """One answer of the editor; `blueprint` is None for a new one. `version` is that of the blueprint on the page."""

    blueprint: Blueprint | None
    before: Content | None
    words: Words
    suggestions: Suggestions
    now: datetime
    form: BlueprintForm
    rows: Rows
    version: int = 0
    says_missing: bool = False
    refused: str = ""
    status: int = 200


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_blueprint(request: HttpRequest) -> HttpResponse:
    if not may_keep_blueprints(request.user):
        raise PermissionDenied
    return _edit(request, None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_blueprint(request: HttpRequest, slug: str) -> HttpResponse:
    found = found_blueprint(request, slug)
    if not may_change_blueprint(request.user, found):
        raise PermissionDenied
    return _edit(request, found)


def _edit(request: HttpRequest, found: Blueprint | None) -> HttpResponse:
    """POST works out what follows; `do` says whether it publishes, too."""
    editor = _editor(request, found)
    if request.method == "POST":
        do, _colon, asked = request.POST.get("do", "").partition(":")
        editor.says_missing = do in {CHECK, PUBLISH}
        if do == OPEN:
            editor.rows = opened(editor.rows, asked)
        if do == PUBLISH:
            published = _publish(request, editor)
            if published is not None:
                address = redirect("blueprint", published.slug)
                return HttpResponse(headers={"HX-Redirect": address.url}) if wants_fragment(request) else address
    return _answer(request, editor)


def _editor(request: HttpRequest, found: Blueprint | None) -> Editor:
    now = timezone.now()
    words, suggestions = words_now(now)
    before = content_in(found) if found else None
    if request.method == "POST":
        form, rows = BlueprintForm(request.POST), rows_of(request.POST)
        return Editor(found, before, words, suggestions, now, form, rows, number_of(request.POST, "version"))
    if found is None or before is None or found.current is None:
        return Editor(found, before, words, suggestions, now, BlueprintForm(), [])
    fields = ("name", "purpose", "when_to_use")
    initial = {field: getattr(found, field) for field in fields} | {
        "questions": "\n".join(before.questions),
        "risks": "\n\n".join(f"{risk}\n{answer}".strip() for risk, answer in before.risks),
    }
    names = {one.slug: one.short for one in suggestions.departments}
    rows = rows_from(before, version=found.current.pk, names=names)
    return Editor(found, before, words, suggestions, now, BlueprintForm(initial=initial), rows, found.version)


def _publish(request: HttpRequest, editor: Editor) -> Blueprint | None:
    """The next version; None where something is to be mended first. What is typed stays."""
    reading = read(editor.rows, editor.words)
    if not editor.form.is_valid() or not reading.is_whole:
        editor.status = 422
        editor.refused = "" if reading.lines else _("Write at least one task.")
        return None
    pieces, _version = pieces_of(editor.rows)
    data = editor.form.cleaned_data
    content = replace(content_of(reading, pieces, editor.before), questions=data["questions"], risks=data["risks"])
    words = {name: data[name] for name in ("name", "purpose", "when_to_use")}
    user = cast(User, request.user)
    try:
        if editor.blueprint is None:
            done = operations.create_blueprint(
                slug=free_slug(data["name"]), content=content.as_json(), actor=user, at=editor.now, **words
            )
        else:
            done = operations.update_blueprint(
                blueprint=editor.blueprint,
                changes=words,
                content=content.as_json(),
                note=data["note"],
                actor=user,
                at=editor.now,
                expected_version=editor.version,
            )
    except Stale:
        editor.refused = _(
            "Somebody published another version while you were typing. What you typed stands here: publish again to "
            "let yours follow."
        )
        editor.status = 422 if wants_fragment(request) else 409
        editor.version = _newest(editor)
        return None
    except DomainError as error:
        editor.refused, editor.status = error.message, 422
        return None
    assert done.current is not None
    messages.success(
        request, _("Version %(number)d of %(name)s published") % {"number": done.current.number, "name": done.name}
    )
    return done


def _newest(editor: Editor) -> int:
    assert editor.blueprint is not None
    return Blueprint.objects.values_list("version", flat=True).get(pk=editor.blueprint.pk)


def free_slug(name: str) -> str:
    """From the name, with a number where there is one of it already."""
    wanted = slugify(name)[:70] or "blueprint"
    taken = set(Blueprint.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, n = wanted, 1
    while slug in taken:
        n += 1
        slug = f"{wanted}-{n}"
    return slug


def _answer(request: HttpRequest, editor: Editor) -> HttpResponse:
    rows = padded(editor.rows)
    reading = read(rows, editor.words)
    findings = findings_of(reading, has_owners=False)
    current = editor.blueprint.current if editor.blueprint else None
    context: dict[str, Any] = {
        "rail": True,
        "blueprint": editor.blueprint,
        "next_number": current.number + 1 if current else 1,
        "form": editor.form,
        "version": editor.version,
        "rows": shown_rows(rows, reading, says_missing=editor.says_missing),
        "totals": totals(reading),
        "suggestions": editor.suggestions,
        "people": None,
        "refused": editor.refused,
        "findings": findings,
        "to_fix": sum(not finding.is_fine for finding in findings),
        "circles": reading.circles,
        "flow": flow_of(reading, now=editor.now) if reading.lines else None,
        "outlook": outlook_of(reading, promised_at=None, now=editor.now),
        "may_send": not reading.is_wrong,
    }
    template = (
        "projects/blueprints/_editor_changed.html" if wants_fragment(request) else "projects/blueprints/edit.html"
    )
    response = render(request, template, context, status=editor.status)
    response["Sheet-Version"] = str(editor.version)
    return response

"""What a task of a blueprint says besides its row in the table: what to do, what is ready and done, what it touches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from kernel.errors import DomainError, Stale
from projects import operations
from projects.operations.tasks import MOST_CHECKS
from projects.permissions import may_change_blueprint
from projects.views.blueprints import content_in, found_blueprint
from projects.views.sheet import number_of

LONGEST_LINE = 200
ONE_A_LINE = gettext_lazy("One a line.")


class LinesField(forms.CharField):
    """Lines of text, without the empty ones."""

    widget = forms.Textarea

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: object) -> tuple[str, ...]:
        lines = tuple(line.strip() for line in super().clean(value).splitlines() if line.strip())
        if any(len(line) > LONGEST_LINE for line in lines):
            raise forms.ValidationError(_("A line has at most %(n)d letters.") % {"n": LONGEST_LINE})
        return lines


def _lines(label: Any, rows: int) -> LinesField:
    return LinesField(
        required=False, max_length=6000, label=label, help_text=ONE_A_LINE, widget=forms.Textarea({"rows": rows})
    )


class PieceForm(forms.Form):
    """Named as the fields of a `Piece`."""

    what = forms.CharField(
        required=False,
        max_length=4000,
        label=gettext_lazy("What to do"),
        widget=forms.Textarea({"rows": 4, "autofocus": True}),
    )
    ready = _lines(gettext_lazy("Before the start"), 4)
    done = _lines(gettext_lazy("Before the end"), 4)
    documents = _lines(gettext_lazy("Touches"), 2)
    note = forms.CharField(required=False, max_length=200, label=gettext_lazy("What is new in this version"))

    def clean(self) -> dict[str, object]:
        found = super().clean() or {}
        if len(found.get("ready", ())) + len(found.get("done", ())) > MOST_CHECKS:
            self.add_error("done", _("At most %(n)d lines of ready and done.") % {"n": MOST_CHECKS})
        return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_piece(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Saved it is the next version, like every other change of a blueprint. Tasks are numbered as in the table."""
    found = found_blueprint(request, slug)
    if not may_change_blueprint(request.user, found):
        raise PermissionDenied
    content = content_in(found)
    if not 1 <= number <= len(content.tasks):
        raise Http404
    piece = content.tasks[number - 1]
    form = PieceForm(
        request.POST or None, initial={name: getattr(piece, name) for name in PieceForm.base_fields if name != "note"}
    )
    version, status = found.version, 422 if form.is_bound else 200
    if form.is_valid():
        words = dict(form.cleaned_data)
        note = words.pop("note")
        tasks = list(content.tasks)
        tasks[number - 1] = replace(piece, **words)
        try:
            done = operations.update_blueprint(
                blueprint=found,
                changes={},
                content=replace(content, tasks=tuple(tasks)).as_json(),
                note=note,
                actor=cast(User, request.user),
                at=timezone.now(),
                expected_version=number_of(request.POST, "version"),
            )
        except Stale:
            form.add_error(None, _("Somebody published another version meanwhile. What you typed stands here."))
            status = 409
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            assert done.current is not None
            messages.success(
                request,
                _("Version %(number)d of %(name)s published") % {"number": done.current.number, "name": done.name},
            )
            return redirect("blueprint", slug)
    context = {"blueprint": found, "piece": piece, "number": number, "form": form, "version": version}
    return render(request, "projects/blueprints/piece.html", context, status=status)

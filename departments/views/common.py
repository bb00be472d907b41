"""What the pages of duty share: who may come here, and how an operation's refusal is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from departments.permissions import may_read_roster
from kernel.errors import DomainError

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


@dataclass(frozen=True)
class Tab:
    name: str
    label: str | Promise
    is_current: bool = False


def tabs(current: str) -> list[Tab]:
    named = [("duty", _("Roster")), ("absences", _("Absences")), ("duty-feeds", _("Calendar feeds"))]
    return [Tab(name, label, name == current) for name, label in named]


def staff_only(view: View[P]) -> View[P]:
    """For clients' people the roster does not exist."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not may_read_roster(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return cast("View[P]", guarded)


def refuse(form: forms.Form, error: DomainError, **names: str) -> None:
    """Put the refusal to the field it is about; `names` maps the operation's word to the form's."""
    field = names.get(error.field or "", error.field)
    form.add_error(field if field in form.fields else None, error.message)

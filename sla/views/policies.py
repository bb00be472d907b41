"""Pages of policies: the list and the editor. Nothing is stored until somebody publishes."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import is_staff_member, runs_service
from kernel.errors import DomainError, Stale
from sla import operations
from sla.forms.policies import (
    PolicyForm,
    field_of,
)
from sla.models import SlaPolicy
from sla.permissions import may_read_policies, policies_visible_to, sees_policy_inside
from sla.queries import policy_list
from sla.views.editing import LATER, NOW, Clash, clash_with, place_error
from sla.views.policy_page import Draft, context_of, draft_of
from sla.words import day


@login_required
@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    _refuse_strangers(request)
    lines = policy_list(request.user, now=timezone.now())
    scopes = dict(SlaPolicy.Scope.choices)
    context = {
        "groups": [(scopes[scope], list(rows)) for scope, rows in groupby(lines, lambda line: line.policy.scope)],
        "may_edit": runs_service(request.user),
        "sees_inside": sees_policy_inside(request.user),
    }
    return render(request, "sla/policies.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """The editor. POST publishes, or only works the example out where `do` says so."""
    _refuse_strangers(request)
    found = get_object_or_404(policies_visible_to(request.user), slug=slug)
    draft = draft_of(request, found)
    if request.method != "POST" or request.POST.get("do") not in {NOW, LATER}:
        return _page(request, draft)
    if not runs_service(request.user):
        raise PermissionDenied
    later = request.POST["do"] == LATER
    if draft.is_valid() and _has_day(draft.form, later=later):
        try:
            return _publish(request, found, draft, later=later)
        except Stale:
            return _page(request, draft_of(request, found, newest=True), clash=clash_with(found), status=409)
        except DomainError as error:
            _place(draft, error)
    return _page(request, draft, status=422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_policy(request: HttpRequest) -> HttpResponse:
    if not runs_service(request.user):
        raise PermissionDenied
    draft = draft_of(request, None)
    if request.method != "POST" or request.POST.get("do") != NOW:
        return _page(request, draft)
    if draft.is_valid() and _is_free(draft.form):
        words = {name: draft.form.cleaned_data[name] for name in ("slug", "name", "description", "scope")}
        promised = draft.promised()
        if words["scope"] != SlaPolicy.Scope.CLIENT:
            promised["targets"] = [replace(target, update_s=None) for target in promised["targets"]]
        try:
            made = operations.create_policy(actor=cast(User, request.user), at=timezone.now(), **words, **promised)
        except DomainError as error:
            _place(draft, error)
        else:
            messages.success(request, _("Policy %(name)s published") % {"name": made.name})
            return redirect("policy", made.slug)
    return _page(request, draft, status=422)


@login_required
@require_POST
def policy_example(request: HttpRequest, slug: str = "") -> HttpResponse:
    """What follows from what is typed: the example, and the notes beside the fields. Stores nothing."""
    _refuse_strangers(request)
    found = get_object_or_404(policies_visible_to(request.user), slug=slug) if slug else None
    return render(request, "sla/_policy_changed.html", context_of(request, draft_of(request, found)))


@login_required
@require_POST
def withdraw_policy(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A version that was to come shall not."""
    found = get_object_or_404(policies_visible_to(request.user), slug=slug)
    if not runs_service(request.user):
        raise PermissionDenied
    version = get_object_or_404(found.versions.all(), number=number)
    operations.withdraw_policy_version(version=version, actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("Version %(number)d withdrawn") % {"number": number})
    return redirect("policy", slug)


@login_required
@require_POST
def make_default(request: HttpRequest, slug: str) -> HttpResponse:
    """The policy of clients that name none."""
    found = get_object_or_404(policies_visible_to(request.user), slug=slug)
    if not runs_service(request.user):
        raise PermissionDenied
    operations.set_default_policy(policy=found, actor=cast(User, request.user), at=timezone.now())
    messages.success(request, _("%(policy)s is the default now.") % {"policy": found})
    return redirect("policy", slug)


def _publish(request: HttpRequest, found: SlaPolicy, draft: Draft, *, later: bool) -> HttpResponse:
    data = draft.form.cleaned_data
    valid_from = data["valid_from"] if later else None
    operations.update_policy(
        policy=found,
        changes={**draft.promised(), "name": data["name"], "description": data["description"]},
        actor=cast(User, request.user),
        at=timezone.now(),
        valid_from=valid_from,
        expected_version=data["version"],
    )
    if valid_from is not None:
        messages.success(request, _("Published from %(day)s") % {"day": day(valid_from)})
    else:
        messages.success(request, _("Published; clocks that run keep their version"))
    return redirect("policy", found.slug)


def _page(request: HttpRequest, draft: Draft, *, clash: Clash | None = None, status: int = 200) -> HttpResponse:
    return render(request, "sla/policy.html", {**context_of(request, draft), "clash": clash}, status=status)


def _place(draft: Draft, error: DomainError) -> None:
    """What the operation objects to, beside the field it is about; a step of the ladder beside the ladder."""
    place = error.field or ""
    parts = place.split(".")
    if parts[0] == "ladder" and len(parts) == 3:
        told = [form for form in draft.steps if (step := form.step()) is not None and step.to]
        told.sort(key=lambda form: form.cleaned_data["level"])
        told[int(parts[1])].add_error(parts[2] if parts[2] in told[0].fields else None, error.message)
        return
    place_error(draft.form, error, {place: field_of(place, draft.form.targets())})


def _has_day(form: PolicyForm, *, later: bool) -> bool:
    if later and form.cleaned_data["valid_from"] is None:
        form.add_error("valid_from", _("Choose the day from which it counts."))
        return False
    return True


def _is_free(form: PolicyForm) -> bool:
    if SlaPolicy.objects.filter(slug=form.cleaned_data["slug"]).exists():
        form.add_error("slug", _("There is one of this name already."))
        return False
    return True


def _refuse_strangers(request: HttpRequest) -> None:
    """The client's people read their promise in their contract; engineers are told by clocks what is due."""
    if not (is_staff_member(request.user) and may_read_policies(request.user)):
        raise Http404

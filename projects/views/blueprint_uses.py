"""What a request gives to blueprints and takes from them besides its tasks: saved as one, asked by its questions."""

from __future__ import annotations

from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from accounts.models import Contact, User
from accounts.permissions import contacts_visible_to
from kernel.errors import DomainError
from projects import operations
from projects.models import ChangeRequest
from projects.permissions import may_keep_blueprints, may_lead_request, requests_visible_to
from projects.queries.blueprint_list import offered_blueprints
from projects.views.blueprint_editor import free_slug
from projects.views.blueprints import content_in


class SaveForm(forms.Form):
    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    purpose = forms.CharField(
        required=False, max_length=2000, label=gettext_lazy("What it is for"), widget=forms.Textarea({"rows": 3})
    )
    when_to_use = forms.CharField(
        required=False, max_length=2000, label=gettext_lazy("When to use it"), widget=forms.Textarea({"rows": 3})
    )


class AskForm(forms.Form):
    """Which questions of the blueprint go to whom."""

    questions = forms.MultipleChoiceField(
        label=gettext_lazy("Questions"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one question.")},
    )
    contact = forms.ModelChoiceField(queryset=Contact.objects.none(), label=gettext_lazy("Ask"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def save_as_blueprint(request: HttpRequest, pk: int) -> HttpResponse:
    """The tasks of a request that is done, to be used again."""
    found = _found(request, pk)
    if not may_keep_blueprints(request.user):
        raise PermissionDenied
    form = SaveForm(request.POST or None, initial={"name": found.title})
    if form.is_valid():
        try:
            made = operations.save_as_blueprint(
                request=found,
                slug=free_slug(form.cleaned_data["name"]),
                actor=cast(User, request.user),
                at=timezone.now(),
                **form.cleaned_data,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Saved as blueprint %(name)s") % {"name": made.name})
            return redirect("blueprint", made.slug)
    context = {"found": found, "form": form}
    return render(request, "projects/blueprints/save.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def blueprint_questions(request: HttpRequest, pk: int) -> HttpResponse:
    """What a blueprint asks first: ticked, the questions become clarifications. `?blueprint=` chooses another one."""
    found = _found(request, pk)
    if not may_lead_request(request.user, found):
        raise PermissionDenied
    offered = [one for one in offered_blueprints(request.user) if content_in(one).questions]
    chosen = next((one for one in offered if one.slug == request.GET.get("blueprint")), offered[0] if offered else None)
    asked = set(found.clarifications.filter(withdrawn_at=None).values_list("text", flat=True))
    left = [text for text in content_in(chosen).questions if text not in asked] if chosen else []
    form = AskForm(request.POST or None, initial={"contact": found.requested_by_id})
    cast(forms.MultipleChoiceField, form.fields["questions"]).choices = [(text, text) for text in left]
    contacts = contacts_visible_to(request.user).filter(client=found.client)
    cast("forms.ModelChoiceField[Contact]", form.fields["contact"]).queryset = contacts
    if form.is_valid() and _is_asked(request, found, form):
        return redirect("request", pk)
    context = {"found": found, "form": form, "offered": offered, "chosen": chosen, "left": left}
    return render(request, "projects/blueprints/questions.html", context, status=422 if form.is_bound else 200)


def _is_asked(request: HttpRequest, found: ChangeRequest, form: AskForm) -> bool:
    texts = form.cleaned_data["questions"]
    contact = form.cleaned_data["contact"]
    try:
        operations.ask_all(
            request=found, texts=texts, contact=contact, actor=cast(User, request.user), at=timezone.now()
        )
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    words = ngettext("%(n)d question asked", "%(n)d questions asked", len(texts))
    messages.success(request, words % {"n": len(texts)})
    return True


def _found(request: HttpRequest, pk: int) -> ChangeRequest:
    rows = requests_visible_to(request.user).select_related("client", "project__client", "requested_by")
    return get_object_or_404(rows, pk=pk)

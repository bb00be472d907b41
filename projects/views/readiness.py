"""A department's definition of ready, as its head writes it."""

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
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from departments.permissions import departments_to_choose
from kernel.errors import DomainError
from projects import operations
from projects.permissions import may_define_ready
from projects.views.sheet import number_of


class ReadyForm(forms.Form):
    texts = forms.CharField(
        required=False,
        max_length=4000,
        label=gettext_lazy("Before the start"),
        help_text=gettext_lazy("One line each. Every new task of the department begins with them, to be ticked."),
        widget=forms.Textarea({"rows": 8, "autofocus": True}),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def define_ready(request: HttpRequest, slug: str) -> HttpResponse:
    department = get_object_or_404(departments_to_choose(request.user), slug=slug)
    if not may_define_ready(request.user, department):
        raise PermissionDenied
    known = "\n".join(department.ready_items.values_list("text", flat=True))
    form = ReadyForm(request.POST or None, initial={"texts": known})
    if form.is_valid():
        try:
            operations.define_ready(
                department=department,
                texts=form.cleaned_data["texts"].splitlines(),
                actor=cast(User, request.user),
                at=timezone.now(),
                expected_version=number_of(request.POST, "version"),
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Definition of ready of %(department)s saved") % {"department": department})
            return redirect("department", slug)
    context = {"department": department, "form": form, "version": department.version}
    return render(request, "projects/ready.html", context, status=422 if form.is_bound else 200)

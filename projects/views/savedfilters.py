"""Keeping the filters of a list under a name, renaming and forgetting them; all lead back to the list."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from kernel.errors import DomainError
from projects import operations
from projects.savedfilters import PAGES, query_of


@login_required
@require_POST
def keep_filter(request: HttpRequest) -> HttpResponse:
    page = request.POST.get("page", "")
    if page not in PAGES:
        raise Http404
    name, query = request.POST.get("name", ""), query_of(request.POST.get("query", ""))
    try:
        kept = operations.save_filter(user=cast(User, request.user), page=page, name=name, query=query)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Filter “%(name)s” kept") % {"name": kept.name})
    return _back(request)


@login_required
@require_POST
def rename_filter(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        kept = operations.rename_filter(user=cast(User, request.user), filter_id=pk, name=request.POST.get("name", ""))
    except DomainError as error:
        messages.error(request, error.message)
    else:
        if kept is not None:
            messages.success(request, _("The filter is called “%(name)s” now") % {"name": kept.name})
    return _back(request)


@login_required
@require_POST
def forget_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Another person's filter is not there, and stays."""
    operations.forget_filter(user=cast(User, request.user), filter_id=pk)
    messages.success(request, _("Filter forgotten"))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    there = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(there, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(there if safe else "/", status=303)

"""Calendar feeds: the page where addresses are made and revoked, and what answers under them."""

from __future__ import annotations

import hashlib
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from departments import feedtokens, operations
from departments.forms import FeedForm
from departments.ical.writing import Entry, write_calendar
from departments.models import CalendarFeed
from departments.permissions import may_read_roster
from departments.queries.feeds import department_entries, person_entries, provider_entries
from departments.views.common import staff_only, tabs


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: HttpRequest) -> HttpResponse:
    """POST makes an address, or another in its place; it stands on the answer, and never again."""
    user = cast(User, request.user)
    form = FeedForm(request.POST or None, user=user)
    address, opened = "", None
    if form.is_valid():
        opened, token = operations.open_feed(user=user, at=timezone.now(), **form.arguments())
        address = request.build_absolute_uri(reverse("duty-feed", args=[token]))
    context = {
        "tabs": tabs("duty-feeds"),
        "form": form if not address else FeedForm(user=user),
        "feeds": user.calendar_feeds.select_related("department"),
        "address": address,
        "opened": opened,
    }
    status = 422 if form.is_bound and not address else 200
    response = render(request, "departments/feeds.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


@staff_only
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    user = cast(User, request.user)
    operations.revoke_feed(feed=get_object_or_404(user.calendar_feeds, pk=pk), actor=user, at=timezone.now())
    messages.success(request, _("The address no longer works"))
    return redirect("duty-feeds")


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar, for programs that know nothing but its address. Who lost the right to read it gets 404."""
    found = CalendarFeed.objects.filter(digest=feedtokens.digest(token)).select_related("user", "department").first()
    if found is None or not may_read_roster(found.user):
        raise Http404
    with translation.override(found.user.language or settings.LANGUAGE_CODE):
        text = write_calendar(_entries(found), name=_name(found))
    etag = f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="duty.ics"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _entries(found: CalendarFeed) -> list[Entry]:
    now = timezone.now()
    if found.kind == CalendarFeed.Kind.PERSON:
        return person_entries(found.user, now=now)
    if found.department is not None:
        return department_entries(found.department, now=now)
    return provider_entries(now=now)


def _name(found: CalendarFeed) -> str:
    if found.kind == CalendarFeed.Kind.PERSON:
        return _("Duty of %(person)s") % {"person": found.user}
    if found.department is not None:
        return _("Duty of %(department)s") % {"department": found.department}
    return _("Duty roster")

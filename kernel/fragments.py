"""One view serves a page and a part of it: whether the answer is the part alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.middleware import HtmxDetails


def wants_fragment(request: HttpRequest) -> bool:
    """A browser that goes back in its history needs the whole page, even when htmx asks."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # set by the middleware of django-htmx
    return bool(htmx) and not htmx.history_restore_request


def leave_for(request: HttpRequest, to: str, *args: object) -> HttpResponse:
    """Another page, whole, whoever asks: htmx would put it in place of the part."""
    there = redirect(to, *args)
    return HttpResponse(headers={"HX-Redirect": there.url}) if wants_fragment(request) else there

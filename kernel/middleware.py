"""Middleware that knows no domain word."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from kernel import retrying
from kernel.api import problems
from kernel.errors import DomainError, Forbidden

Handler = Callable[[HttpRequest], HttpResponse]
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestIdMiddleware:
    """Names every request; the name stands in the answer, in errors and in each log line."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _USABLE_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class NulMiddleware:
    """No address holds a NUL: PostgreSQL has none in texts, so no view has to think of it. The API says it itself."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") and not request.path.startswith("/api/"):
            raise BadRequest("The address holds a NUL.")
        return self.get_response(request)


class UploadLimitMiddleware:
    """A form with files that is too long is refused before a byte of it is kept; without a length Django reads none.

    The API takes no such forms, but the check of where a session's request comes from would read one first.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # One file of the largest size, and the other fields of its form.
        limit = settings.MAX_UPLOAD_MB * 1024 * 1024 + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if request.content_type != "multipart/form-data" or _length(request) <= limit:
            return self.get_response(request)
        if request.path.startswith("/api/"):
            detail = _("The body is larger than %(limit)d bytes.") % {"limit": limit}
            return problems.problem_response(request, 413, detail=detail, code="too_large")
        return render(request, "413.html", {"limit": settings.MAX_UPLOAD_MB}, status=413)


def _length(request: HttpRequest) -> int:
    """As Django itself reads it."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


class PrivateResponseMiddleware:
    """What people see is theirs: no shared cache may keep it, and a fragment is never served as a page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store" if request.path.startswith("/api/") else "private, no-cache"
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response


class DomainErrorMiddleware:
    """A page whose operation refused: say why, and go back to where the person was. The API has its own handler."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError) or request.path.startswith("/api/"):
            return None
        messages.error(request, exception.message)
        back = request.headers.get("Referer", "")
        safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        target = back if safe else "/"
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=403 if isinstance(exception, Forbidden) else 409)
            response["HX-Redirect"] = target
            return response
        return HttpResponseRedirect(target)


class LostRaceMiddleware:
    """A page whose transaction lost a race for locks is run again (kernel.retrying). The innermost of all; the API has
    its own."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/") or request.content_type == "multipart/form-data":  # a file is read once
            return self.get_response(request)
        return retrying.run(lambda: self._view(request))

    def _view(self, request: HttpRequest) -> HttpResponse:
        request.lost_race = None  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.lost_race is not None:  # type: ignore[attr-defined]
            raise request.lost_race  # type: ignore[attr-defined]
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django would answer with its page of errors; this answer is never sent."""
        if not hasattr(request, "lost_race") or not retrying.is_lost_race(exception):
            return None
        request.lost_race = exception
        return HttpResponse(status=503)

"""Errors as RFC 9457 problem details: one form for everything that goes wrong under /api/, and never a traceback."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core import signals
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.log import log_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import set_rollback

from kernel.api.constraints import violation_of
from kernel.errors import Conflict, DomainError, Forbidden, Invalid, Stale

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 100
_STATUS_OF_DOMAIN_ERROR: Mapping[type[DomainError], int] = {Invalid: 400, Forbidden: 403, Conflict: 409, Stale: 412}


class PreconditionRequired(exceptions.APIException):
    status_code = 428
    default_code = "precondition_required"


class PreconditionFailed(exceptions.APIException):
    status_code = 412
    default_code = "stale"


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"


class LengthRequired(exceptions.APIException):
    status_code = 411
    default_code = "length_required"


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """`field` is a path (`targets.0.response_s`); None where the error is about the request as a whole."""

    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`extra` are members of the body that only this problem has, for example the current state at a conflict."""

    status: int
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def listed(self) -> list[dict[str, str | None]]:
        """The errors as they stand in the body; a bulk call lists those of each item by the same words."""
        return [{"field": error.field, "code": error.code, "message": error.message} for error in self.errors]


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's hook. Unknown exceptions are logged and reported to Django like any other, and answered 500."""
    set_rollback()
    problem = problem_of(exc)
    request: Request | None = context.get("request")
    plain: HttpRequest | None = request._request if request is not None else None
    response = respond(plain, problem)
    if problem.status >= 500:
        path = plain.path if plain else ""
        unexpected = exc if problem.status == 500 else None  # a database that is away is told in one line, not in fifty
        log_response("%s: %s", problem.detail, path, response=response, request=plain, exception=unexpected)
    if problem.status == 500:
        signals.got_request_exception.send(sender=exception_handler, request=plain)
    return response


def problem_response(request: HttpRequest | None, status: int, *, detail: str = "", code: str = "") -> HttpResponse:
    """A problem outside of DRF: error handlers of Django, middleware, plain views."""
    phrase = HTTPStatus(status).phrase
    error = FieldError(code=code or phrase.lower().replace(" ", "_"), message=detail or phrase)
    return respond(request, Problem(status=status, detail=detail or phrase, errors=[error]))


@csrf_exempt
def not_found(request: HttpRequest, *_args: object, **_kwargs: object) -> HttpResponse:
    """For every address under /api/ that belongs to nothing; it also keeps a POST from being redirected to a GET."""
    return problem_response(
        request, 404, detail=_("There is nothing at this address. Addresses end with a slash."), code="not_found"
    )


def respond(request: HttpRequest | None, problem: Problem) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "errors": problem.listed,
        "request_id": getattr(request, "request_id", ""),
        **problem.extra,
    }
    text = json.dumps(body, cls=JSONEncoder, ensure_ascii=False)
    return HttpResponse(text, status=problem.status, content_type=CONTENT_TYPE, headers=dict(problem.headers))


def problem_of(exc: Exception) -> Problem:
    """What the caller may know about an exception. Order matters: Django's classes overlap."""
    match exc:
        case DomainError():
            return _domain_problem(exc)
        case exceptions.ValidationError():
            return _validation_problem(exc.detail)
        case ValidationError():
            return _validation_problem(get_error_detail(exc))
        case exceptions.APIException():
            headers = {}
            if auth_header := getattr(exc, "auth_header", None):
                headers["WWW-Authenticate"] = auth_header
            if wait := getattr(exc, "wait", None):
                headers["Retry-After"] = str(int(wait))
            errors = list(_flatten(exc.detail))
            return Problem(
                status=exc.status_code, detail=errors[0].message if errors else "", errors=errors, headers=headers
            )
        case Http404():
            return problem_of(exceptions.NotFound())
        case PermissionDenied():
            return problem_of(exceptions.PermissionDenied())
        case RequestDataTooBig():
            return _plain(413, "too_large", _("The body is too large."))
        case SuspiciousOperation() | BadRequest() | UnreadablePostError():
            return _plain(400, "bad_request", _("The request could not be read."))
        case IntegrityError():
            violation = violation_of(exc)
            named = [
                FieldError(field=name, code=violation.code, message=violation.message) for name in violation.fields
            ]
            unnamed = [FieldError(code=violation.code, message=violation.message)]
            return Problem(status=409, detail=violation.message, errors=named or unnamed)
        case DataError():
            return _plain(400, "invalid", _("A value cannot be stored."))
        case OperationalError() | InterfaceError():
            busy = _plain(503, "unavailable", _("The database is busy or away. Try again shortly."))
            return Problem(status=503, detail=busy.detail, errors=busy.errors, headers={"Retry-After": "2"})
    return _plain(500, "error", _("Something went wrong on our side. Name the request id when you ask about it."))


def _plain(status: int, code: str, message: str) -> Problem:
    return Problem(status=status, detail=message, errors=[FieldError(code=code, message=message)])


def _domain_problem(exc: DomainError) -> Problem:
    status = next((status for kind, status in _STATUS_OF_DOMAIN_ERROR.items() if isinstance(exc, kind)), 400)
    error = FieldError(field=exc.field, code=exc.code, message=exc.message)
    return Problem(status=status, detail=exc.message, errors=[error], extra=exc.extra)


def _validation_problem(detail: Any) -> Problem:
    errors = list(_flatten(detail))
    count = len(errors)
    said = errors[0].message if count == 1 and errors[0].field is None else ""
    text = ngettext("The request has %(count)d error.", "The request has %(count)d errors.", count) % {"count": count}
    return Problem(status=400, detail=said or text, errors=errors[:MAX_ERRORS])


def _flatten(detail: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """DRF's nested lists and dicts of errors as one flat list."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _flatten(
                inner, path if key in {api_settings.NON_FIELD_ERRORS_KEY, "__all__"} else (*path, str(key))
            )
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            yield from _flatten(inner, (*path, str(index)) if isinstance(inner, Mapping | list | tuple) else path)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield FieldError(field=".".join(path) or None, code=code, message=str(detail))

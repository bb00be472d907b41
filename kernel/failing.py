"""The last answer: for what neither a view nor the API's own handler has caught, for example in a middleware."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from kernel.api import problems


@requires_csrf_token
def server_error(request: HttpRequest, *_args: object) -> HttpResponse:
    """Django's `handler500`, called while the exception is handled. A database that is away is 503: come again."""
    caught = sys.exc_info()[1]
    error = caught if isinstance(caught, Exception) else Exception()
    if request.path.startswith("/api/"):
        return problems.respond(request, problems.problem_of(error))
    if isinstance(error, OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "2"})
    return HttpResponse(render_to_string("500.html"), status=500)

"""Is it alive, is it ready, are alerts watched? For load balancers and monitors: without sign-in or detail."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from accounts.permissions import runs_service
from alerts.audit import overdue_unswept
from alerts.beats import PASS_MUST_END_WITHIN, last_pass
from alerts.health import details
from alerts.metrics import exposition
from kernel.clock import database_now

log = logging.getLogger(__name__)


class NotReady(Exception):
    """The message goes to the log."""


@require_safe
@never_cache
def live(_request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return _answer("")


@require_safe
@never_cache
def ready(_request: HttpRequest) -> HttpResponse:
    """The database answers, and it has the tables of this program."""
    try:
        database_now()
        _refuse_missing_migrations()
    except (Error, NotReady) as error:
        return _answer(f"not ready: {error}")
    return _answer("")


@require_safe
@never_cache
def alerts(request: HttpRequest) -> HttpResponse:
    """A full pass ended within the last minute, and no clock is past its deadline unnoticed for over 30 s.

    Who runs the service and is signed in gets ages and counts with it.
    """
    try:
        now = database_now()
        told = details(now) if runs_service(request.user) else {}
        ended = last_pass()
        if ended is None or now - ended > PASS_MUST_END_WITHIN:
            return _answer(f"no full pass of the alerts since {ended}", told)
        if overdue_unswept(now).exists():
            return _answer("clocks are past their deadline and were not swept", told)
    except Error as error:
        return _answer(f"the database does not answer: {error}")
    return _answer("", told)


@require_safe
@never_cache
def metrics(_request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_ENABLED:
        raise Http404
    return HttpResponse(exposition(database_now()), content_type=CONTENT_TYPE_LATEST)


@lru_cache(maxsize=1)
def _refuse_missing_migrations() -> None:
    """Raises NotReady, which is not remembered; once the tables are there, they stay for the life of this process."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotReady("migrations are missing")


def _answer(trouble: str, told: Mapping[str, Any] = MappingProxyType({})) -> HttpResponse:
    if trouble:
        log.warning("Health: %s", " ".join(trouble.split()))
    body = {"status": "failing" if trouble else "ok", **told}
    return JsonResponse(body, status=503 if trouble else 200)


urlpatterns = [
    path("health/live", live, name="health-live"),
    path("health/ready", ready, name="health-ready"),
    path("health/alerts", alerts, name="health-alerts"),
    path("metrics", metrics, name="metrics"),
]

"""Is it alive, is it ready, are alerts watched? For load balancers and monitors: without sign-in or detail."""

from __future__ import annotations

import logging
from functools import lru_cache

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from alerts.audit import overdue_unswept
from alerts.beats import PASS_MUST_END_WITHIN, last_pass
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
def alerts(_request: HttpRequest) -> HttpResponse:
    """A full pass ended within the last minute, and no clock is past its deadline unnoticed for over 30 s."""
    try:
        now = database_now()
        ended = last_pass()
        if ended is None or now - ended > PASS_MUST_END_WITHIN:
            return _answer(f"no full pass of the alerts since {ended}")
        if overdue_unswept(now).exists():
            return _answer("clocks are past their deadline and were not swept")
    except Error as error:
        return _answer(f"the database does not answer: {error}")
    return _answer("")


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


def _answer(trouble: str) -> HttpResponse:
    if trouble:
        log.warning("Health: %s", " ".join(trouble.split()))
    return JsonResponse({"status": "failing" if trouble else "ok"}, status=503 if trouble else 200)


urlpatterns = [
    path("health/live", live, name="health-live"),
    path("health/ready", ready, name="health-ready"),
    path("health/alerts", alerts, name="health-alerts"),
    path("metrics", metrics, name="metrics"),
]

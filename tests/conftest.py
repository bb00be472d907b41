"""Fixtures that every room's tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone, translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.operations import create_token
from sla import terms
from tests.factories import MONDAY


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that commit must find the catalogue that migrations brought: restore it after each flush.

    What only PostgreSQL can do is not asked of SQLite; `make test` says so, and asks PostgreSQL where there is one.
    """
    if settings.IS_SQLITE:
        elsewhere = [item for item in items if item.get_closest_marker("postgres")]
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in elsewhere]
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            item.add_marker(pytest.mark.django_db(**{**marker.kwargs, "serialized_rollback": True}), append=False)


# How long an example takes says how busy the machine is.
hypothesis_settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """Rolled-back tests reuse ids: what was cached for an id belongs to another test. What a request in process spoke,
    and by which clock, stays with the thread."""
    terms.forget()
    yield
    terms.forget()
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """`api(user)` is a program that calls with this user's token; `api()` a stranger."""

    def client(
        user: User | None = None, *, scope: str = ApiToken.TokenScope.WRITE, clients: tuple[str, ...] = ()
    ) -> APIClient:
        caller = APIClient()
        if user is not None:
            _token, secret = create_token(user=user, name="tests", scope=scope, clients=clients, at=MONDAY, actor=None)
            caller.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return caller

    return client


@pytest.fixture
def browse() -> Callable[[User], Browser]:
    """`browse(user)` is a signed-in person, without a real browser."""

    def client(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return client

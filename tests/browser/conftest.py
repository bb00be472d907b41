"""A real Chromium against the live server. What the page complains about in the console fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

from accounts.models import User
from tests.web.worlds import World

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
SERIALIZED = "_test_serialized_contents"  # where Django keeps what migrations brought
# Playwright runs an event loop in the thread of the test, in which Django would refuse to query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium(django_db_setup: None) -> Iterator[Browser]:
    catalogue = getattr(connection, SERIALIZED)
    with sync_playwright() as playwright:
        # Inside its event loop Django has another connection, which must know, too, what stands in an empty database.
        setattr(connection, SERIALIZED, catalogue)
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


@pytest.fixture
def context(chromium: Browser, live_server) -> Iterator[BrowserContext]:
    context = chromium.new_context(base_url=live_server.url, viewport=DESKTOP, locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; blocked scripts and styles, errors of scripts and failed requests are failures.

    A form with an error is none of these, though Chromium writes its status 422 to the console; nor is a request that
    the browser gives up because the person has gone to another page, which htmx reports as aborted.
    """
    page = context.new_page()
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type != "error" or "status of 422" in message.text:
            return
        if message.text.startswith("htmx:sendAbort"):
            # htmx says the end of every request first, and what became of it second.
            complaints.remove(message.text.replace("htmx:sendAbort", "htmx:afterRequest", 1))
        else:
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture
def sign_in(context: BrowserContext, live_server) -> Callable[[User], None]:
    """`sign_in(user)`: as if the person had signed in before; the form has its own test."""

    def enter(user: User) -> None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    return enter

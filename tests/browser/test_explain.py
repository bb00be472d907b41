"""An explained clock and the incident's page on a phone: nothing is wider than the screen, and axe finds nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from incidents import operations
from tests.browser.conftest import PHONE
from tests.browser.test_shell import RULES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def incident(world):
    incident = world.incident(minutes=300, priority="P1", title="Core switch lost redundancy")
    at = world.now - timedelta(minutes=100)
    operations.hold(incident=incident, reason="client", actor=world.tam, now=world.now, at=at)
    resumed = at + timedelta(minutes=40)
    operations.resume(incident=incident, actor=world.tam, now=world.now, at=resumed)
    operations.assign(incident=incident, assignee=world.engineer, actor=world.tam, now=world.now, at=resumed)
    return incident


def is_too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_from_the_incident_to_the_explained_clock_on_a_phone(world, incident, page, sign_in):
    sign_in(world.tam)
    page.set_viewport_size(PHONE)
    page.goto(f"/incidents/{incident.pk}/")
    assert not is_too_wide(page)
    page.get_by_role("link", name="Explain the clock: Resolution").click()
    expect(page.get_by_role("heading", level=1, name="Explain this clock")).to_be_visible()
    expect(page.get_by_role("img", name="Life of INC-")).to_be_visible()
    expect(page.get_by_text("Waiting for client").first).to_be_visible()
    assert not is_too_wide(page)
    assert Axe().run(page, options=RULES).response["violations"] == []


def test_another_policy_is_tried_under_the_clock_without_leaving_it(world, incident, page, sign_in):
    sign_in(world.tam)
    page.goto(f"/incidents/{incident.pk}/clocks/resolution/")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("No incident was opened in this period")).to_be_visible()
    expect(page.get_by_role("heading", level=1, name="Explain this clock")).to_be_visible()
    page.goto("/policies/try/")
    page.set_viewport_size(PHONE)
    assert not is_too_wide(page)
    assert Axe().run(page, options=RULES).response["violations"] == []

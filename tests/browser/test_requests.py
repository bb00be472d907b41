"""A client's contact answers on a phone, and the TAM sees it without reloading."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.models import Contact
from projects import operations
from tests.browser.conftest import PHONE
from tests.browser.test_shell import RULES
from tests.factories import a_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def question(world):
    project = a_project("payments", client=world.client, name="Payments")
    at = world.now - timedelta(hours=2)
    person = Contact.objects.get(user=world.contact)
    request = operations.record_request(
        project=project, title="Test environment", requested_by=person, actor=world.tam, at=at
    )
    return operations.ask(request=request, text="How many?", contact=person, actor=world.tam, at=at)


def test_a_contact_answers_on_a_phone_and_the_tam_sees_it(world, question, page, sign_in):
    page.set_viewport_size(PHONE)
    sign_in(world.contact)
    page.goto("/requests/?view=you")
    page.get_by_role("link", name="Test environment").click()
    expect(page.get_by_text("We need 1 answer from you.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("Answer to: How many?").fill("Twelve a second")
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("Twelve a second")).to_be_visible()
    expect(page.get_by_text("We are preparing the plan.")).to_be_visible()
    assert Axe().run(page, options=RULES).violations_count == 0
    sign_in(world.tam)
    page.goto(f"/requests/{question.request_id}/")
    expect(page.get_by_text("Twelve a second").first).to_be_visible()


def test_a_tam_asks_with_a_key_and_what_is_typed_outlives_the_next_look(world, question, page, sign_in):
    sign_in(world.tam)
    page.goto(f"/requests/{question.request_id}/")
    line = page.get_by_label("New question")
    line.fill("Who masks the data?")
    page.get_by_label("To", exact=True).focus()
    operations.answer(question=question, text="Twelve", actor=world.contact, at=world.now)
    page.evaluate("htmx.trigger(document.querySelector('#request'), 'wake')")
    expect(line).to_have_value("Who masks the data?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".li-ask").filter(has_text="Who masks the data?")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.keyboard.press("q")
    expect(page.get_by_role("heading", name=re.compile("Question about"))).to_be_visible()
    expect(page.get_by_label("Question", exact=True)).to_be_focused()

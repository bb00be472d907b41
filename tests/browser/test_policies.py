"""The editors follow as one types; their pages, the alert centre and operations fit a phone, and axe finds nothing."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from alerts.models import Delivery
from alerts.operations import run_pass
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_shell import RULES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    *("/policies/", "/policies/gold/", "/policies/gold/recalculate/", "/calendars/", "/calendars/always/"),
    *("/alerts/", "/alerts/dead/", "/alerts/log/", "/operations/"),
)


def test_the_worked_example_follows_and_what_is_typed_stays(world, page, sign_in):
    sign_in(world.manager)
    page.goto("/policies/gold/")
    typed = page.get_by_label("P1 Resolution")
    typed.fill("2 d")
    expect(page.locator("#note-P1_resolution")).to_have_text("= 16 hwas 4 h")
    expect(page.locator("#example")).to_contain_text("In force:")
    expect(typed).to_be_focused()
    page.get_by_text("Add a step").click()
    page.get_by_label("of the target").last.fill("80")
    expect(page.locator("#ladder-5-said")).to_contain_text("80%")
    expect(page.get_by_label("of the target").last).to_be_visible()
    typed.fill("soon")
    expect(page.locator("#note-P1_resolution")).to_contain_text("is no duration")
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_label("P1 Resolution")).to_have_value("soon")
    page.get_by_label("P1 Resolution").fill("3 h")
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_text("Published; clocks that run keep their version")).to_be_visible()
    expect(page.get_by_label("P1 Resolution")).to_have_value("3 h")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_them_on_a_desk_and_on_a_phone(world, page, sign_in, scheme):
    world.incident(minutes=40)
    run_pass(world.now, process_name="alerts:tests@here")
    Delivery.objects.filter(recipient=world.tam).update(state="dead", end_reason="550 no such user")
    sign_in(world.manager)
    page.emulate_media(color_scheme=scheme)
    wrong = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        for path in PAGES:
            page.goto(path)
            for step in page.locator("details.step").all()[:1]:
                step.locator("summary").click()
            found = Axe().run(page, options=RULES).response["violations"]
            wrong += [f"{path} {size['width']}: {one['id']} {one['nodes'][0]['html'][:200]}" for one in found]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path} is too wide at {size['width']}")
    assert wrong == []

"""The life of an incident in a real browser: nothing reloads, clocks tick, nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from alerts.models import Delivery
from alerts.operations import run_pass
from incidents import operations
from tests.browser.conftest import PHONE
from tests.browser.test_shell import RULES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def incident(world):
    return world.incident(minutes=5, priority="P1", title="Core switch lost redundancy")


def stay(page):
    """Marks the document: the mark is gone as soon as a page is loaded anew."""
    page.evaluate("document.body.dataset.stayed = 'yes'")


def has_stayed(page) -> bool:
    return page.evaluate("document.body.dataset.stayed === 'yes'")


def test_a_tam_acknowledges_and_resolves_without_leaving_the_page(world, incident, page, sign_in):
    sign_in(world.tam)
    page.goto(f"/incidents/{incident.pk}/")
    stay(page)
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status").filter(has_text=f"{incident.reference} acknowledged")).to_be_visible()
    expect(page.get_by_text(re.compile("Acknowledged after 5.min"))).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("link", name="Resolve").click()
    words = page.get_by_label("What restored the service?")
    expect(words).to_be_focused()
    words.fill("Replaced the optic")
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("Replaced the optic")).to_be_visible()
    expect(page.locator("#do-close")).to_be_visible()
    assert has_stayed(page)
    incident.refresh_from_db()
    assert incident.status == "resolved"


def test_the_keys_do_what_the_buttons_say(world, incident, page, sign_in):
    sign_in(world.tam)
    page.goto(f"/incidents/{incident.pk}/")
    page.keyboard.press("a")
    expect(page.get_by_text(re.compile("Acknowledged after"))).to_be_visible()
    page.keyboard.press("p")
    page.get_by_role("radio", name="Waiting for vendor").check()
    page.get_by_role("button", name="Put on hold").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("link", name="Put on hold")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("The carrier has been called, a part is on its way")
    expect(page.get_by_role("textbox", name="Note")).to_have_value("The carrier has been called, a part is on its way")


def test_the_countdown_of_a_p1_ticks(world, incident, page, sign_in):
    sign_in(world.tam)
    page.goto("/incidents/")
    count = page.locator(f"#incident-{incident.pk} .count-d").first
    before = count.text_content()
    assert re.fullmatch(r"00:2\d:\d\d", before)
    expect(count).not_to_have_text(before)
    expect(count).to_have_text(re.compile(r"00:2\d:\d\d"))


def test_an_error_keeps_what_was_typed_and_stands_beside_its_field(world, incident, page, sign_in):
    sign_in(world.tam)
    page.goto(f"/incidents/{incident.pk}/edit/")
    stay(page)
    page.get_by_label("What is known").fill("Since eight, in both halls")
    page.get_by_label("Title").evaluate("input => { input.required = false; input.value = '' }")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    expect(page.get_by_label("What is known")).to_have_value("Since eight, in both halls")
    assert has_stayed(page)


def test_what_somebody_else_does_appears_by_itself(world, incident, page, sign_in):
    sign_in(world.tam)
    page.clock.install()
    page.goto(f"/incidents/{incident.pk}/")
    operations.comment(incident=incident, text="I am on site", actor=world.engineer, now=world.now)
    page.clock.run_for(16_000)
    expect(page.get_by_text("I am on site")).to_be_visible()
    with page.expect_response(lambda answer: answer.request.headers.get("if-none-match") is not None) as again:
        page.clock.run_for(15_000)
    assert again.value.status in {200, 304}


def test_a_form_is_not_renewed_while_somebody_types_in_it(world, incident, page, sign_in):
    sign_in(world.tam)
    page.clock.install()
    page.goto(f"/incidents/{incident.pk}/")
    page.get_by_role("link", name="Add note").click()
    page.get_by_role("textbox", name="Note").fill("Half a sent")
    operations.comment(incident=incident, text="I am on site", actor=world.engineer, now=world.now)
    page.clock.run_for(40_000)
    expect(page.get_by_role("textbox", name="Note")).to_have_value("Half a sent")
    expect(page.get_by_text("I am on site")).not_to_be_visible()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("I am on site")).to_be_visible()


def test_filters_change_the_list_and_the_address_together(world, incident, page, sign_in):
    world.incident(minutes=3, priority="P4", title="Disk warning")
    sign_in(world.tam)
    page.goto("/incidents/")
    stay(page)
    page.get_by_label("Priority").select_option("P4")
    expect(page.get_by_role("link", name="Core switch")).not_to_be_visible()
    expect(page.get_by_role("link", name="Disk warning")).to_be_visible()
    expect(page).to_have_url(re.compile("priority=P4"))
    page.get_by_label("Find in this list").fill("nothing like it")
    expect(page.get_by_text("Nothing matches")).to_be_visible()
    assert has_stayed(page)
    page.go_back()
    page.goto("/incidents/?q=Core")
    expect(page.get_by_role("link", name="Core switch")).to_be_visible()


def test_a_row_is_opened_by_keyboard(world, incident, page, sign_in):
    sign_in(world.tam)
    page.goto("/incidents/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Core switch lost redundancy")


def test_a_row_of_today_is_acknowledged_by_its_key(world, incident, page, sign_in):
    sign_in(world.tam)
    page.goto("/")
    page.locator(f"#incident-{incident.pk}").focus()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    incident.refresh_from_db()
    assert incident.status == "in_progress"


def test_an_alert_is_acknowledged_on_its_row(world, page, sign_in):
    world.incident(minutes=40, title="Gone over")
    run_pass(world.now, process_name="tests")
    sign_in(world.tam)
    page.goto("/alerts/")
    stay(page)
    page.get_by_role("button", name=re.compile("Acknowledge")).click()
    expect(page.get_by_text("Nothing needs anybody", exact=True)).to_be_visible()
    assert has_stayed(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_of_incidents_and_alerts_have_no_accessibility_violation(incident, world, page, sign_in, theme):
    page.emulate_media(color_scheme=theme)
    over = world.incident(minutes=300, title="Gone over", assignee=world.engineer)
    run_pass(world.now, process_name="tests")
    sign_in(world.tam)
    paths = [
        "/incidents/",
        f"/incidents/{over.pk}/",
        f"/incidents/{incident.pk}/hold/",
        f"/incidents/{incident.pk}/edit/",
        "/incidents/new/",
        "/alerts/",
        "/alerts/log/",
        f"/alerts/deliveries/{Delivery.objects.latest('pk').pk}/",
    ]
    found = {}
    for path in paths:
        page.goto(path)
        violations = Axe().run(page, options=RULES).response["violations"]
        found.update({(path, one["id"]): [node["html"] for node in one["nodes"]] for one in violations})
    assert not found


def test_nothing_is_wider_than_a_phone(world, incident, page, sign_in):
    over = world.incident(minutes=300, title="Averyveryverylongwordthatneverendsandcannotbebroken " * 3)
    run_pass(world.now, process_name="tests")
    sign_in(world.tam)
    page.set_viewport_size(PHONE)
    paths = ["/incidents/", f"/incidents/{over.pk}/", f"/incidents/{over.pk}/assign/", "/incidents/new/", "/alerts/"]
    for path in [*paths, "/alerts/log/", f"/alerts/deliveries/{Delivery.objects.latest('pk').pk}/"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

"""The frame in a real browser: signing in, keys, palette, theme, accessibility, the phone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from accounts.operations import change_password
from tests.browser.conftest import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    "/",
    "/incidents/",
    "/clients/",
    "/clients/aldgate/",
    "/departments/",
    "/departments/network/",
    "/quality/",
    "/me/",
]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def busy(world):
    """Something over, something close, something waiting, something free."""
    world.incident(minutes=40, priority="P1", title="Core switch lost redundancy", assignee=world.engineer)
    world.incident(minutes=25, title="Backup proxy unreachable")
    world.incident(minutes=2, title="Portal slow")
    return world


def test_somebody_signs_in_by_keyboard_and_stands_on_today(world, page):
    change_password(user=world.tam, password="three-blue-owls", at=world.now)
    page.goto("/departments/")
    page.keyboard.type("tam")
    page.keyboard.press("Tab")
    page.keyboard.type("three-blue-owls")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Departments")


def test_the_palette_opens_finds_and_leads_there_by_keys_alone(busy, page, sign_in):
    sign_in(busy.tam)
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("backup pro")
    expect(page.get_by_role("option", name="Backup proxy unreachable")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/incidents/\d+/$"))


def test_escape_closes_the_palette_and_the_focus_returns(busy, page, sign_in):
    sign_in(busy.tam)
    page.goto("/")
    finder = page.get_by_role("link", name="Find or do anything")
    finder.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(finder).to_be_focused()


def test_keys_walk_the_rows_open_one_and_go_to_places(busy, page, sign_in):
    sign_in(busy.tam)
    page.goto("/")
    page.keyboard.press("j")
    expect(page.locator("li[data-row]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Core switch lost redundancy")
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.get_by_role("heading", level=1)).to_have_text("Departments")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()


def test_the_theme_is_switched_and_stays(busy, page, sign_in):
    sign_in(busy.tam)
    page.goto("/")
    page.get_by_role("button", name="Switch light and dark").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/departments/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_an_engineer_takes_an_incident_with_one_tap_on_the_phone(busy, page, sign_in):
    sign_in(busy.engineer)
    page.set_viewport_size(PHONE)
    page.goto("/")
    row = page.get_by_role("listitem").filter(has_text="Backup proxy unreachable")
    button = row.get_by_role("button", name="Take it")
    assert button.bounding_box()["height"] >= 44
    button.click()
    expect(page.get_by_text(re.compile("You took INC-"))).to_be_visible()
    expect(row.get_by_role("button", name="Acknowledge")).to_be_visible()


def test_a_countdown_ticks_and_what_others_do_appears_by_itself(busy, page, sign_in):
    sign_in(busy.tam)
    page.goto("/")
    count = page.get_by_role("listitem").filter(has_text="Backup proxy unreachable").locator("[data-clock]")
    before = count.inner_text()
    expect(count).not_to_have_text(before)
    busy.incident(minutes=3, title="Opened meanwhile")
    page.evaluate("htmx.trigger('#board', 'wake')")
    expect(page.get_by_text("Opened meanwhile")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_main_pages_break_no_rule_of_accessibility(busy, page, sign_in, theme):
    sign_in(busy.manager)
    page.emulate_media(color_scheme=theme)
    for path in PAGES:
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        expect(page.locator("h1:visible")).to_have_count(1)


@pytest.mark.parametrize("who", ["manager", "engineer", "contact"])
def test_nothing_runs_out_of_a_phone_sideways(busy, page, sign_in, who):
    sign_in(getattr(busy, who))
    page.set_viewport_size(PHONE)
    page.goto("/")
    links = page.locator(".menu__phone a, .tabbar a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    for path in sorted({*links, "/clients/aldgate/"} if who != "engineer" else set(links)):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path


def test_the_page_works_without_script(busy, chromium, live_server, sign_in, context):
    sign_in(busy.engineer)
    plain = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    plain.add_cookies(context.cookies())
    page = plain.new_page()
    page.goto("/")
    page.get_by_role("listitem").filter(has_text="Portal slow").get_by_role("button", name="Take it").click()
    expect(page.get_by_text(re.compile("You took INC-"))).to_be_visible()
    page.get_by_role("link", name="Find or do anything").click()
    page.get_by_role("textbox").fill("portal")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("link", name="Portal slow")).to_be_visible()
    plain.close()

"""Projects in a real browser: reached by keys, read on a phone, and where one was last is remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from projects import operations
from projects.models import Visit
from tests.browser.conftest import PHONE
from tests.factories import a_dependency, a_project, a_request, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PARTS = ("", "?view=board", "history/?kind=task", "requests/", "documents/", "people/", "handover/")
PAGES = ["/projects/", *(f"/projects/portal/{part}" for part in PARTS)]
LONG = "Donaudampfschifffahrtsgesellschaftsrechenzentrum"
# Words that stick out of what one presses.
TOO_NARROW = (
    "[...document.querySelectorAll('main .btn')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
)


@pytest.fixture
def portal(world):
    names = {"tam": world.tam, "architect": world.architect, "name": "Customer portal"}
    project = a_project("portal", client=world.client, at=world.now, **names)
    request = a_request(project, at=world.now)
    before = a_task(project, change_request=request, title="Open the ports", at=world.now)
    after = a_task(project, change_request=request, title="Install", department="unix", at=world.now)
    a_dependency(before, after, at=world.now)
    operations.block_task(task=before, reason="client", actor=world.tam, at=world.now)
    return project


def test_keys_lead_to_a_project_and_to_its_new_task(world, portal, page, sign_in):
    sign_in(world.tam)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("Projects")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer portal")
    page.keyboard.press("c")
    expect(page.get_by_label("Title")).to_be_focused()


def test_many_are_ticked_by_keys_and_who_is_refused_stays_ticked_with_the_reason(world, portal, page, sign_in):
    soon, later = world.now + timedelta(days=2), world.now + timedelta(days=30)
    one = a_task(portal, title="Label the ports", at=world.now)
    two = a_task(portal, title="Test the ports", not_before=later, at=world.now)
    sign_in(world.tam)
    page.goto("/projects/portal/")
    for task in (one, two):
        page.locator(f"#task-{task.pk}").focus()
        page.keyboard.press("x")
    page.keyboard.press("m")
    expect(page.get_by_label("What to do with them")).to_be_focused()
    page.get_by_label("What to do with them").select_option(label="Due")
    page.get_by_role("button", name="Do it").press("Enter")
    drawer, ticked = page.locator("#drawer"), page.locator("[data-pick]:checked")
    expect(drawer).to_contain_text("Write the day.")
    expect(ticked).to_have_count(2)
    page.locator("#bulk").get_by_label("Deadline").fill(f"{soon:%Y-%m-%dT%H:%M}")
    page.get_by_role("button", name="Do it").press("Enter")
    expect(drawer).to_contain_text("1 of 2 tasks done.")
    expect(drawer).to_contain_text("The deadline lies before the earliest start.")
    expect(ticked).to_have_count(1)
    expect(ticked).to_have_value(str(two.pk))


def test_the_palette_finds_a_project_and_opens_it(world, portal, page, sign_in):
    sign_in(world.tam)
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("porta")
    expect(page.get_by_role("option", name="Customer portal")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer portal")


def test_a_look_at_the_history_is_noted_by_the_page_itself(world, portal, page, sign_in):
    operations.note_visit(user=world.tam, project=portal, at=world.now - timedelta(days=1))
    sign_in(world.tam)
    page.goto("/projects/portal/history/")
    expect(page.get_by_text("changes since your last visit.")).to_be_visible()
    with page.expect_response("**/visit/"):
        pass
    assert Visit.objects.get().at > world.now - timedelta(hours=1)
    page.get_by_label("Decisions").check()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(page.get_by_label("Since your last visit")).to_be_visible()


def test_a_filter_is_kept_and_found_again(world, portal, page, sign_in):
    sign_in(world.tam)
    page.goto("/projects/portal/")
    page.get_by_label("Trouble").select_option("stuck")
    expect(page.get_by_text("Install")).to_have_count(0)
    page.get_by_label("Name of the filter").fill("What is stuck")
    page.get_by_role("button", name="Keep this filter").click()
    expect(page.get_by_text("Filter “What is stuck” kept")).to_be_visible()
    page.goto("/projects/portal/")
    page.get_by_role("link", name="What is stuck").click()
    expect(page.get_by_label("Trouble")).to_have_value("stuck")


def test_on_a_phone_the_tab_one_is_on_is_in_sight(world, portal, page, sign_in):
    sign_in(world.tam)
    page.set_viewport_size(PHONE)
    page.goto("/projects/portal/handover/")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone_and_axe_finds_nothing(world, portal, page, sign_in, theme):
    handover = operations.begin_handover(project=portal, actor=world.tam, at=world.now)
    operations.tick_item(item=handover.items.all()[0], done=True, actor=world.tam, at=world.now)
    a_task(portal, title=f"{LONG} {LONG}", at=world.now)
    a_request(portal, title=f"{LONG} {LONG}", at=world.now)
    sign_in(world.tam)
    page.emulate_media(color_scheme=theme)
    for size in (PHONE, {"width": 1440, "height": 900}):
        page.set_viewport_size(size)
        for path in PAGES:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert page.evaluate(TOO_NARROW) == [], path
            found = Axe().run(page, options=RULES).response["violations"]
            assert not found, (path, [(one["id"], [node["html"] for node in one["nodes"]]) for one in found])

"""A request is cut into tasks with the keyboard alone; what is typed is never overtaken by an answer."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from projects import operations
from projects.models import Draft, Task
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_shell import RULES
from tests.factories import a_project, a_request
from tests.web.test_work import in_work
from tests.web.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def the_editor(world: World, page: Page) -> None:
    request = a_request(a_project("portal", client=world.client), title="New portal")
    page.goto(f"/requests/{request.pk}/decompose/")


def type_row(page: Page, *cells: str) -> None:
    """From the first cell of a row to the first of the next."""
    for n, cell in enumerate(cells):
        page.keyboard.type(cell)
        page.keyboard.press("Tab" if n < len(cells) - 1 else "Enter")


def test_with_the_keyboard_alone(world, page, sign_in):
    sign_in(world.tam)
    the_editor(world, page)
    page.get_by_label("Title of task 1").focus()
    type_row(page, "Sizing", "Network", "2", "4", "8", "", "Erik")
    type_row(page, "Build", "Unix", "8", "12", "16", "1 3")
    type_row(page, "Checks", "Monitoring", "4", "6", "8", "2")
    expect(page.get_by_label("Title of task 4", exact=True)).to_be_focused()
    expect(page.get_by_text("Goes in a circle: 2 Build → 3 Checks → 2.")).to_be_visible()
    expect(page.get_by_role("button", name="Send to departments")).to_be_disabled()
    expect(page.get_by_label("Task 2 needs")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Take out 3").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Goes in a circle")).to_have_count(0)
    expect(page.get_by_label("Task 2 needs")).to_have_value("1")
    expect(page.get_by_label("Task 2 needs")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_label("Title of task 3")).to_have_value("Build")
    expect(page.get_by_label("Task 2 needs")).to_have_value("3")
    expect(page.get_by_label("Task 3 needs")).to_be_focused()
    with page.expect_response(lambda answer: "do=check" in (answer.request.post_data or "")):
        page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    assert [row["title"] for row in Draft.objects.get().rows] == ["Sizing", "Checks", "Build"]
    page.get_by_role("button", name="Send to departments").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 tasks sent to 3 departments")).to_be_visible()
    assert sorted(Task.objects.values_list("title", flat=True)) == ["Build", "Checks", "Sizing"]


def test_rows_are_pasted_copied_down_and_outlive_a_slow_answer(world, page, sign_in):
    sign_in(world.tam)
    the_editor(world, page)
    page.get_by_label("Title of task 7").focus()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.setData("text", "Cable\\tNetwork\\t1\\t2\\t3\\nRack\\tUnix\\t1,5\\t2\\t3\\t7\\nTest\\n");
          const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          document.activeElement.dispatchEvent(paste);
        }"""
    )
    expect(page.get_by_label("Title of task 9")).to_have_value("Test")
    expect(page.get_by_text("9 has no department")).to_be_visible()
    page.get_by_label("Department of task 9").focus()
    page.keyboard.press("Control+d")
    expect(page.get_by_label("Department of task 9")).to_have_value("Unix")
    page.route("**/decompose/", lambda route: (page.wait_for_timeout(700), route.continue_()))
    page.get_by_label("Likely hours of task 9").fill("5")
    page.wait_for_timeout(600)  # the answer is under way
    page.get_by_label("Task 9 needs").fill("8")
    page.get_by_label("Owner of task 9").fill("Erik")
    expect(page.get_by_text("Every task has an estimate")).to_be_visible()
    expect(page.get_by_label("Task 9 needs")).to_have_value("8")
    expect(page.get_by_label("Owner of task 9")).to_have_value("Erik")
    page.wait_for_timeout(2500)
    last = Draft.objects.get().rows[-1]
    assert (last["department"], last["likely"], last["needs"], last["owner"]) == ("Unix", "5", "8", "Erik")
    page.unroute("**/decompose/")


def test_a_card_of_the_board_opens_in_the_drawer_and_the_view_stays(world, page, sign_in):
    request = in_work(world)
    sign_in(world.tam)
    page.goto(f"/requests/{request.pk}/")
    page.get_by_role("link", name="The sql").first.click()
    drawer = page.get_by_role("dialog", name="Beside the page")
    expect(drawer.get_by_role("heading", name="The sql")).to_be_visible()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.get_by_role("columnheader", name="Slack")).to_be_visible()
    page.evaluate("htmx.trigger('#request', 'wake')")
    expect(page.get_by_role("columnheader", name="Slack")).to_be_visible()


def test_a_phone_shows_the_next_rows_when_one_comes_to_them(world, page, sign_in):
    sign_in(world.tam)
    page.set_viewport_size(PHONE)
    the_editor(world, page)
    expect(page.get_by_label("Title of task 3")).to_be_hidden()
    page.get_by_label("Title of task 1").fill("Sizing")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Title of task 2")).to_be_focused()
    expect(page.get_by_label("Title of task 3")).to_be_visible()
    expect(page.get_by_label("Title of task 4")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.type("Build")
    expect(page.get_by_text("Draft saved")).to_be_attached()
    expect(page.get_by_label("Title of task 3")).to_be_focused()
    expect(page.get_by_label("Title of task 3")).to_have_value("Build")


def test_keys_walk_the_cards_of_a_board_and_tell_what_one_depends_on(world, page, sign_in):
    request = in_work(world)
    sign_in(world.tam)
    page.goto(f"/requests/{request.pk}/")
    page.get_by_role("link", name="The net").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("a.tcard", has_text="The ad")).to_be_focused()
    page.keyboard.press("Enter")
    drawer = page.get_by_role("dialog", name="Beside the page")
    expect(drawer.get_by_role("heading", name="The ad", exact=True)).to_be_visible()
    expect(page.locator(".htmx-settling")).to_have_count(0)  # until then its links are plain ones
    page.keyboard.press("w")
    expect(drawer.get_by_label("Which task?")).to_be_focused()
    page.keyboard.type("sql")
    expect(drawer.get_by_role("option", name="The sql")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(drawer).to_be_hidden()
    expect(page.locator("a.tcard", has_text="The ad")).to_contain_text("Waiting for DBA")
    expect(page.locator("a.tcard", has_text="The ad")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_them_on_a_desk_and_on_a_phone(world, page, sign_in, scheme):
    work = in_work(world)
    request = a_request(work.project)
    rows = [{"title": "One", "department": "Unix", "likely": "x", "needs": "2"}, {"title": "Two", "needs": "1"}]
    operations.save_draft(request=request, rows=rows, actor=world.tam, at=world.now)
    sign_in(world.tam)
    page.emulate_media(color_scheme=scheme)
    paths = [f"/requests/{request.pk}/{part}" for part in ("decompose/", "blueprint-questions/", "blueprint/")]
    paths += [f"/requests/{work.pk}/?view={view}" for view in ("board", "list", "graph")]
    paths += ["/blueprints/", "/blueprints/landing-zone/", "/blueprints/landing-zone/edit/"]
    wrong = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        for path in paths:
            page.goto(path)
            found = Axe().run(page, options=RULES).response["violations"]
            wrong += [f"{path} {size['width']}: {one['id']} {one['nodes'][0]['html'][:200]}" for one in found]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path} is too wide at {size['width']}")
    assert wrong == []

"""Work on a phone and by keyboard in a real browser: one tap, one reason, an undo; a link from a mail."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from projects import operations
from projects.models import Task
from projects.operations.issuing import issue
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_incidents import has_stayed, stay
from tests.browser.test_shell import RULES
from tests.factories import a_dependency, a_project, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def task(world) -> Task:
    project = a_project("frankfurt", client=world.client, at=world.now)
    first = a_task(project, title="Route the circuit", assignee=world.engineer, ready=["Circuit is live"], at=world.now)
    a_dependency(first, a_task(project, title="Cluster", department="vmware", at=world.now), at=world.now)
    running = a_task(project, title="Firewall zones", assignee=world.engineer, at=world.now)
    operations.start_task(task=running, actor=world.engineer, at=world.now)
    a_task(project, title="Plan review", at=world.now)
    return first


def status(task: Task) -> str:
    return Task.objects.get(pk=task.pk).status


def test_start_blocked_and_done_with_one_tap_each_on_a_phone(world, task, page, sign_in):
    sign_in(world.engineer)
    page.set_viewport_size(PHONE)
    page.goto("/my-tasks/")
    stay(page)
    first = page.get_by_role("region", name="Route the circuit")
    first.get_by_role("button", name="Start").click()
    row = page.locator(f"#task-{task.pk}")
    expect(row.get_by_role("button", name="Done")).to_be_visible()
    assert row.get_by_role("button", name="Done").bounding_box()["height"] >= 44
    row.get_by_role("link", name="Blocked").click()
    page.get_by_role("radio", name="A vendor").check()
    page.get_by_label("In a line").fill("The carrier has no date")
    page.get_by_role("button", name="Say that it is blocked").click()
    expect(row.get_by_text("The carrier has no date")).to_be_visible()
    row.get_by_role("button", name="It goes on").click()
    row.get_by_role("button", name="Done").click()
    expect(row).to_have_count(0)
    assert status(task) == "done"
    page.get_by_role("button", name="Undo").last.click()
    expect(row.get_by_role("button", name="Done")).to_be_visible()
    assert has_stayed(page)
    assert status(task) == "in_progress"


def test_keys_walk_look_and_do(world, task, page, sign_in):
    sign_in(world.engineer)
    page.goto("/departments/network/")
    stay(page)
    page.keyboard.press("j")
    row = page.locator("li[data-row]").filter(has_text="Firewall zones")
    expect(row).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("dialog").get_by_role("heading", name="Firewall zones")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("dialog").get_by_role("heading", name="Plan review")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_empty()
    page.keyboard.press("k")
    page.keyboard.press("d")
    expect(page.get_by_role("status").filter(has_text="Undo")).to_be_visible()
    page.locator("body").click(position={"x": 5, "y": 700})
    page.keyboard.press("s")
    expect(page.locator(f"#task-{task.pk}").get_by_role("button", name="Done")).to_be_visible()
    assert has_stayed(page)


def test_the_page_of_a_task_by_hand(world, task, page, sign_in):
    sign_in(world.engineer)
    page.goto(f"/tasks/{task.pk}/")
    stay(page)
    page.get_by_role("button", name="Circuit is live").click()
    expect(page.get_by_role("button", name="Circuit is live")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("What they have to know").fill("VLAN 410 to 418")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept for who goes on").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name="Start")).to_have_count(0)
    page.get_by_role("link", name="Done").click()
    page.get_by_label("Hours it took").fill("3.5")
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_role("link", name="Reopen")).to_be_visible()
    assert has_stayed(page)
    done = Task.objects.get(pk=task.pk)
    assert (done.status, done.package) == ("done", "VLAN 410 to 418")


def test_many_are_ticked_and_given_to_somebody(world, task, page, sign_in):
    sign_in(world.head)
    page.goto("/departments/network/")
    bar = page.get_by_role("form", name="The ticked tasks")
    expect(bar).to_be_hidden()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("checkbox").nth(1).check()
    bar.get_by_label("Person").select_option(label=str(world.colleague))
    bar.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("2 of 2 tasks done.")).to_be_visible()
    expect(bar).to_be_hidden()
    assert Task.objects.filter(assignee=world.colleague).count() == 2


def test_a_link_from_a_mail_is_opened_by_a_scanner_and_used_by_a_person_once(world, task, page):
    [token] = issue([(world.engineer, task, "start")], at=world.now)
    page.set_viewport_size(PHONE)
    for _look in range(2):
        page.goto(f"/act/t/{token}/")
    assert status(task) == "planned"
    page.get_by_role("button", name="Yes, start it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("is started")
    assert status(task) == "in_progress"
    page.goto(f"/act/t/{token}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This was done already")


@pytest.mark.parametrize(
    ("theme", "size"), [("light", DESKTOP), ("dark", PHONE)], ids=["light on the desktop", "dark on the phone"]
)
def test_nothing_for_axe_to_complain_about(world, task, page, sign_in, theme, size):  # noqa: PLR0917 - fixtures
    sign_in(world.head)
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme)
    [token] = issue([(world.engineer, task, "block")], at=world.now)
    for path in (
        "/my-tasks/",
        "/departments/network/",
        f"/tasks/{task.pk}/",
        f"/tasks/{task.pk}/edit/",
        f"/act/t/{token}/",
        "/",
    ):
        page.goto(path)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    page.goto("/departments/network/")
    page.locator("li[data-row]").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("#drawer h2")).to_be_visible()
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()

"""The whole story in a real browser: a client asks, the TAM clarifies, fills in a blueprint and adjusts it, departments
work it off from a phone, the client accepts and is asked how it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Contact, Grant, Role, User
from alerts.mail import steps_of
from alerts.models import Delivery
from projects.lifecycle import RequestStatus, TaskStatus
from projects.models import ChangeRequest, Feedback, Task
from tests.browser.conftest import DESKTOP, PHONE
from tests.factories import a_blueprint, a_department, a_project, a_user, grant
from tests.web.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SignIn = Callable[[User], None]
DEPARTMENTS = ("design-centre", "network", "unix")


@pytest.fixture
def engineers(world: World) -> dict[str, User]:
    """One of each department, at a phone."""
    people = {}
    for slug in DEPARTMENTS:
        people[slug] = a_user(f"one-of-{slug}", Role.ENGINEER)
        grant(people[slug], Role.ENGINEER, Grant.Scope.DEPARTMENT, a_department(slug).pk)
    return people


def test_from_a_request_to_feedback(world: World, page: Page, sign_in: SignIn, engineers: dict[str, User]) -> None:
    a_project("portal", client=world.client, name="Portal")
    a_blueprint("landscape", [("design", "design-centre", []), ("vlans", "network", ["design"]), ("os", "unix", [])])
    Contact.objects.filter(user=world.contact).update(email="carl@client.example")
    request = asked_by_the_client(page, world, sign_in)
    clarified(page, world, request, sign_in)
    cut_into_tasks(page, world, request, sign_in)
    worked_off(page, request, engineers, sign_in)
    delivered_and_accepted(page, world, request, sign_in)
    asked_how_it_was(page, request)


def asked_by_the_client(page: Page, world: World, sign_in: SignIn) -> ChangeRequest:
    sign_in(world.contact)
    page.goto("/requests/new/")
    page.get_by_label("What is asked for").fill("Landscape for a new portal")
    page.get_by_label("In your words").fill("Network, machines, systems, nginx and PHP, please.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Landscape for a new portal")
    return ChangeRequest.objects.get()


def clarified(page: Page, world: World, request: ChangeRequest, sign_in: SignIn) -> None:
    sign_in(world.tam)
    page.goto(f"/requests/{request.pk}/")
    page.get_by_label("New question").fill("Which PHP version?")
    choose(page.get_by_label("To", exact=True), "Carl Contact")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Which PHP version?").first).to_be_visible()
    sign_in(world.contact)
    page.set_viewport_size(PHONE)
    page.goto(f"/requests/{request.pk}/")
    page.get_by_label("Answer to: Which PHP version?").fill("8.4")
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("8.4")).to_be_visible()


def choose(select: Locator, words: str) -> None:
    """The option that has these words in it."""
    select.select_option(select.locator("option", has_text=words).first.get_attribute("value"))


def cut_into_tasks(page: Page, world: World, request: ChangeRequest, sign_in: SignIn) -> None:
    """The blueprint leaves the operating systems unchained: the TAM adjusts that, and promises a day."""
    sign_in(world.tam)
    page.set_viewport_size(DESKTOP)
    page.goto(f"/requests/{request.pk}/decompose/")
    choose(page.get_by_label("Blueprint", exact=True), "Landscape")
    page.get_by_role("button", name="Fill in").click()
    expect(page.get_by_label("Title of task 3")).to_have_value("Piece os")
    page.get_by_label("Task 3 needs").fill("2")
    page.get_by_label("Promise the client").fill("2027-12-01T17:00")
    page.get_by_role("button", name="Send to departments").click()
    expect(page.get_by_text("3 tasks sent to 3 departments")).to_be_visible()
    request.refresh_from_db()
    assert request.status == RequestStatus.AGREED


def worked_off(page: Page, request: ChangeRequest, engineers: dict[str, User], sign_in: SignIn) -> None:
    page.set_viewport_size(PHONE)
    waiting = request.tasks.get(department__slug="network")
    sign_in(engineers["network"])
    page.goto(f"/tasks/{waiting.pk}/")
    expect(page.get_by_text("Waiting for").first).to_be_visible()
    for slug in DEPARTMENTS:
        task = request.tasks.get(department__slug=slug)
        assert task.unmet == 0
        sign_in(engineers[slug])
        page.goto(f"/tasks/{task.pk}/")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("In progress").first).to_be_visible()
        page.get_by_role("link", name="Done").first.click()
        page.get_by_role("button", name="It is done").click()
        expect(page.get_by_text(f"{task.reference} done")).to_be_visible()
        assert Task.objects.get(pk=task.pk).assignee == engineers[slug]
    assert not request.tasks.exclude(status=TaskStatus.DONE).exists()


def delivered_and_accepted(page: Page, world: World, request: ChangeRequest, sign_in: SignIn) -> None:
    sign_in(world.tam)
    page.set_viewport_size(DESKTOP)
    page.goto(f"/requests/{request.pk}/")
    page.get_by_role("link", name="Deliver").click()
    page.get_by_role("button", name="Deliver").click()
    expect(page.get_by_text(f"{request.reference} delivered")).to_be_visible()
    sign_in(world.contact)
    page.set_viewport_size(PHONE)
    page.goto(f"/requests/{request.pk}/")
    page.get_by_role("link", name="Accept").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text(f"You accepted {request.reference}. Thank you.")).to_be_visible()
    request.refresh_from_db()
    assert request.status == RequestStatus.ACCEPTED


def asked_how_it_was(page: Page, request: ChangeRequest) -> None:
    """By the link in the mail, without signing in."""
    mail = Delivery.objects.get(address="carl@client.example", subject__startswith="How was it?")
    page.context.clear_cookies()
    [(_label, path)] = steps_of(mail)
    page.goto(path)
    page.get_by_text("Very good").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Feedback.objects.get(request=request).score == 5

"""Putting on hold and reopening in the browser: what is asked, and what becomes of it."""

import pytest

from accounts.models import Role
from incidents import operations
from sla.operations import create_vendor
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident
from tests.incidents.clocks import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(browse):
    return browse(a_user("root", Role.ADMIN))


def act(page, incident, verb, **said):
    return page.post(f"/incidents/{incident.pk}/{verb}/", said)


def test_a_hold_names_vendor_and_ticket(page):
    vendor = create_vendor(slug="fiberco", name="Fiber Co", actor=None, at=MONDAY)
    incident = an_incident()
    assert act(page, incident, "hold", reason="vendor", vendor=vendor.pk, text="FC-4711").status_code == 302
    incident.refresh_from_db()
    assert (incident.status, incident.vendor, incident.events.get(kind="held").text) == ("on_hold", vendor, "FC-4711")


def test_a_vendor_where_another_is_waited_for_is_refused_in_the_form(page):
    vendor = create_vendor(slug="fiberco", name="Fiber Co", actor=None, at=MONDAY)
    answer = act(page, an_incident(), "hold", reason="client", vendor=vendor.pk)
    assert answer.status_code == 422
    assert "Only who waits for a vendor names one" in answer.content.decode()


def test_without_vendors_none_is_asked_for(page):
    form = page.get(f"/incidents/{an_incident().pk}/hold/").content.decode()
    assert "Which vendor?" not in form


def test_a_reopening_says_why_and_too_late_it_says_what_to_do(page):
    incident = an_incident(client=a_client(policy=a_policy(reopen_within_days=10)))
    operations.resolve(incident=incident, actor=None, now=at(1))
    answer = act(page, incident, "reopen", reopen_reason="client_mistake")
    assert "name this one as its parent" in answer.content.decode()
    incident = operations.resolve(incident=an_incident(), actor=None, now=at(1))
    assert act(page, incident, "reopen", reopen_reason="client_mistake").status_code == 302
    assert incident.events.get(kind="reopened").reopen_reason == "client_mistake"

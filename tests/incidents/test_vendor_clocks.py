"""Waiting for a vendor: who it is, what it promised, and that each wait is measured by itself."""

from __future__ import annotations

import pytest

from accounts.models import Grant, Role
from incidents import operations
from incidents.queries import readable, timeline
from kernel.errors import Conflict, Invalid
from sla.operations import create_vendor, update_policy, update_vendor
from tests.factories import MONDAY, a_policy, a_user, an_incident, grant
from tests.incidents.clocks import HOUR_S, assert_as_replayed, at, clock, states, targets

pytestmark = pytest.mark.django_db


@pytest.fixture
def vendor():
    """Answers within four hours."""
    policy = a_policy(scope="vendor", targets=targets(P2=(4, 4)), pause_on=["vendor", "client"])
    return create_vendor(slug="fiberco", name="Fiber Co", policy=policy, actor=None, at=MONDAY)


@pytest.fixture
def incident():
    return an_incident()


def wait(incident, vendor, now, **fields):
    return operations.hold(incident=incident, reason="vendor", vendor=vendor, actor=None, now=now, **fields)


def test_each_wait_is_a_clock_of_its_own(incident, vendor):
    assert wait(incident, vendor, at(1), text="FC-4711").vendor == vendor
    assert clock(incident, "vendor").due_at == at(5)
    assert operations.resume(incident=incident, actor=None, now=at(3)).vendor is None
    wait(incident, vendor, at(10))
    operations.resolve(incident=incident, actor=None, now=at(15))
    assert states(incident, "vendor") == [(1, "met", 2 * HOUR_S), (2, "breached", 5 * HOUR_S)]
    held = incident.events.filter(kind="held").first()
    assert (held.text, held.is_public, held.vendor) == ("FC-4711", False, vendor)
    assert_as_replayed(incident, now=at(16))


def test_another_vendor_is_another_wait_and_the_same_one_is_not(incident, vendor):
    other = create_vendor(slug="coolair", name="Cool Air", policy=vendor.policy, actor=None, at=MONDAY)
    wait(incident, vendor, at(1))
    wait(incident, vendor, at(2))
    wait(incident, other, at(3))
    assert states(incident, "vendor") == [(1, "met", 2 * HOUR_S), (2, "running", 0)]
    assert incident.events.filter(kind="held").count() == 2


def test_a_vendor_that_promised_nothing_has_no_clock_but_a_number(incident, vendor):
    silent = create_vendor(slug="silent", name="Silent", actor=None, at=MONDAY)
    wait(incident, silent, at(1))
    wait(incident, vendor, at(2))
    assert states(incident, "vendor") == [(2, "running", 0)]


def test_its_promise_is_the_one_in_force_when_the_wait_began(incident, vendor):
    wait(incident, vendor, at(1))
    update_policy(policy=vendor.policy, changes={"targets": targets(P2=(1, 1))}, actor=None, at=at(2))
    update_vendor(vendor=vendor, changes={"policy": None}, actor=None, at=at(2))
    assert clock(incident, "vendor").target_s == 4 * HOUR_S
    assert_as_replayed(incident, now=at(3))


def test_only_who_waits_for_a_vendor_names_one(incident, vendor):
    with pytest.raises(Invalid) as refused:
        operations.hold(incident=incident, reason="client", vendor=vendor, actor=None, now=at(1))
    assert refused.value.field == "vendor"
    vendor = update_vendor(vendor=vendor, changes={"archived_at": at(1)}, actor=None, at=at(1))
    with pytest.raises(Conflict, match="archived"):
        wait(incident, vendor, at(2))


def test_only_the_promise_of_a_vendor_can_be_one():
    with pytest.raises(Invalid) as refused:
        create_vendor(slug="x", name="X", policy=a_policy(), actor=None, at=MONDAY)
    assert refused.value.field == "policy"


def test_the_client_sees_that_it_waits_but_not_the_vendors_ticket(incident, vendor):
    contact = a_user("contact")
    grant(contact, Role.CONTACT, Grant.Scope.CLIENT, incident.client_id)
    wait(incident, vendor, at(1), text="FC-4711")
    seen = readable(timeline(incident, contact), contact)
    assert [(event.kind, event.text) for event in seen] == [("opened", ""), ("held", "")]
    ours = incident.client.tam
    assert [event.text for event in readable(timeline(incident, ours), ours)] == ["", "FC-4711"]

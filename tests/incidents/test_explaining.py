"""A clock explained from an incident's events: whose time it was, what it waited for, and that it is the stored one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from incidents import operations
from incidents.clockrows import rows_of
from incidents.explaining import Held, explained_clocks, time_by_holder
from incidents.targets import origin_of
from sla.explain import PieceKind
from sla.measure import epoch
from sla.operations import TargetInput, set_client_policy
from tests.factories import MONDAY, a_calendar, a_client, a_department, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=30)


def after(**time):
    return MONDAY + timedelta(**time)


@pytest.fixture
def client():
    return a_client("aldgate", policy=a_policy("gold", response_s=900, resolution_s=14400))


@pytest.fixture
def ada():
    return a_user("ada", Role.ENGINEER)


@pytest.fixture
def passed_on(client, ada):
    """Support for an hour, Network for three of which one is a pause, then Ada of Unix until it is resolved."""
    incident = an_incident(client=client, now=LATER)
    network, unix = a_department("network"), a_department("unix")
    operations.assign(incident=incident, department=network, actor=None, now=LATER, at=after(hours=1))
    operations.hold(incident=incident, reason="client", actor=None, now=LATER, at=after(hours=2))
    operations.resume(incident=incident, actor=None, now=LATER, at=after(hours=3))
    operations.assign(incident=incident, department=unix, assignee=ada, actor=None, now=LATER, at=after(hours=4))
    operations.resolve(incident=incident, actor=None, now=LATER, at=after(hours=4, minutes=30))
    incident.refresh_from_db()
    return incident


def explained(incident, kind="resolution", *, now=LATER):
    events = list(incident.events.order_by("at", "id"))
    return explained_clocks(incident, events, now=now, kinds=[kind])[-1]


def test_each_department_and_person_is_told_the_time_it_had_and_the_wait_is_nobodys(passed_on, ada):
    found = time_by_holder(passed_on, now=LATER)
    support, network, unix = (a_department(slug).pk for slug in ("support", "network", "unix"))
    assert found.departments == {support: 3600, network: 2 * 3600, unix: 1800}
    assert found.people == {
        Held(support, None): 3600,
        Held(network, None): 2 * 3600,
        Held(unix, ada.pk): 1800,
    }
    assert found.waiting == {"client": 3600}


def test_what_is_explained_is_what_is_stored(passed_on):
    for kind in ("response", "resolution"):
        one = explained(passed_on, kind)
        assert one.life.used_s == one.clock.elapsed_s
        assert one.life.due_at == epoch(one.clock.due_at)


def test_a_life_of_a_year_is_a_few_rows_that_add_up_to_the_same():
    client = a_client(policy=a_policy("office", calendar=a_calendar(), resolution_s=90 * 86_400))
    incident = an_incident(client=client, now=MONDAY + timedelta(days=400))
    now = MONDAY + timedelta(days=365)
    for week in range(52):
        at = MONDAY + timedelta(weeks=week, hours=2)
        operations.hold(incident=incident, reason="client", actor=None, now=LATER + timedelta(days=400), at=at)
        back = at + timedelta(days=2)
        operations.resume(incident=incident, actor=None, now=LATER + timedelta(days=400), at=back)
    one = explained(incident, now=now)
    whole, short = rows_of(one.life, whole=True), rows_of(one.life)
    assert len(whole) > 500
    assert len(short) <= 200
    for rows in (whole, short):
        assert sum(row.counted_s for row in rows) == rows[-1].total_s == one.life.used_s
        assert sum(row.paused_s for row in rows) == one.life.length_s(PieceKind.PAUSED)
        assert [row.start for row in rows[1:]] == [row.end for row in rows[:-1]]


def test_a_changed_priority_keeps_what_became_of_the_target_before(client):
    targets = [("P1", 3600), ("P2", 14400)]
    always = a_calendar("all", always=True, timezone="UTC")
    policy = a_policy("two", targets=[TargetInput(priority, 900, s, always) for priority, s in targets])
    set_client_policy(client=client, policy=policy, actor=None, at=MONDAY)
    incident = an_incident(client=client, now=MONDAY, priority="P2")
    now = after(hours=2)
    operations.edit(incident=incident, changes={"priority": "P1"}, actor=None, now=now)
    incident.refresh_from_db()
    one = explained(incident, now=now)
    origin = origin_of(incident, one.clock, one.run, now=now)
    [change] = origin.changes
    assert (change.before, change.after, change.target_s) == ("P2", "P1", 14400)
    assert (change.state.state, change.state.due_at) == ("running", epoch(after(hours=4)))
    assert one.life.state.state == "breached"
    assert origin.chosen_by == "Contract of Aldgate"


def test_the_policy_says_who_chose_it(client):
    own = a_policy("own")
    assert chosen_by(an_incident(client=client, now=LATER)) == "Contract of Aldgate"
    assert chosen_by(an_incident(client=client, now=LATER, sla_policy=own)) == "The incident itself"
    assert chosen_by(an_incident(client=a_client("newcomer"), now=LATER)).startswith("Default")


def chosen_by(incident):
    one = explained(incident)
    return origin_of(incident, one.clock, one.run, now=LATER).chosen_by

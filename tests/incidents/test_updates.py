"""The promise to tell the client how it stands: when it is due, and what counts as telling."""

from __future__ import annotations

import pytest

from accounts.models import Grant, Role
from incidents import operations
from sla.models import Calendar
from sla.operations import TargetInput
from tests.factories import a_client, a_policy, a_user, an_incident, grant
from tests.incidents.clocks import HOUR_S, assert_as_replayed, at, clock, states, targets

pytestmark = pytest.mark.django_db


def a_case(mode="every", update_s=HOUR_S, **policy):
    always = Calendar.objects.get(slug="always")
    promised = [
        TargetInput("P1", HOUR_S, 24 * HOUR_S, always, update_s),
        TargetInput("P4", HOUR_S, 48 * HOUR_S, always),
    ]
    client = a_client(policy=a_policy(targets=promised, update_mode=mode, **policy))
    return an_incident(client=client, priority="P1")


@pytest.fixture
def engineer():
    return a_user("engineer", Role.ENGINEER)


def contact_of(incident):
    contact = a_user("contact")
    grant(contact, Role.CONTACT, Grant.Scope.CLIENT, incident.client_id)
    return contact


def say(incident, who, now, is_public=True, at=None):
    operations.comment(incident=incident, text="…", is_public=is_public, actor=who, now=now, at=at)


def test_the_first_update_is_due_after_the_response_and_each_one_starts_the_next(engineer):
    incident = a_case()
    assert states(incident, "update") == []
    operations.acknowledge(incident=incident, actor=engineer, now=at(0.5))
    assert clock(incident, "update").due_at == at(1.5)
    say(incident, engineer, at(1))
    say(incident, engineer, at(3))
    assert states(incident, "update") == [(1, "met", 1800), (2, "breached", 2 * HOUR_S), (3, "running", 0)]
    assert clock(incident, "update", 3).due_at == at(4)
    assert_as_replayed(incident, now=at(5))


def test_only_a_public_word_of_one_of_us_is_an_update(engineer):
    incident = a_case()
    operations.acknowledge(incident=incident, actor=engineer, now=at(0))
    say(incident, engineer, at(0.2), is_public=False)
    say(incident, contact_of(incident), at(0.3))
    say(incident, None, at(0.4))
    say(incident, a_user("monitoring", Role.INTEGRATION), at(0.5))
    assert [cycle for cycle, _state, _s in states(incident, "update")] == [1]


def test_before_the_response_nothing_but_the_response_is_due(engineer):
    incident = a_case()
    say(incident, engineer, at(0.2))
    assert states(incident, "update") == []
    incident.refresh_from_db()
    assert incident.next_due_at == at(1)


def test_the_nearest_promise_may_be_the_update(engineer):
    incident = a_case()
    operations.acknowledge(incident=incident, actor=engineer, now=at(0.5))
    incident.refresh_from_db()
    assert incident.next_due_at == at(1.5)


def test_it_pauses_with_the_resolution_and_a_question_to_the_client_is_an_update(engineer):
    incident = a_case()
    operations.acknowledge(incident=incident, actor=engineer, now=at(0))
    operations.hold(incident=incident, reason="client", text="Which host?", actor=engineer, now=at(0.5))
    assert states(incident, "update") == [(1, "met", 1800), (2, "paused", 0)]
    operations.resume(incident=incident, actor=engineer, now=at(9))
    assert clock(incident, "update", 2).due_at == at(10)
    assert incident.events.get(kind="held").is_public
    assert_as_replayed(incident, now=at(9.5))


def test_a_resolution_ends_it_and_a_reopening_starts_the_next(engineer):
    incident = a_case()
    operations.acknowledge(incident=incident, actor=engineer, now=at(0))
    operations.resolve(incident=incident, actor=engineer, now=at(0.5))
    operations.reopen(incident=incident, actor=engineer, now=at(5))
    assert states(incident, "update") == [(1, "met", 1800), (2, "running", 0)]
    assert clock(incident, "update", 2).due_at == at(6)


def test_after_each_message_of_the_client_one_answer_is_owed(engineer):
    incident = a_case(mode="after_client")
    contact = contact_of(incident)
    operations.acknowledge(incident=incident, actor=engineer, now=at(0))
    assert states(incident, "update") == []
    say(incident, contact, at(1))
    say(incident, contact, at(1.5))
    say(incident, engineer, at(1.75))
    say(incident, engineer, at(2))
    assert states(incident, "update") == [(1, "met", 2700)]
    say(incident, contact, at(3))
    assert clock(incident, "update", 2).due_at == at(4)
    assert_as_replayed(incident, now=at(5))


def test_a_message_before_the_response_is_answered_after_it(engineer):
    incident = a_case(mode="after_client")
    say(incident, contact_of(incident), at(0.1))
    assert states(incident, "update") == []
    operations.acknowledge(incident=incident, actor=engineer, now=at(0.5))
    assert clock(incident, "update").due_at == at(1.5)


def test_where_no_updates_are_promised_any_more_the_running_one_ends_and_the_past_stays(engineer):
    incident = a_case()
    operations.acknowledge(incident=incident, actor=engineer, now=at(0))
    say(incident, engineer, at(2))
    quiet = a_policy(targets=targets(P1=(1, 24)))
    operations.edit(incident=incident, changes={"sla_policy": quiet}, actor=None, now=at(2.5))
    assert states(incident, "update") == [(1, "breached", 2 * HOUR_S), (2, "met", 1800)]
    operations.edit(incident=incident, changes={"sla_policy": None}, actor=None, now=at(5))
    assert clock(incident, "update", 3).due_at == at(6)
    assert_as_replayed(incident, now=at(5.5))


def test_a_word_reported_late_comes_where_it_belongs(engineer):
    incident = a_case()
    operations.acknowledge(incident=incident, actor=engineer, now=at(0))
    say(incident, engineer, at(1.5))
    assert states(incident, "update")[0] == (1, "breached", 5400)
    say(incident, engineer, at(2), at=at(0.75))
    assert states(incident, "update") == [(1, "met", 2700), (2, "met", 2700), (3, "running", 0)]
    assert_as_replayed(incident, now=at(2))

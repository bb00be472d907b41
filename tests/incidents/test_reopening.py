"""Coming back: why, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import operations
from kernel.errors import Conflict, Invalid
from tests.factories import a_client, a_policy, an_incident
from tests.incidents.clocks import assert_as_replayed, at, states

pytestmark = pytest.mark.django_db
TEN_DAYS = 240


def resolved(**policy):
    incident = an_incident(client=a_client(policy=a_policy(**policy)))
    return operations.resolve(incident=incident, actor=None, now=at(1))


def reopen(incident, now, **fields):
    return operations.reopen(incident=incident, actor=None, now=now, **fields)


def test_the_reason_is_kept_and_nobody_else_is_blamed_unless_it_is_said():
    incident = resolved()
    reopen(incident, at(2))
    operations.resolve(incident=incident, actor=None, now=at(3))
    reopen(incident, at(4), reopen_reason="client_mistake", reason="They had pulled the plug.")
    said = incident.events.filter(kind="reopened").values_list("reopen_reason", "text")
    assert list(said) == [("not_fixed", ""), ("client_mistake", "They had pulled the plug.")]
    with pytest.raises(Invalid):
        reopen(incident, at(5), reopen_reason="because")


def test_within_the_days_of_the_policy_to_the_second():
    incident = resolved(reopen_within_days=10)
    with pytest.raises(Conflict, match="name this one as its parent") as refused:
        reopen(incident, at(1 + TEN_DAYS) + timedelta(seconds=1))
    assert refused.value.code == "too_late"
    assert reopen(incident, at(1 + TEN_DAYS)).status == "in_progress"


def test_what_counts_is_when_it_came_back_and_not_when_that_was_told():
    assert reopen(resolved(reopen_within_days=1), at(100), at=at(20)).reopen_count == 1


def test_without_a_limit_for_ever():
    assert reopen(resolved(), at(24 * 365)).status == "in_progress"


def test_a_cycle_stays_a_cycle_when_the_policy_that_began_it_is_changed():
    incident = resolved(reopen="new_cycle")
    reopen(incident, at(2))
    operations.edit(incident=incident, changes={"sla_policy": a_policy(reopen="continue")}, actor=None, now=at(3))
    assert states(incident, "resolution") == [(1, "met", 3600), (2, "running", 0)]
    operations.resolve(incident=incident, actor=None, now=at(4))
    reopen(incident, at(9))
    assert states(incident, "resolution") == [(1, "met", 3600), (2, "running", 7200)]
    assert_as_replayed(incident, now=at(9))

"""Whom the steps of a ladder name, who is called when nobody is at work, who comes next: plain choices."""

from __future__ import annotations

import dataclasses

import pytest

from alerts.levels import merged
from alerts.routing import first_recipients, next_recipients
from sla.ladder import Step
from sla.subjects import Candidate

DUTY = "duty@tamhub.example"
MORNING = "2026-03-03T08:00:00+00:00"


def person(role: str, number: int, **fields: object) -> Candidate:
    name = role.replace("_", "-")
    made = Candidate(role=role, user_id=number, name=name, address=f"{name}@tamhub.example")
    return dataclasses.replace(made, **fields)  # type: ignore[arg-type]


TAM, DEPUTY, HEAD, MANAGER = (person(r, n) for n, r in enumerate(("tam", "deputy", "head", "service_manager"), 1))
ASSIGNEE, ON_DUTY = person("assignee", 5, in_chain=False), person("on_duty", 6, in_chain=False)
NAMED = person("user:ada", 7, in_chain=False)
EVERYBODY = [TAM, DEPUTY, HEAD, MANAGER, ASSIGNEE, ON_DUTY, NAMED]


def asleep(*people: Candidate) -> list[Candidate]:
    return [dataclasses.replace(one, at_work=False, works_from=MORNING) for one in people]


def told(
    candidates: list[Candidate], *steps: Step, is_breach: bool = False, is_urgent: bool = False
) -> list[tuple[str, bool]]:
    """(role, waits) of each."""
    found = first_recipients(candidates, is_breach=is_breach, duty_address=DUTY, steps=steps, is_urgent=is_urgent)
    return [(one.candidate.role, one.not_before is not None) for one in found]


def test_without_a_ladder_a_warning_goes_to_the_first_who_can_be_reached_and_a_breach_to_the_manager_as_well() -> None:
    assert told(EVERYBODY) == [("tam", False)]
    assert told(EVERYBODY, is_breach=True) == [("tam", False), ("service_manager", False)]
    gone = dataclasses.replace(TAM, skipped="absent")
    assert told([gone, *EVERYBODY[1:]]) == [("deputy", False)]


def test_a_step_tells_everybody_it_names() -> None:
    step = Step(75, ("assignee", "head", "user:ada"))
    assert told(EVERYBODY, step) == [("assignee", False), ("head", False), ("user:ada", False)]


def test_a_named_role_that_is_away_is_replaced_by_its_stand_in() -> None:
    away, instead = dataclasses.replace(HEAD, skipped="absent"), person("head_stand_in", 9)
    assert told([TAM, away, instead], Step(75, ("head",))) == [("head_stand_in", False)]


def test_when_nobody_named_can_be_reached_the_chain_is_asked_and_the_duty_mailbox_in_the_end() -> None:
    assert told([TAM], Step(75, ("assignee",))) == [("tam", False)]
    assert told([dataclasses.replace(TAM, skipped="inactive")], Step(75, ("tam",))) == [("duty", False)]


def test_the_duty_mailbox_can_stand_on_a_ladder() -> None:
    assert told(EVERYBODY, Step(100, ("tam", "duty")), is_breach=True) == [("tam", False), ("duty", False)]


def test_at_night_whoever_is_on_duty_is_told_as_well() -> None:
    night = [*asleep(TAM, DEPUTY, HEAD, MANAGER), ON_DUTY]
    assert told(night) == [("tam", False), ("on_duty", False)]
    assert told([TAM, *night[1:]]) == [("tam", False)]


def test_when_nobody_on_duty_can_be_reached_the_duty_mailbox_is_told_instead() -> None:
    unreachable = dataclasses.replace(ON_DUTY, skipped="no address", address="")
    assert told([*asleep(TAM), unreachable]) == [("tam", False), ("duty", False)]
    assert told([*asleep(TAM), unreachable, ON_DUTY]) == [("tam", False), ("on_duty", False)]
    assert told([TAM, unreachable]) == [("tam", False)]


def test_who_keeps_to_their_hours_is_told_in_the_morning_and_nobody_is_woken() -> None:
    step = Step(75, ("tam",), any_hour=False)
    assert told([*asleep(TAM), ON_DUTY], step) == [("tam", True)]


@pytest.mark.parametrize(("on_duty", "called"), [([ON_DUTY], "on_duty"), ([], "duty")])
def test_of_a_breach_somebody_is_told_at_once_though_its_step_keeps_to_hours(
    on_duty: list[Candidate], called: str
) -> None:
    step = Step(100, ("tam",), any_hour=False)
    assert told([*asleep(TAM), *on_duty], step, is_breach=True) == [("tam", True), (called, False)]


def test_a_breach_of_p1_waits_for_nobody() -> None:
    step = Step(100, ("tam",), any_hour=False)
    assert told(asleep(TAM), step, is_breach=True, is_urgent=True) == [("tam", False)]


def test_who_stands_on_two_steps_is_told_once_and_at_once() -> None:
    steps = Step(75, ("tam",), any_hour=False), Step(75, ("tam",))
    assert told([*asleep(TAM), ON_DUTY], *steps) == [("tam", False), ("on_duty", False)]


def following(candidates: list[Candidate], *before: Candidate) -> list[str]:
    found = next_recipients(
        candidates,
        told={one.address for one in before},
        told_users={one.user_id for one in before if one.user_id},
        duty_address=DUTY,
    )
    return [one.candidate.role for one in found]


def test_after_the_first_comes_the_next_of_the_chain_and_the_duty_mailbox_last() -> None:
    mailbox = Candidate("duty", None, "", DUTY)
    assert following(EVERYBODY, TAM) == ["deputy"]
    assert following(EVERYBODY, TAM, DEPUTY, HEAD, MANAGER) == ["duty"]
    assert following(EVERYBODY, TAM, DEPUTY, HEAD, MANAGER, mailbox) == []


def test_if_the_next_is_asleep_whoever_is_on_duty_is_told_as_well_but_once() -> None:
    night = [*asleep(TAM, DEPUTY, HEAD), ON_DUTY]
    assert following(night, TAM) == ["deputy", "on_duty"]
    assert following(night, TAM, DEPUTY, ON_DUTY) == ["head"]


@pytest.mark.parametrize(
    ("instants", "told_with"),
    [
        ([(50, 0), (75, 300), (90, 600), (100, 901)], {}),
        ([(50, 450), (75, 675), (90, 810), (100, 901)], {75: 100, 90: 100}),  # of a quarter of an hour
        ([(50, 30), (75, 45), (90, 54), (100, 61), (150, 90)], {50: 100, 75: 100, 90: 100}),  # of a minute
        ([(100, 61), (120, 72), (150, 90)], {120: 150}),
    ],
)
def test_steps_less_than_five_minutes_before_a_later_one_are_told_with_it_and_the_breach_always(
    instants: list[tuple[int, int]], told_with: dict[int, int]
) -> None:
    assert merged(instants) == told_with

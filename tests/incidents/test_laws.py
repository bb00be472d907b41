"""Laws of the clocks over event lists of any kind: an independent walk counts the same; what changes nothing, does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.lifecycle import Story
from incidents.models import EventKind, HoldReason, Incident, IncidentEvent, Side
from incidents.settling import measured, story_of
from sla.measure import Measured, epoch, instant
from sla.models import Calendar, PolicyVersion, Priority
from sla.operations import TargetInput
from sla.replay import elapsed_at
from sla.terms import business_calendar, terms_of
from tests.factories import MONDAY, a_calendar, a_policy

pytestmark = pytest.mark.django_db
OPEN, STOPPED = ("in_progress", "on_hold"), ("resolved", "closed")
DEPARTMENTS = (1, 2, 3)
HOUR = 3600


@dataclass(frozen=True)
class Rules:
    """`daily` counts in office hours and promises updates, `whole` around the clock with new cycles and no updates;
    `ola` never pauses."""

    daily: PolicyVersion
    whole: PolicyVersion
    ola: PolicyVersion
    vendor: PolicyVersion


@pytest.fixture
def rules() -> Rules:
    office, always = a_calendar(), Calendar.objects.get(slug="always")
    daily = [TargetInput(p, (n + 1) * HOUR, (n + 1) * 4 * HOUR, office, (n + 1) * 1800) for n, p in enumerate(Priority)]
    whole = [TargetInput(p, (n + 1) * 600, (n + 1) * 9 * HOUR, always) for n, p in enumerate(Priority)]
    made = (
        a_policy(targets=daily),
        a_policy(targets=whole, reopen="new_cycle", pause_on=["client"]),
        a_policy(scope="department", targets=whole, pause_on=["problem"]),
        a_policy(scope="vendor", targets=whole),
    )
    return Rules(*(policy.versions.get() for policy in made))


gaps = st.one_of(st.integers(0, 2 * HOUR), st.just(0), st.integers(0, 4 * 86400))
holds = st.sampled_from(HoldReason.values).map(lambda reason: {"status": "on_hold", "hold_reason": reason})
statuses = st.one_of(st.sampled_from([{"status": s} for s in ("in_progress", *STOPPED)]), holds)
words = st.sampled_from(Side.values).map(lambda side: {"kind": "commented", "is_public": True, "said_by": side})
moves = st.sampled_from(DEPARTMENTS).map(lambda pk: {"department_id": pk, "assignee_changed": True})
takes = st.sampled_from([None, 7]).map(lambda pk: {"assignee_changed": True, "assignee_id": pk})
priorities = st.sampled_from(Priority.values).map(lambda p: {"kind": "priority_changed", "priority": p})
policies = st.sampled_from(["daily", "whole"]).map(lambda name: {"kind": "policy_changed", "policy": name})
happenings = st.lists(
    st.tuples(gaps, st.one_of(statuses, statuses, words, moves, takes, priorities, policies)), max_size=14
)


def told(rules: Rules, steps: Iterable[tuple[int, dict[str, Any]]]) -> tuple[Incident, list[IncidentEvent]]:
    """An incident and its events, in memory."""
    incident = Incident(opened_at=MONDAY, policy_version=rules.daily)
    at = MONDAY
    events = [
        an_event(
            rules,
            at,
            {"kind": "opened", "status": "new", "priority": "P2", "department_id": 1, "policy": "daily"},
        )
    ]
    for gap, fields in steps:
        at += timedelta(seconds=gap)
        events.append(an_event(rules, at, fields))
    return incident, events


def an_event(rules: Rules, at: datetime, fields: dict[str, Any]) -> IncidentEvent:
    fields = {"kind": "assigned", **fields}
    policy = fields.pop("policy", None)
    if "department_id" in fields:
        fields["ola_version"] = rules.ola
    if fields.get("hold_reason") == "vendor":
        fields |= {"vendor_id": 9, "vendor_version": rules.vendor}
    return IncidentEvent(at=at, recorded_at=at, policy_version=getattr(rules, policy) if policy else None, **fields)


def seen(incident: Incident, events: Sequence[IncidentEvent], now: datetime) -> tuple[Story, list[Measured]]:
    story = story_of(incident, events, until=now)
    return story, measured(incident, story, now=now)


def counted(m: Measured, now: datetime) -> int:
    calendar = business_calendar(m.calendar_version_id)
    state = m.state
    return elapsed_at(elapsed_s=state.elapsed_s, running_since=state.running_since, calendar=calendar, now=epoch(now))


def walked(events: Sequence[IncidentEvent], now: datetime, *, pauses: Iterable[str]) -> list[tuple[int, int]]:
    """When work went on, by an independent walk over the events."""
    found, status, reason, since = [], "new", "", MONDAY
    for event in [*events, IncidentEvent(at=now, status="end")]:
        if not event.status:
            continue
        if status not in STOPPED and not (status == "on_hold" and reason in pauses):
            found.append((epoch(since), epoch(event.at)))
        status, reason, since = event.status, event.hold_reason, event.at
    return found


laws = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@laws
@given(steps=happenings, later=gaps)
def test_what_is_counted_is_the_open_time_in_which_work_went_on(rules, steps, later):
    incident, events = told(rules, steps)
    now = events[-1].at + timedelta(seconds=later)
    story, clocks = seen(incident, events, now)
    terms = terms_of(story.policy_version_id)
    resolutions = [m for m in clocks if m.kind == "resolution"]
    calendar = business_calendar(resolutions[0].calendar_version_id)
    went_on = walked(events, now, pauses=terms.pause_on)
    assert sum(counted(m, now) for m in resolutions) == sum(calendar.between(a, b) for a, b in went_on)


@laws
@given(steps=happenings, later=gaps)
def test_the_hops_add_up_to_the_whole_and_nobody_has_anothers_time(rules, steps, later):
    incident, events = told(rules, steps)
    now = events[-1].at + timedelta(seconds=later)
    story, clocks = seen(incident, events, now)
    ends = [stay.ended_at if stay.ended_at is not None else epoch(now) for stay in story.stays]
    starts = [stay.started_at for stay in story.stays]
    assert [starts[0], *ends] == [*starts, epoch(now)]
    finishes = [m for m in clocks if m.kind == "finish"]
    assert len(finishes) == len(story.stays)
    open_s = sum(until - since for since, until in walked(events, now, pauses=()))
    assert sum(counted(m, now) for m in finishes) == open_s


@laws
@given(steps=happenings, later=gaps, place=st.integers(0, 20), other=st.sampled_from(Priority.values))
def test_a_priority_there_and_back_changes_nothing(rules, steps, later, place, other):
    incident, events = told(rules, steps)
    now = events[-1].at + timedelta(seconds=later)
    place = 1 + place % len(events)
    priority = next(e.priority for e in reversed(events[:place]) if e.priority)
    at = events[place - 1].at
    detour = [an_event(rules, at, {"kind": "priority_changed", "priority": p}) for p in (other, priority)]
    straight = seen(incident, events, now)[1]
    assert seen(incident, [*events[:place], *detour, *events[place:]], now)[1] == straight


@laws
@given(steps=happenings, later=gaps, stayed=gaps, other=st.sampled_from(Priority.values))
def test_however_long_it_lasts_the_detour_leaves_deadlines_and_time_as_they_were(rules, steps, later, stayed, other):
    incident, events = told(rules, steps)
    there, back = events[-1].at, events[-1].at + timedelta(seconds=stayed)
    now = back + timedelta(seconds=later)
    priority = next(e.priority for e in reversed(events) if e.priority)
    detour = [
        an_event(rules, there, {"kind": "priority_changed", "priority": other}),
        an_event(rules, back, {"kind": "priority_changed", "priority": priority}),
    ]
    straight, detoured = (seen(incident, told_, now)[1] for told_ in (events, [*events, *detour]))
    assert [(m.kind, m.cycle, m.target_s, m.state) for m in detoured] == [
        (m.kind, m.cycle, m.target_s, m.state) for m in straight
    ]


@laws
@given(steps=happenings, later=gaps)
def test_recalculation_to_the_same_version_changes_nothing(rules, steps, later):
    incident, events = told(rules, steps)
    now = events[-1].at + timedelta(seconds=later)
    story, before = seen(incident, events, now)
    version = PolicyVersion(pk=story.policy_version_id)
    again = IncidentEvent(kind=EventKind.RECALCULATED, at=now, recorded_at=now, policy_version=version)
    assert seen(incident, [*events, again], now)[1] == before


@laws
@given(steps=happenings, later=gaps)
def test_a_clock_late_by_change_was_in_time_by_what_held_before(rules, steps, later):
    incident, events = told(rules, steps)
    now = events[-1].at + timedelta(seconds=later)
    for m in seen(incident, events, now)[1]:
        if m.late_by_change_at is None:
            continue
        assert m.state.breached_at is not None
        assert instant(m.late_by_change_at) in {e.at for e in events if e.priority or e.policy_version_id}


@laws
@given(steps=happenings, later=gaps)
def test_next_to_the_response_no_update_is_due_before_there_was_one(rules, steps, later):
    incident, events = told(rules, steps)
    now = events[-1].at + timedelta(seconds=later)
    story, clocks = seen(incident, events, now)
    updates = [m for m in clocks if m.kind == "update"]
    assert all(story.responded_at is not None and m.state.started_at >= story.responded_at for m in updates)
    starts = [m.state.started_at for m in updates]
    assert starts == sorted(starts)
    assert all(m.state.stopped_at is not None for m in updates[:-1])

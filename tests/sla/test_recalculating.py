"""Clocks counted by other terms in bulk are, to the second, what measuring each of them says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from demo.volume.filling import Volume, fill
from sla.measure import epoch, instant
from sla.models import Clock
from sla.operations.recalculating import recalculate
from sla.recalculating import NEVER, Anew, deadlines, is_straight
from sla.replay import replay, wake_instants
from sla.terms import business_calendar
from tests.factories import a_calendar, a_policy

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 10, 10, 30, tzinfo=UTC)
A_YEAR_S = 365 * 86_400
HOURS = {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
LEVELS = (0, 50, 75, 90, 100, 150)


def one_by_one(started_at: int, alerted_level: int, anew: Anew) -> tuple[int, int]:
    calendar = business_calendar(anew.calendar_version_id)
    state = replay(started_at=started_at, target_s=anew.target_s, marks=(), calendar=calendar, now=started_at)
    assert state.due_at is not None
    ahead = wake_instants(
        running_since=started_at,
        elapsed_s=0,
        target_s=anew.target_s,
        due_at=state.due_at,
        thresholds=anew.thresholds,
        calendar=calendar,
    )
    return state.due_at, next((at for level, at in ahead if level > alerted_level), NEVER)


@pytest.fixture
def office() -> int:
    version_id = a_calendar(timezone="Europe/Paris", country="FR", hours=HOURS).current_id
    assert version_id is not None
    return version_id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    clocks=st.lists(st.tuples(st.integers(0, A_YEAR_S), st.sampled_from(LEVELS)), min_size=1, max_size=30),
    target_s=st.integers(1, 90 * 86_400),
    thresholds=st.sets(st.integers(1, 300), max_size=5),
)
def test_many_deadlines_are_those_of_each(
    office: int, clocks: list[tuple[int, int]], target_s: int, thresholds: set[int]
) -> None:
    anew = Anew(1, office, target_s, tuple(sorted(thresholds)))
    begin = epoch(NOW)
    started_at = np.array([begin + offset for offset, _level in clocks])
    due_at, wake_at = deadlines(started_at, np.array([level for _offset, level in clocks]), anew)
    found = list(zip(due_at.tolist(), wake_at.tolist(), strict=True))
    assert found == [one_by_one(begin + offset, level, anew) for offset, level in clocks]


def test_stored_clocks_that_never_waited_move_and_the_others_are_left(office: int) -> None:
    fill(Volume(clients=3, projects=0, incidents=200, open_share=1.0), seed=3, now=NOW)
    policy = a_policy(response_s=40 * 3600, resolution_s=300 * 3600)
    assert policy.current_id is not None
    anew = Anew(policy.current_id, office, 300 * 3600, (50, 100))
    chosen = Clock.objects.filter(kind="resolution")
    straight = {clock.pk: clock for clock in chosen.filter(is_straight())}
    open_before = set(chosen.open().values_list("pk", flat=True))
    done = recalculate(chosen, anew, now=NOW)
    assert set(done.moved) == set(straight)
    assert set(done.left) == open_before - set(straight)
    assert set(done.told) == {pk for pk, clock in straight.items() if clock.alerted_level > 0}
    for clock in Clock.objects.filter(pk__in=done.moved):
        due_at, wake_at = one_by_one(epoch(clock.started_at), clock.alerted_level, anew)
        assert clock.due_at == instant(due_at)
        assert clock.wake_at == (None if wake_at == NEVER else instant(wake_at))
        assert (clock.target_s, clock.policy_version_id) == (anew.target_s, anew.policy_version_id)
        assert clock.calendar_version_id == office


def test_a_clock_that_would_be_late_by_the_change_is_left(office: int) -> None:
    fill(Volume(clients=1, projects=0, incidents=60, open_share=1.0), seed=4, now=NOW)
    version_id = a_policy().current_id
    assert version_id is not None
    before = list(Clock.objects.order_by("pk").values())
    done = recalculate(
        Clock.objects.filter(started_at__lt=NOW - timedelta(hours=30)), Anew(version_id, office, 1, ()), now=NOW
    )
    assert not done.moved
    assert done.left
    assert list(Clock.objects.order_by("pk").values()) == before

"""What nine other projects say business time is (tests/data/business_time/README.md)."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from sla.businesstime import BusinessCalendar, CalendarSpec

FILE = Path(__file__).parents[1] / "data" / "business_time" / "vectors.json"
GROUPS = json.loads(FILE.read_text())["groups"]
CALENDARS = {group["id"]: BusinessCalendar.compile(CalendarSpec.parse(group["calendar"])) for group in GROUPS}
CASES = [pytest.param(group["id"], case, id=case["id"]) for group in GROUPS for case in group["cases"]]


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_no_case_is_lost():
    assert len(CASES) == 186


@pytest.mark.parametrize(("group", "case"), CASES)
def test_the_calendar_agrees_with_the_other_project(group, case):
    calendar = CALENDARS[group]
    start = instant(case["start"])
    pauses = [(instant(paused_at), instant(resumed_at)) for paused_at, resumed_at in case.get("pauses", [])]
    if case["op"] == "between":
        end = instant(case["end"])
        assert calendar.between(start, end, pauses) == case["expect_seconds"]
        if not pauses:
            assert calendar.between_many(np.array([start]), np.array([end])).tolist() == [case["expect_seconds"]]
    elif case["op"] == "add":
        due = instant(case["expect"])
        assert calendar.add(start, case["seconds"], pauses) == due
        if not pauses:
            assert calendar.add_many(np.array([start]), np.array([case["seconds"]])).tolist() == [due]
    else:
        due = instant(case["expect"])
        assert calendar.subtract(start, case["seconds"]) == due
        assert calendar.subtract_many(np.array([start]), np.array([case["seconds"]])).tolist() == [due]

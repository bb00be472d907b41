"""The duty roster over REST: who is on duty when, people in turn, calendar files."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from departments.models import DutyShift
from departments.operations import plan_shift, record_absence
from tests.factories import a_department, a_user

pytestmark = pytest.mark.django_db
API = "/api/v1/duty-roster/"
HOUR = timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now().replace(microsecond=0)


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


@pytest.fixture
def ada():
    return a_user("ada", Role.ENGINEER)


def plan(user, now, *, begins=-2, hours=8, **fields):
    starts_at = now + begins * HOUR
    return plan_shift(user=user, starts_at=starts_at, ends_at=starts_at + hours * HOUR, actor=None, at=now, **fields)


def test_a_shift_is_planned_changed_with_its_version_and_cancelled(program, ada, now):
    words = {"user": "ada", "starts_at": now.isoformat(), "ends_at": (now + HOUR).isoformat(), "department": "unix"}
    made = program.post(API, words)
    assert (made.status_code, made["ETag"], made.json()["department"], made.json()["note"]) == (201, '"1"', "unix", "")
    address = made["Location"]
    assert program.patch(address, {"note": "x"}).status_code == 428
    changed = program.patch(address, {"department": None}, headers={"If-Match": '"1"'})
    assert (changed.json()["department"], changed["ETag"]) == (None, '"2"')
    assert program.patch(address, {"note": "x"}, headers={"If-Match": '"1"'}).status_code == 412
    assert program.delete(address, headers={"If-Match": '"2"'}).status_code == 204
    assert program.get(address).status_code == 404


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"ends_at": "2020-01-01T00:00:00Z"}, (400, "ends_at")),
        ({"ends_at": "2020-01-01T00:00:00"}, (400, "ends_at")),
        ({"starts_at": None}, (400, "starts_at")),
        ({"user": "nobody"}, (400, "user")),
        ({"department": "atlantis"}, (400, "department")),
        ({"department": ""}, (400, "department")),
        ({"note": "x" * 201}, (400, "note")),
        ({"source": "mine"}, (400, "source")),
        ({"user": "busy"}, (409, "starts_at")),
    ],
)
def test_bad_input_is_refused_by_name(program, ada, now, change, refusal):
    plan(a_user("busy"), now)
    words = {"user": "ada", "starts_at": now.isoformat(), "ends_at": (now + HOUR).isoformat(), **change}
    answer = program.post(API, words)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == refusal
    assert DutyShift.objects.count() == 1


def test_shifts_are_found_by_department_person_and_time(program, ada, now):
    unix = a_department("unix")
    first = plan(ada, now, begins=-2, hours=4, department=unix)
    second = plan(ada, now, begins=2, hours=4)
    third = plan(a_user("bob"), now, begins=10)

    def found(**asked):
        return [row["id"] for row in program.get(API, asked).json()["results"]]

    def stamp(hours):
        return (now + hours * HOUR).isoformat()

    assert found() == [first.pk, second.pk, third.pk]
    assert found(department="unix") == [first.pk]
    assert found(is_provider_wide="true") == [second.pk, third.pk]
    assert found(user="bob") == [third.pk]
    assert found(at=stamp(2)) == [second.pk]
    assert found(**{"from": stamp(2), "to": stamp(10)}) == [second.pk]
    assert program.get(API, {"at": "now"}).status_code == 400
    assert program.get(API, {"until": stamp(2)}).status_code == 400


def test_the_list_costs_the_same_for_one_shift_and_for_twenty(program, ada, now):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert program.get(API).status_code == 200
        return len(queries)

    plan(ada, now)
    cost()
    one = cost()
    for number in range(1, 20):
        plan(a_user(), now, begins=number, department=a_department("unix"))
    assert cost() == one


def test_now_names_who_is_called_for_each_department(program, ada, now):
    bob, sam = a_user("bob"), a_user("sam")
    plan(ada, now, department=a_department("unix"))
    plan(bob, now)
    record_absence(user=bob, starts_at=now - HOUR, ends_at=now + HOUR, stand_in=sam, actor=None, at=now)
    answer = program.get(f"{API}now/").json()
    called = {row["department"]: row["users"] for row in answer["on_duty"]}
    assert (called[None], called["unix"], called["dba"], len(called)) == (["sam"], ["ada"], ["sam"], 17)
    later = program.get(f"{API}now/", {"at": (now + 2 * HOUR).isoformat()}).json()
    assert next(row["users"] for row in later["on_duty"] if row["department"] is None) == ["bob"]
    assert program.get(f"{API}now/", {"at": "soon"}).json()["errors"][0]["field"] == "at"


def test_people_in_turn_are_planned_and_impossible_turns_refused(program, ada, now):
    a_user("bob")
    day = timezone.localdate()
    words = {
        **{"users": ["ada", "bob"], "every": "day", "hands_over_at": "08:00", "time_zone": "Europe/Vienna"},
        **{"first_day": day.isoformat(), "until": (day + timedelta(days=3)).isoformat()},
    }
    for change, field in (
        *(({"hands_over_at": "8 am"}, "hands_over_at"), ({"time_zone": "Middle/Earth"}, "time_zone")),
        *(({"users": []}, "users"), ({"every": "month"}, "every"), ({"until": day.isoformat()}, "until")),
        ({"outside": "nowhere"}, "outside"),
    ):
        refused = program.post(f"{API}rotation/", {**words, **change})
        assert (refused.status_code, refused.json()["errors"][0]["field"].split(".")[0]) == (400, field)
    planned = program.post(f"{API}rotation/", words)
    assert planned.status_code == 201
    assert [shift["user"] for shift in planned.json()["shifts"]] == ["ada", "bob", "ada"]
    again = program.post(f"{API}rotation/", words)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "overlap")


def test_a_calendar_comes_as_json_or_as_it_is_and_twice_changes_nothing(program, ada, now):
    begins, ends = (f"{now + n * HOUR:%Y%m%dT%H%M%SZ}" for n in (1, 2))
    event = ["BEGIN:VEVENT", "UID:1", f"DTSTART:{begins}", f"DTEND:{ends}", "ATTENDEE:mailto:ada@tamhub.example"]
    stranger = ["BEGIN:VEVENT", "UID:2", f"DTSTART:{begins}", f"DTEND:{ends}", "SUMMARY:Stranger", "END:VEVENT"]
    text = "\r\n".join(["BEGIN:VCALENDAR", *event, "END:VEVENT", *stranger, "END:VCALENDAR", ""])
    report = program.post(f"{API}import/", {"ics": text, "department": "unix", "source": "outlook"}).json()
    assert {name: report[name] for name in ("created", "changed", "unchanged", "cancelled")} == {
        **{"created": 1, "changed": 0},
        **{"unchanged": 0, "cancelled": 0},
    }
    assert [problem["event"].startswith("Stranger") for problem in report["problems"]] == [True]
    plain = program.generic(
        "POST", f"{API}import/?department=unix&source=outlook", data=text, content_type="text/calendar; charset=utf-8"
    )
    assert (plain.status_code, plain.json()["unchanged"], plain.json()["created"]) == (200, 1, 0)
    for body in (b"\xff", b"Dear all"):
        assert program.generic("POST", f"{API}import/", data=body, content_type="text/calendar").status_code == 400
    assert program.post(f"{API}import/?department=unix", {"ics": text}).status_code == 400
    assert DutyShift.objects.get().department == a_department("unix")

"""`sla-policies/`, and who names one."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from incidents.models import HoldReason
from kernel.api.times import parse_instant
from sla.api.policies import PAUSE_REASONS
from sla.models import PolicyVersion, SlaPolicy
from tests.factories import a_client, a_policy, a_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/sla-policies/"
TARGET = {"priority": "P1", "response_s": 1800, "resolution_s": 14400, "calendar": "always"}
STEP = {"level": 90, "to": ["tam", "head"], "priorities": ["P1"], "any_hour": False}
POLICY = {"slug": "gold", "name": "Gold", "targets": [TARGET]}


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


def test_what_is_not_said_has_a_sensible_default(program):
    body = program.post(URL, POLICY).json()
    assert body["pause_on"] == ["client", "vendor"]
    assert body["thresholds"] == [50, 75, 90, 100, 150]
    assert body["reopen"] == "continue"
    assert [(t["priority"], t["response_s"], t["resolution_s"], t["calendar"]) for t in body["targets"]] == [
        ("P1", 1800, 14400, "always")
    ]


def test_a_target_without_a_calendar_counts_around_the_clock(program):
    target = {name: value for name, value in TARGET.items() if name != "calendar"}
    assert program.post(URL, {**POLICY, "targets": [target]}).json()["targets"][0]["calendar"] == "always"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"targets": []}, "targets"),
        ({"targets": [{**TARGET, "response_s": 0}]}, "targets.0.response_s"),
        ({"targets": [{**TARGET, "response_s": -5}]}, "targets.0.response_s"),
        ({"targets": [{**TARGET, "response_s": "1800"}]}, "targets.0.response_s"),
        ({"targets": [{**TARGET, "response_s": 1800.0}]}, "targets.0.response_s"),
        ({"targets": [{**TARGET, "response_s": True}]}, "targets.0.response_s"),
        ({"targets": [{**TARGET, "resolution_s": 100 * 366 * 86400}]}, "targets.0.resolution_s"),
        ({"targets": [{**TARGET, "response_s": 14401}]}, "targets.0.response_s"),
        ({"targets": [TARGET, TARGET]}, "targets.1.priority"),
        ({"targets": [{**TARGET, "priority": "p1"}]}, "targets.0.priority"),
        ({"targets": [{**TARGET, "calendar": "nowhere"}]}, "targets.0.calendar"),
        ({"targets": [{**TARGET, "colour": 1}]}, "targets.0.colour"),
        ({"thresholds": [0]}, "thresholds.0"),
        ({"thresholds": [50, 50]}, "thresholds"),
        ({"pause_on": ["weather"]}, "pause_on.0"),
        ({"reopen": "never"}, "reopen"),
        ({"reopen_within_days": 0}, "reopen_within_days"),
        ({"update_mode": "sometimes"}, "update_mode"),
        ({"targets": [{**TARGET, "update_s": 0}]}, "targets.0.update_s"),
        ({"scope": "vendor", "targets": [{**TARGET, "update_s": 60}]}, "targets.0.update_s"),
        ({"scope": "friend"}, "scope"),
        ({"scope": "department", "is_default": True}, "is_default"),
        ({"escalate_after_s": 59}, "escalate_after_s"),
        ({"escalate_after_s": -1}, "escalate_after_s"),
        ({"escalate_after_s": 31 * 86400}, "escalate_after_s"),
        ({"ladder": [{"level": 0, "to": ["tam"]}]}, "ladder.0.level"),
        ({"ladder": [{"level": 50, "to": []}]}, "ladder.0.to"),
        ({"ladder": [{"level": 50}]}, "ladder.0.to"),
        ({"ladder": [{"level": 50, "to": ["tam", "tam"]}]}, "ladder.0.to"),
        ({"ladder": [STEP, {"level": 50, "to": ["moon"]}]}, "ladder.1.to"),
        ({"ladder": [{"level": 50, "to": ["user:nobody"]}]}, "ladder.0.to"),
        ({"ladder": [{**STEP, "priorities": ["P9"]}]}, "ladder.0.priorities.0"),
        ({"ladder": [{**STEP, "colour": 1}]}, "ladder.0.colour"),
        ({"valid_from": "2030-01-01T00:00:00Z"}, "valid_from"),
        ({"valid_from": "2030-01-01T00:00:00"}, "valid_from"),
    ],
)
def test_a_promise_that_cannot_be_is_refused_by_field(program, fields, named):
    answer = program.post(URL, {**POLICY, **fields})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [named])
    assert not SlaPolicy.objects.filter(slug="gold").exists()


def test_a_changed_promise_is_a_new_version_and_the_former_one_stays(program):
    program.post(URL, POLICY)
    answer = program.patch(f"{URL}gold/", {"targets": [{**TARGET, "response_s": 900}]}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer["ETag"], answer.json()["targets"][0]["response_s"]) == (200, '"2"', 900)
    versions = PolicyVersion.objects.filter(policy__slug="gold").order_by("number")
    assert [version.targets.get(priority="P1").response_s for version in versions] == [1800, 900]
    program.patch(f"{URL}gold/", {"name": "Gold plus"}, headers={"If-Match": '"2"'})
    assert versions.count() == 2


def test_one_policy_is_the_default_and_another_takes_its_place(program):
    made = program.post(URL, {**POLICY, "is_default": True})
    assert (made.json()["is_default"], made.json()["version"]) == (True, 1)
    assert [p.slug for p in SlaPolicy.objects.filter(is_default=True)] == ["gold"]
    former = program.get(f"{URL}standard/")
    assert (former.json()["is_default"], former["ETag"]) == (False, '"2"')
    assert program.patch(f"{URL}standard/", {"is_default": True}, headers={"If-Match": '"2"'}).json()["is_default"]
    assert [row["slug"] for row in program.get(f"{URL}?is_default=true").json()["results"]] == ["standard"]
    refused = program.patch(f"{URL}standard/", {"is_default": False}, headers={"If-Match": "*"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "is_default")


def test_every_reason_to_wait_may_stop_the_clock():
    """The list stands twice, because policies stand below incidents."""
    assert list(PAUSE_REASONS) == HoldReason.values


def test_who_answers_for_no_client_sees_the_promise_but_not_when_it_warns(api):
    client = a_client("acme", policy=a_policy("silver"))
    seen = api(client.tam).get(f"{URL}silver/").json()
    assert "thresholds" in seen
    program = api(a_user("robot", Role.INTEGRATION))
    inside = {"thresholds", "description", "is_default", "scope", "ladder", "escalate_after_s"}
    assert program.get(f"{URL}silver/").json().keys() == seen.keys() - inside


def test_everything_a_policy_says_is_read_back_as_it_was_written(program):
    said = {
        **POLICY,
        "scope": "client",
        "targets": [{**TARGET, "update_s": 3600}],
        "reopen_within_days": 10,
        "update_mode": "after_client",
        "ladder": [STEP, {"level": 150, "to": ["user:root"], "priorities": [], "any_hour": True}],
        "escalate_after_s": 1800,
        "thresholds": [50],
    }
    body = program.post(URL, said).json()
    assert {name: body[name] for name in said} == {**said, "thresholds": [50, 90, 150]}
    assert program.get(f"{URL}gold/").json() == body


def test_what_kind_of_promise_it_is_stays(program):
    program.post(URL, POLICY)
    answer = program.patch(f"{URL}gold/", {"scope": "vendor"}, headers={"If-Match": "*"})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, ["scope"])


def test_a_version_is_scheduled_shown_and_withdrawn(program):
    program.post(URL, POLICY)
    later = (timezone.now() + timedelta(days=30)).replace(microsecond=0)
    changes = {"targets": [{**TARGET, "response_s": 900}], "valid_from": later.isoformat()}
    answer = program.patch(f"{URL}gold/", changes, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["targets"][0]["response_s"]) == (200, 1800)
    shown = program.get(f"{URL}gold/versions/").json()["results"]
    assert [(v["number"], v["is_in_force"], v["targets"][0]["response_s"]) for v in shown] == [
        (2, False, 900),
        (1, True, 1800),
    ]
    assert parse_instant(shown[0]["valid_from"]) == later
    withdraw = f"{URL}gold/withdraw/"
    unknown = program.post(withdraw, {"number": 3})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "number")
    assert program.post(withdraw, {"number": 1}).status_code == 409
    assert program.post(withdraw, {"number": 2}).status_code == 200
    assert [v["number"] for v in program.get(f"{URL}gold/versions/").json()["results"]] == [1]


def test_a_version_does_not_begin_in_the_past(program):
    program.post(URL, POLICY)
    changes = {"reopen": "new_cycle", "valid_from": "2020-01-01T00:00:00Z"}
    answer = program.patch(f"{URL}gold/", changes, headers={"If-Match": "*"})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, ["valid_from"])


def test_versions_are_read_a_page_at_a_time_at_the_same_cost(program):
    program.post(URL, POLICY)
    url = f"{URL}gold/versions/"

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert program.get(url).status_code == 200
        return len(queries)

    before = cost()
    for response_s in (900, 800, 700):
        program.patch(f"{URL}gold/", {"targets": [{**TARGET, "response_s": response_s}]}, headers={"If-Match": "*"})
    assert cost() == before
    page = program.get(f"{url}?page_size=2").json()
    assert [v["number"] for v in page["results"]] == [4, 3]
    assert [v["number"] for v in program.get(page["next"]).json()["results"]] == [2, 1]

"""`sla-policies/`, and who names one."""

import pytest

from accounts.models import Role
from incidents.models import HoldReason
from sla.api.policies import PAUSE_REASONS
from sla.models import PolicyVersion, SlaPolicy
from tests.factories import a_client, a_policy, a_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/sla-policies/"
TARGET = {"priority": "P1", "response_s": 1800, "resolution_s": 14400, "calendar": "always"}
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
    assert program.get(f"{URL}silver/").json().keys() == seen.keys() - {"thresholds", "description", "is_default"}

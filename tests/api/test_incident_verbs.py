"""`POST incidents/{id}/{verb}/`: what each does, done twice, done from the wrong state, done with a time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from incidents import operations
from tests.factories import a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
URL = "/api/v1/incidents/"
BODY = {"hold": {"reason": "client"}, "comment": {"text": "Hello"}, "assign": {"department": "unix"}}
STATES = {
    "new": (),
    "in_progress": ("acknowledge",),
    "on_hold": ("hold",),
    "resolved": ("resolve",),
    "closed": ("close",),
}
# What each verb makes of each status: the next one, the same one (nothing happens), or None (409).
OUTCOMES = {
    verb: dict(zip(STATES, (None if word == "-" else word for word in row.split()), strict=True))
    for verb, row in {
        "acknowledge": "in_progress in_progress on_hold - -",
        "hold": "on_hold on_hold on_hold - -",
        "resume": "- in_progress in_progress - -",
        "resolve": "resolved resolved resolved resolved -",
        "reopen": "- in_progress - in_progress in_progress",
        "close": "closed closed closed closed closed",
    }.items()
}


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


@pytest.fixture
def incident():
    opened_at = (timezone.now() - timedelta(hours=1)).replace(microsecond=0)
    return an_incident(client=a_client("acme", policy=a_policy(response_s=7200)), at=opened_at)


def brought_to(state, program, incident):
    for verb in STATES[state]:
        assert program.post(f"{URL}{incident.pk}/{verb}/", BODY.get(verb, {})).status_code == 200


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", OUTCOMES)
def test_each_verb_in_each_state(program, incident, verb, state):
    brought_to(state, program, incident)
    before = program.get(f"{URL}{incident.pk}/").json()
    answer = program.post(f"{URL}{incident.pk}/{verb}/", BODY.get(verb, {}))
    expected = OUTCOMES[verb][state]
    if expected is None:
        assert (answer.status_code, answer.json()["current"]) == (409, state)
        assert answer["Content-Type"] == "application/problem+json"
        assert program.get(f"{URL}{incident.pk}/").json()["version"] == before["version"]
        return
    assert (answer.status_code, answer.json()["status"]) == (200, expected)
    changed = expected != state
    assert answer.json()["version"] == before["version"] + changed
    assert answer["ETag"] == f'"{answer.json()["version"]}"'


@pytest.mark.parametrize("verb", OUTCOMES)
def test_done_twice_is_done_once(program, incident, verb):
    brought_to({"resume": "on_hold", "reopen": "resolved"}.get(verb, "new"), program, incident)
    first, second = (program.post(f"{URL}{incident.pk}/{verb}/", BODY.get(verb, {})) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first["ETag"] == second["ETag"]


def test_a_verb_takes_when_it_happened(program, incident):
    at = incident.opened_at + timedelta(minutes=7)
    answer = program.post(f"{URL}{incident.pk}/acknowledge/", {"at": at.isoformat()})
    body = answer.json()
    assert body["responded_at"] == body["clocks"][0]["stopped_at"] == at.isoformat().replace("+00:00", "Z")
    assert body["clocks"][0]["elapsed_s"] == 420


@pytest.mark.parametrize("verb", [*OUTCOMES, "assign", "comment"])
def test_a_time_that_cannot_be_is_refused(program, incident, verb):
    brought_to({"resume": "on_hold", "reopen": "resolved"}.get(verb, "new"), program, incident)
    for at in ("2026-03-02T09:00:00", "soon", None, 5, (timezone.now() + timedelta(hours=1)).isoformat()):
        answer = program.post(f"{URL}{incident.pk}/{verb}/", {**BODY.get(verb, {}), "at": at})
        assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, ["at"]), at
    early = (incident.opened_at - timedelta(seconds=1)).isoformat()
    answer = program.post(f"{URL}{incident.pk}/{verb}/", {**BODY.get(verb, {}), "at": early})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "at")


def test_a_status_is_not_put_before_one_that_is_known(program, incident):
    first = incident.opened_at + timedelta(minutes=20)
    program.post(f"{URL}{incident.pk}/acknowledge/", {"at": first.isoformat()})
    answer = program.post(f"{URL}{incident.pk}/resolve/", {"at": (first - timedelta(minutes=1)).isoformat()})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "at")


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("hold", {}, "reason"),
        ("hold", {"reason": "weather"}, "reason"),
        ("hold", {"reason": "CLIENT"}, "reason"),
        ("comment", {}, "text"),
        ("comment", {"text": "  "}, "text"),
        ("comment", {"text": "a\x00b"}, None),
        ("comment", {"text": "x", "public": "yes"}, "public"),
        ("assign", {}, "department"),
        ("assign", {"department": "nowhere"}, "department"),
        ("assign", {"department": None}, "department"),
        ("assign", {"assignee": "nobody"}, "assignee"),
        ("resolve", {"resolution": 5}, "resolution"),
        ("acknowledge", {"status": "closed"}, "status"),
        ("close", {"resolution": "x"}, "resolution"),
    ],
)
def test_what_a_verb_does_not_take_is_refused_by_name(program, incident, verb, body, field):
    answer = program.post(f"{URL}{incident.pk}/{verb}/", body)
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (400, [field])
    assert program.get(f"{URL}{incident.pk}/").json()["version"] == 1


def test_assigning_gives_it_to_a_department_a_person_or_both_and_stops_no_clock(program, incident):
    a_user("ada", Role.ENGINEER)

    def assigned(body):
        answer = program.post(f"{URL}{incident.pk}/assign/", body)
        assert answer.status_code == 200, answer.content
        assert [clock["state"] for clock in answer.json()["clocks"]] == ["running", "running"]
        return answer.json()["department"], answer.json()["assignee"]

    assert assigned({"department": "unix"}) == ("unix", None)
    assert assigned({"assignee": "ada"}) == ("unix", "ada")
    assert assigned({"department": "unix"}) == ("unix", "ada")
    assert assigned({"department": "dba"}) == ("dba", None)
    assert assigned({"department": "unix", "assignee": "ada"}) == ("unix", "ada")
    assert assigned({"assignee": None}) == ("unix", None)
    assert assigned({"assignee": None}) == ("unix", None)


def test_a_comment_is_a_note_for_colleagues_unless_it_is_public(program, incident):
    program.post(f"{URL}{incident.pk}/comment/", {"text": "Note"})
    answer = program.post(f"{URL}{incident.pk}/comment/", {"text": "Answer", "public": True})
    assert [clock["state"] for clock in answer.json()["clocks"]] == ["running", "running"]
    comments = [e for e in program.get(f"{URL}{incident.pk}/events/").json()["results"] if e["kind"] == "commented"]
    assert [(c["text"], c["public"]) for c in comments] == [("Note", False), ("Answer", True)]


def test_a_resolution_stands_on_the_incident(program, incident):
    answer = program.post(f"{URL}{incident.pk}/resolve/", {"resolution": "Restarted\nthe agent."})
    assert answer.json()["resolution"] == "Restarted\nthe agent."


def test_if_match_is_not_needed_but_heeded(program, incident):
    url = f"{URL}{incident.pk}/acknowledge/"
    assert program.post(url, headers={"If-Match": '"7"'}).status_code == 412
    assert program.post(url, headers={"If-Match": '"1"'}).status_code == 200


def test_a_reopened_incident_goes_on_counting(program, incident):
    program.post(f"{URL}{incident.pk}/resolve/", {"at": (incident.opened_at + timedelta(minutes=10)).isoformat()})
    body = program.post(f"{URL}{incident.pk}/reopen/", {"reason": "It is back"}).json()
    assert (body["status"], body["reopen_count"], body["resolved_at"]) == ("in_progress", 1, None)
    assert (body["clocks"][1]["state"], body["clocks"][1]["elapsed_s"]) == ("running", 600)


def test_under_the_other_policy_it_is_measured_anew(program):
    client = a_client("acme", policy=a_policy(reopen="new_cycle"))
    now = timezone.now().replace(microsecond=0)
    incident = an_incident(client=client, at=now - timedelta(hours=1))
    operations.resolve(incident=incident, actor=None, now=now - timedelta(minutes=30))
    clocks = program.post(f"{URL}{incident.pk}/reopen/").json()["clocks"]
    assert [(clock["kind"], clock["cycle"], clock["state"]) for clock in clocks] == [
        ("response", 1, "met"),
        ("resolution", 1, "met"),
        ("resolution", 2, "running"),
    ]


def test_a_verb_is_a_post(program, incident):
    for method in ("get", "put", "patch", "delete"):
        assert getattr(program, method)(f"{URL}{incident.pk}/acknowledge/").status_code == 405
    assert program.get(f"{URL}{incident.pk}/").json()["status"] == "new"

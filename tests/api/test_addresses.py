"""Addresses that belong to nothing, and requests that are none: a problem, never a page, a redirect or a crash."""

import pytest

from accounts.models import Role
from incidents.models import Incident
from tests.factories import a_client, a_user, an_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(api):
    return api(a_user("root", Role.ADMIN))


@pytest.mark.parametrize(
    "address",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/incidents/",
        "/api/v1/nothing/",
        "/api/v1/incidents",
        "/api/v1//incidents/",
        "/api/v1/incidents//",
        "/api/v1/incidents/1",
        "/api/v1/incidents/abc/",
        "/api/v1/incidents/-1/",
        "/api/v1/incidents/1.0/",
        "/api/v1/incidents/..%2F1/",
        "/api/v1/incidents/%2e%2e/clients/",
        "/api/v1/incidents/1;x/",
        "/api/v1/incidents/1%00/",
        f"/api/v1/incidents/{2**63}/",
        f"/api/v1/incidents/{10**40}/",
        "/api/v1/clients/no%00where/",
        "/api/v1/clients/%FF/",
        "/api/v1/incidents/by-ref/jira/",
        "/api/v1/incidents/by-ref/jira//",
        "/api/v1/incidents/by-ref/ji%00ra/7/",
        "/api/v1/incidents/by-ref/jira/7%00/",
        "/api/v1/incidents/by-ref/jira/7/?client=%00",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "put"])
def test_what_is_not_there_is_a_404_that_says_so_in_json(program, address, method):
    answer = getattr(program, method)(address)
    assert answer.status_code in ({404} if method == "get" else {403, 404, 405, 400}), answer.status_code
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"{'title': 1}", "application/json", 400),
        (b'{"title": NaN}', "application/json", 400),
        (b'{"title": 1e999}', "application/json", 400),
        (b'{"title": "a", "title": "b"}', "application/json", 400),
        (b'{"title": "\\u0000"}', "application/json", 400),
        (b'{"title": "\\ud800"}', "application/json", 400),
        ("{}".encode("utf-16"), "application/json", 400),
        (b'{"title": "\xe4"}', "application/json", 400),
        (b"[" * 10_000, "application/json", 400),
        (b'{"title": "%s"}' % (b"x" * 3_000_000), "application/json", 413),
        (b"title=a", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"<a/>", "application/xml", 415),
    ],
)
@pytest.mark.parametrize("address", ["incidents/", "incidents/bulk/", "clients/", "calendars/compute/"])
def test_a_body_that_is_none_stores_nothing_and_the_next_request_works(program, address, body, content_type, status):
    answer = program.generic("POST", f"/api/v1/{address}", data=body, content_type=content_type)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not Incident.objects.exists()
    assert program.get("/api/v1/incidents/").status_code == 200


def test_a_bom_before_the_body_is_passed_over(program):
    a_client("acme")
    body = b'\xef\xbb\xbf{"client": "acme", "title": "Down", "priority": "P1", "opened_at": "2026-03-02T09:00:00Z"}'
    assert program.generic("POST", "/api/v1/incidents/", data=body, content_type="application/json").status_code == 201


def test_answers_are_private_and_kept_nowhere(program):
    incident = an_incident()
    for address in ("incidents/", f"incidents/{incident.pk}/", "users/", "nothing/"):
        assert program.get(f"/api/v1/{address}")["Cache-Control"] == "private, no-store"


def test_a_key_in_the_address_is_refused(program):
    answer = program.get("/api/v1/incidents/?token=tamhub_abc")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "secret_in_address")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Bearer a b", "Bearer tamhub_wrong", "Basic cm9vdDp4", "Token x"]
)
def test_a_token_that_does_not_work_is_401_whatever_the_reason(api, header):
    answer = api().get("/api/v1/incidents/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")

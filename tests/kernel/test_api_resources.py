"""Reading and writing a resource: the gates, versions, verbs."""

import pytest

from accounts.models import Client, Grant, Role
from kernel.models import History
from tests.factories import a_client, a_user, grant

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.kernel.api_example")]
URL = "/api/v1/clients/"


@pytest.fixture
def manager():
    return a_user("manager", Role.MANAGER)


def test_a_new_object_is_answered_as_it_stands_with_its_address_and_version(api, manager):
    answer = api(manager).post(URL, {"slug": "acme", "name": "Acme", "tam": "manager"})
    assert answer.status_code == 201
    assert answer["ETag"] == '"1"'
    assert answer["Location"].endswith("/api/v1/clients/acme/")
    body = answer.json()
    assert (body["slug"], body["tam"], body["version"]) == ("acme", "manager", 1)
    assert body["created_at"].endswith("Z")
    assert api(manager).get(answer["Location"]).json() == body


def test_a_read_that_knows_the_version_gets_304(api, manager):
    a_client("acme")
    caller = api(manager)
    for known in ('"1"', 'W/"1"', '"7", "1"', "*"):
        answer = caller.get(f"{URL}acme/", headers={"If-None-Match": known})
        assert (answer.status_code, answer["ETag"], answer.content) == (304, '"1"', b""), known
    assert caller.get(f"{URL}acme/", headers={"If-None-Match": '"2"'}).status_code == 200


def test_a_change_raises_the_version_and_stands_in_the_history(api, manager):
    a_client("acme")
    answer = api(manager).patch(f"{URL}acme/", {"note": "Call first."}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer["ETag"], answer.json()["note"]) == (200, '"2"', "Call first.")
    assert History.objects.get(verb="changed").changes == {"note": ["", "Call first."]}


@pytest.mark.parametrize(
    ("header", "outcome"),
    [
        (None, (428, "precondition_required")),
        ("1", (400, "parse_error")),
        ("", (400, "parse_error")),
        ('"1', (400, "parse_error")),
        ('"1";', (400, "parse_error")),
        ('"0"', (412, "stale")),
        ('W/"1"', (412, "stale")),
        ('"a", "b"', (412, "stale")),
        ('"1"', (200, None)),
        ('"9", "1"', (200, None)),
        ("*", (200, None)),
    ],
)
@pytest.mark.parametrize("method", ["patch", "put", "delete"])
def test_a_write_says_which_version_it_has_read(api, manager, method, header, outcome):
    a_client("acme")
    status, code = outcome
    body = {} if method == "delete" else {"slug": "acme", "name": "Other"}
    headers = {} if header is None else {"If-Match": header}
    answer = getattr(api(manager), method)(f"{URL}acme/", body, headers=headers)
    assert answer.status_code == (204 if status == 200 and method == "delete" else status)
    if code:
        assert answer.json()["errors"][0]["code"] == code
        assert Client.objects.get().version == 1


def test_the_operation_checks_the_version_again(api, manager, monkeypatch):
    """Two editors read version 1 and both pass the view; the lock lets one of them through."""
    client = a_client("acme")
    Client.objects.filter(pk=client.pk).update(version=2)
    monkeypatch.setattr("tests.kernel.api_example.ClientViewSet.version_of", lambda self, obj: 1)
    answer = api(manager).patch(f"{URL}acme/", {"name": "Other"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (412, "stale")


def test_an_empty_change_and_equal_values_change_nothing(api, manager):
    a_client("acme", name="Acme")
    for body in ({}, {"name": "Acme"}, {"slug": "acme", "name": "Acme"}):
        answer = api(manager).patch(f"{URL}acme/", body, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer["ETag"]) == (200, '"1"'), body


def test_null_and_missing_are_kept_apart(api, manager):
    tam = a_user("tam", Role.TAM)
    a_client("acme", tam=tam)
    caller = api(manager)
    assert caller.patch(f"{URL}acme/", {"name": "B"}, headers={"If-Match": "*"}).json()["tam"] == tam.username
    assert caller.patch(f"{URL}acme/", {"tam": None}, headers={"If-Match": "*"}).json()["tam"] is None


def test_role_scope_and_field_are_three_gates(api, manager):
    client, foreign = a_client("acme"), a_client("foreign")
    tam = api(client.tam)
    match = {"If-Match": "*"}
    # The role: a TAM creates no client, whatever is in the body.
    assert tam.post(URL, {"nonsense": 1}).status_code == 403
    # The scope: what is not one's own does not exist.
    hidden = tam.patch(f"{URL}{foreign.slug}/", {"name": "X"}, headers=match)
    missing = tam.patch(f"{URL}nowhere/", {"name": "X"}, headers=match)
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert _without_id(hidden) == _without_id(missing)
    # The field: this one is the manager's, and it is named.
    refused = tam.patch(f"{URL}acme/", {"name": "New", "note": "x"}, headers=match)
    assert refused.status_code == 400
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("note", "not_writable")]
    assert tam.patch(f"{URL}acme/", {"name": "New", "note": ""}, headers=match).status_code == 200


def test_who_sees_an_object_without_the_right_to_change_it_gets_403(api):
    client = a_client("acme")
    other = a_user("other", Role.TAM)
    grant(other, Role.TAM, Grant.Scope.CLIENT, client.pk)
    answer = api(other).patch(f"{URL}acme/", {"name": "X"}, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "permission_denied")


def test_what_no_table_allows_is_denied(api, manager):
    a_client("acme")
    assert api(manager).post(f"{URL}acme/unlisted/").status_code == 403
    assert api(manager).get("/api/v1/forgotten/").status_code == 403


def test_a_stranger_gets_401_and_is_told_how(api):
    for method, url in [("get", URL), ("post", URL), ("get", f"{URL}acme/"), ("options", URL)]:
        answer = getattr(api(), method)(url)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"


def test_a_token_that_may_read_writes_nothing(api, manager):
    a_client("acme")
    caller = api(manager, scope="read")
    assert caller.get(URL).status_code == 200
    for answer in (caller.post(URL, {}), caller.delete(f"{URL}acme/"), caller.post(f"{URL}acme/archive/")):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "read_only_token")
    assert caller.post("/api/v1/echo/", {}).status_code == 200  # only computes


def test_a_verb_answers_with_the_object_as_it_now_stands(api, manager):
    a_client("acme")
    caller = api(manager)
    answer = caller.post(f"{URL}acme/archive/", {"at": "2026-03-02T10:00:00.9+01:00"})
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert answer.json()["archived_at"] == "2026-03-02T09:00:00Z"
    again = caller.post(f"{URL}acme/archive/")
    assert (again.status_code, again["ETag"]) == (200, '"2"')


def test_a_verb_heeds_a_version_and_refuses_unknown_input(api, manager):
    a_client("acme")
    stale = api(manager).post(f"{URL}acme/archive/", headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    unknown = api(manager).post(f"{URL}acme/archive/", {"when": "now"})
    assert [(e["field"], e["code"]) for e in unknown.json()["errors"]] == [("when", "unknown_field")]
    assert Client.objects.get().archived_at is None


def test_other_addresses_of_a_resource_follow_the_same_table(api, manager):
    client = a_client("acme", name="Acme")
    reader = api(client.tam, scope="read")
    computed = reader.post(f"{URL}compute/?zone=UTC", {"at": "2026-03-02T10:00:00Z"})
    assert computed.json() == {"input": {"at": "2026-03-02T10:00:00Z"}, "zone": "UTC"}
    assert reader.post(f"{URL}compute/", {"name": 1}).json()["errors"][0]["code"] == "unknown_field"
    assert reader.get(f"{URL}by-name/Acme/").json()["slug"] == "acme"
    body = {"slug": "new", "name": "New"}
    assert api(client.tam).put(f"{URL}by-name/New/", body).status_code == 403
    assert api(manager).put(f"{URL}by-name/New/", body).status_code == 201
    assert api(manager).get(f"{URL}by-name/Nowhere/").status_code == 404


def test_methods_that_do_not_exist_are_405_with_those_that_do(api, manager):
    a_client("acme")
    caller = api(manager)
    for method, url in [
        ("PUT", URL),
        ("TRACE", URL),
        ("BREW", URL),
        ("POST", f"{URL}acme/"),
        ("GET", f"{URL}acme/archive/"),
    ]:
        answer = caller.generic(method, url)
        assert answer.status_code == 405, (method, url)
        assert answer["Allow"]
        assert answer["Content-Type"] == "application/problem+json"
    assert caller.generic("PUT", URL)["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_head_and_options_tell_without_a_body(api, manager):
    a_client("acme")
    head = api(manager).head(f"{URL}acme/")
    assert (head.status_code, head["ETag"], head.content) == (200, '"1"', b"")
    options = api(manager).options(f"{URL}acme/")
    assert (options.status_code, options.content) == (204, b"")
    assert options["Allow"] == "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"


def _without_id(answer):
    return {name: value for name, value in answer.json().items() if name != "request_id"}

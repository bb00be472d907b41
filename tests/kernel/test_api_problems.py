"""Every error under /api/ has one form, says what one may know, and nothing else."""

import json
import logging
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.http import Http404
from django.test import RequestFactory
from rest_framework.exceptions import ErrorDetail, Throttled, ValidationError

from accounts.models import ApiToken, Client, Contact, Grant, Role
from kernel.api.constraints import violation_of
from kernel.api.problems import problem_of, problem_response
from kernel.errors import Conflict, Stale
from kernel.models import IdempotencyKey
from tests.factories import MONDAY, a_client, a_user

ECHO = "/api/v1/echo/"


@pytest.mark.django_db
@pytest.mark.urls("tests.kernel.api_example")
class TestOverHttp:
    @pytest.mark.parametrize(
        ("fail", "status", "error"),
        [
            ("invalid", 400, {"field": "title", "code": "invalid", "message": "No."}),
            ("conflict", 409, {"field": None, "code": "closed", "message": "It is closed."}),
            ("forbidden", 403, {"field": None, "code": "permission_denied", "message": "Not you."}),
        ],
    )
    def test_a_refusal_of_the_domain_is_told(self, api, fail, status, error):
        answer = api(a_user()).get(ECHO, {"fail": fail}, headers={"X-Request-ID": "abcdefgh"})
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        body = answer.json()
        assert list(body) == ["type", "title", "status", "detail", "errors", "request_id"]
        assert (body["status"], body["errors"], body["request_id"]) == (status, [error], "abcdefgh")

    def test_a_crash_says_nothing_but_its_request_id_and_is_logged(self, api, caplog):
        caller = api(a_user())
        caller.raise_request_exception = False
        with caplog.at_level(logging.ERROR, logger="django.request"):
            answer = caller.get(ECHO, {"fail": "crash"})
        assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
        assert "secret detail" not in answer.content.decode()
        assert answer.json()["request_id"] == answer["X-Request-ID"]
        assert "secret detail" in caplog.text

    def test_addresses_that_belong_to_nothing_are_404_in_the_same_form(self, api):
        caller = api(a_user())
        for method, url in [
            ("GET", "/api/"),
            ("GET", "/api/v1/nonsense/"),
            ("POST", "/api/v1/clients"),
            ("GET", "/api/v1//clients/"),
            ("DELETE", "/api/v1/clients/a/b/c/"),
            ("GET", "/api/v1/clients/%2e%2e/%2e%2e/"),
        ]:
            answer = caller.generic(method, url)
            assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), url
            assert answer.json()["errors"][0]["code"] == "not_found"

    def test_ids_that_are_none_are_not_found(self, api):
        caller = api(a_user("manager", Role.MANAGER))
        bodies = set()
        for name in ("nobody", "%00", "a%0d%0ab", ";", "'", "x" * 1000):
            answer = caller.get(f"/api/v1/clients/{name}/")
            assert answer.status_code == 404, name
            bodies.add(answer.json()["detail"])
        assert len(bodies) == 1

    def test_an_answer_that_is_not_json_is_not_to_be_had(self, api):
        answer = api(a_user()).get("/api/v1/clients/", headers={"Accept": "text/html"})
        assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")


def test_nested_errors_become_one_list_of_paths():
    detail: Any = {
        "targets": {"1": {"response_s": [ErrorDetail("Too small.", "min_value")]}},
        "tags": {0: [ErrorDetail("No.", "invalid")]},
        "list": [{}, {"a": [ErrorDetail("b", "c")]}],
        "non_field_errors": [ErrorDetail("Both.", "contradiction")],
    }
    errors = {(error.field, error.code) for error in problem_of(ValidationError(detail)).errors}
    assert errors == {
        ("targets.1.response_s", "min_value"),
        ("tags.0", "invalid"),
        ("list.1.a", "c"),
        (None, "contradiction"),
    }


def test_a_flood_of_errors_is_cut():
    problem = problem_of(ValidationError({str(number): ["x"] for number in range(5000)}))
    assert len(problem.errors) == 100
    assert problem.detail == "The request has 5000 errors."


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (SuspiciousOperation("secret"), 400, "bad_request"),
        (DjangoValidationError("No.", code="no"), 400, "no"),
        (DjangoValidationError({"slug": ["No."]}), 400, "invalid"),
        (Stale("Changed."), 412, "stale"),
        (OperationalError("secret"), 503, "unavailable"),
        (IntegrityError("secret"), 409, "conflict"),
        (KeyError("secret"), 500, "error"),
    ],
)
def test_exceptions_are_told_without_their_inside(error, status, code):
    problem = problem_of(error)
    assert (problem.status, problem.errors[0].code) == (status, code)
    assert "secret" not in problem.detail + problem.errors[0].message


def test_who_comes_too_early_is_told_when_to_come():
    assert problem_of(OperationalError("deadlock")).headers == {"Retry-After": "2"}
    assert problem_of(Throttled(wait=7)).headers == {"Retry-After": "7"}


def test_a_conflict_may_tell_the_present_state():
    error = Conflict("It is closed.", code="closed", extra={"current": {"status": "closed", "at": MONDAY}})
    response = problem_response(RequestFactory().get("/"), 418)
    assert json.loads(response.content)["title"] == "I'm a Teapot"
    assert problem_of(error).extra == {"current": {"status": "closed", "at": MONDAY}}


def _violate(make):
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        make()
    return violation_of(caught.value)


@pytest.mark.django_db
class TestWhatTheDatabaseRefuses:
    """Both databases say it differently; the caller reads the same."""

    def test_a_column_that_is_unique(self):
        a_client("acme")
        violation = _violate(lambda: Client.objects.create(slug="acme", name="Other"))
        assert (violation.code, violation.fields) == ("unique", ("slug",))
        assert violation.message == "Another one with this slug exists already."

    def test_columns_that_are_unique_together(self):
        row = {"owner": "user:1", "key": "k", "created_at": MONDAY, "lease_until": MONDAY}
        IdempotencyKey.objects.create(**row)
        violation = _violate(lambda: IdempotencyKey.objects.create(**row))
        assert (violation.code, set(violation.fields)) == ("unique", {"owner", "key"})

    def test_an_expression_under_a_condition(self):
        client = a_client("acme")
        Contact.objects.create(client=client, name="Ada", email="ada@example.org")
        violation = _violate(lambda: Contact.objects.create(client=client, name="Bob", email="ada@example.org"))
        assert (violation.code, violation.fields) == ("unique", ("client", "email"))

    def test_a_check_names_its_columns(self):
        grant = {"user": a_user(), "role": Role.TAM, "scope_kind": "all", "valid_from": MONDAY}
        violation = _violate(lambda: Grant.objects.create(**grant, scope_id=1))
        assert violation.code == "contradiction"
        assert set(violation.fields) == {"scope_kind", "scope_id"}

    def test_a_missing_value(self):
        violation = _violate(lambda: ApiToken.objects.create(user=a_user(), name="t", digest="d", hint="h"))
        assert (violation.code, violation.fields) == ("null", ("created_at",))

    def test_what_is_still_in_use(self):
        tam = a_user()
        a_client("acme", tam=tam)
        assert _violate(tam.delete).code == "in_use"


@pytest.mark.django_db(transaction=True)
def test_a_relation_to_nothing_is_refused_at_the_commit():
    violation = _violate(lambda: Client.objects.create(slug="b", name="B", tam_id=10**9))
    assert violation.code == "in_use"

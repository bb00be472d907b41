"""The OpenAPI description of the real API: without warnings, valid, complete."""

import json
import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from accounts.models import Role
from tests.factories import a_user


@pytest.fixture(scope="module")
def schema():
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        made = SchemaGenerator().get_schema(request=None, public=True)
        warnings = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert warnings == []
    return made


def addresses(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("api/v1/"):
            route = re.sub(r"\(\?P<(\w+)>(?:[^()]|\[[^]]*\])*\)", r"{\1}", route)
            yield "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route).replace("{pk}", "{id}")


def test_it_is_valid_openapi_and_describes_every_address(schema):
    validate_schema(schema)
    described = {path.replace("{pk}", "{id}") for path in schema["paths"]}
    expected = set(addresses(get_resolver().url_patterns)) - {"/api/v1/schema/", "/api/v1/docs/"}
    assert expected - described == set()
    assert described - expected == set()


def test_everything_it_points_to_is_there(schema):
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(schema, default=str)))
    assert named - schema["components"]["schemas"].keys() == set()


def test_every_operation_says_what_it_is(schema):
    silent = [
        f"{method} {path}"
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if not operation.get("description")
    ]
    assert silent == []


def test_the_contract_s_fields_of_an_incident_stand_in_it(schema):
    incident = schema["components"]["schemas"]["Incident"]["properties"]
    assert {"reference", "clocks", "hold_reason", "external_ref", "version"} <= incident.keys()
    clock = schema["components"]["schemas"]["Clock"]["properties"]
    assert {
        "kind",
        "state",
        "target_s",
        "elapsed_s",
        "remaining_s",
        "due_at",
        "breached_at",
        "stopped_at",
    } <= clock.keys()


@pytest.mark.django_db
def test_whoever_is_signed_in_may_read_it(api):
    user = a_user("ada", Role.ENGINEER)
    assert api(user).get("/api/v1/schema/").status_code == 200
    assert api(user).get("/api/v1/docs/").status_code == 200
    assert api().get("/api/v1/schema/").status_code == 401

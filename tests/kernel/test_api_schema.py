"""The schema says what the base classes do, and is valid OpenAPI 3.1."""

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from tests.kernel import api_example


@pytest.fixture(scope="module")
def schema():
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        made = SchemaGenerator(patterns=api_example.urlpatterns).get_schema(request=None, public=True)
        warnings = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert warnings == []
    return made


def test_it_is_valid_openapi(schema):
    assert schema["openapi"] == "3.1.0"
    validate_schema(schema)


def test_writes_of_a_resource_need_if_match_and_take_a_key(schema):
    write = schema["paths"]["/api/v1/clients/{slug}/"]["patch"]
    headers = {p["name"]: p.get("required", False) for p in write["parameters"] if p["in"] == "header"}
    assert headers == {"If-Match": True, "Idempotency-Key": False}
    assert {"400", "401", "403", "404", "409", "412", "428", "200"} <= write["responses"].keys()
    problem = write["responses"]["412"]["content"]["application/problem+json"]["schema"]
    assert problem == {"$ref": "#/components/schemas/Problem"}
    assert "ETag" in write["responses"]["200"]["headers"]


def test_lists_name_their_parameters(schema):
    listed = schema["paths"]["/api/v1/clients/"]["get"]
    types = {p["name"]: p["schema"]["type"] for p in listed["parameters"]}
    assert types == {
        **dict.fromkeys(("country", "created_after", "tam", "search", "ordering", "cursor"), "string"),
        "archived": "boolean",
        "version": "integer",
        "page_size": "integer",
    }


def test_a_verb_takes_its_input_and_answers_with_the_object(schema):
    verb = schema["paths"]["/api/v1/clients/{slug}/archive/"]["post"]
    assert verb["description"] == "The client is served no longer."
    sent = verb["requestBody"]["content"]
    assert list(sent) == ["application/json"]
    assert sent["application/json"]["schema"] == {"$ref": "#/components/schemas/ArchiveInputRequest"}
    answer = verb["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Client"}


def test_input_is_closed_and_related_objects_are_named_by_text(schema):
    sent = schema["components"]["schemas"]["ClientRequest"]
    assert sent["additionalProperties"] is False
    assert sent["properties"]["tam"] == {"type": ["string", "null"]}
    assert "id" not in sent["properties"]
    assert schema["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}

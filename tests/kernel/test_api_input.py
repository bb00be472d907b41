"""What the API reads: JSON without gaps, fields of one type each. No database but for relations."""

import json
from datetime import UTC, datetime

import pytest
from rest_framework.exceptions import ParseError, ValidationError

from accounts.models import Role
from kernel.api.fields import Email, Instant, LongText, Slug, Text
from kernel.api.parsers import loads
from kernel.api.problems import problem_of
from kernel.api.serializers import StrictSerializer
from kernel.api.times import Malformed, parse_day, parse_instant
from tests.factories import a_user
from tests.kernel.api_example import Everything

ECHO = "/api/v1/echo/"


def codes(data):
    """The errors of a body as {field: code}."""
    serializer = Everything(data=data)
    try:
        serializer.is_valid(raise_exception=True)
    except ValidationError as error:
        return {one.field: one.code for one in problem_of(error).errors}
    return {}


# --- the parser ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, 2.5, "x", null, true]}', {"a": [1, 2.5, "x", None, True]}),
        (b"\xef\xbb\xbf[]", []),
        ('{"ö": "\N{GRINNING FACE}"}'.encode(), {"ö": "\N{GRINNING FACE}"}),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
    ],
)
def test_json_is_read(raw, value):
    assert loads(raw) == value


def test_json_may_be_64_levels_deep():
    assert loads(b"[" * 64 + b"]" * 64)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "line 1, column 1"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b"{\n 'a': 1}", "line 2, column 2"),
        (b'{"a": 1} x', "line 1, column 10"),
        (b'{"a": 1, "a": 2}', "“a” stands twice"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"[1e309]", "too large"),
        (b"[" + b"9" * 5000 + b"]", "too large"),
        (b'"a\\u0000b"', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'"\\ud800"', "surrogate"),
        ('"é"'.encode("latin-1"), "not UTF-8 (byte 1)"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 65 + b"]" * 65, "nested deeper than 64"),
        (b"[" * 100_000, "nested deeper than 64"),
        (b'{"a":' * 100_000, "nested deeper than 64"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(raw, why):
    with pytest.raises(ParseError) as caught:
        loads(raw)
    assert why in str(caught.value.detail)


@pytest.mark.django_db
@pytest.mark.urls("tests.kernel.api_example")
def test_only_json_is_read(api):
    caller = api(a_user())
    for content_type in ("application/json", "application/json; charset=UTF-8", "application/merge-patch+json"):
        assert caller.generic("POST", ECHO, b'{"flag": true}', content_type=content_type).json() == {"flag": True}
    for content_type in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/jsonx",
        "*/*",
    ):
        answer = caller.generic("POST", ECHO, b'{"flag": true}', content_type=content_type)
        assert answer.status_code == 415, content_type


@pytest.mark.django_db
@pytest.mark.urls("tests.kernel.api_example")
def test_bodies_that_are_no_object_too_large_or_of_unknown_length_are_refused(api, settings):
    caller = api(a_user())
    assert caller.generic("POST", ECHO).json() == {}
    for body in (b"null", b"[]", b'"x"', b"5"):
        answer = caller.generic("POST", ECHO, body, content_type="application/json")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, None), body
    large = b'{"text": "' + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}'
    for headers in ({}, {"Idempotency-Key": "k"}):
        answer = caller.generic("POST", ECHO, large, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "too_large")
    chunked = caller.generic("POST", ECHO, headers={"Transfer-Encoding": "chunked"})
    assert chunked.status_code == 411


# --- fields --------------------------------------------------------------------------------------------------------


def test_unknown_fields_are_named_and_none_is_too_many():
    assert codes({"nonsense": 1, "flag": True}) == {"nonsense": "unknown_field"}
    assert len(codes({f"f{number}": 1 for number in range(1000)})) == 20
    assert codes({"x" * 5000: 1}) == {"x" * 100: "unknown_field"}


def test_all_errors_are_told_at_once_with_their_paths():
    body = {"flag": 1, "targets": [{"response_s": 60}, {"response_s": "60", "x": 1}, 5], "tags": ["a", "c"]}
    assert codes(body) == {
        "flag": "invalid",
        "targets.1.response_s": "invalid",
        "targets.1.x": "unknown_field",
        "targets.2": "invalid",
        "tags.1": "invalid_choice",
    }


@pytest.mark.parametrize("value", ["60", 60.0, 6.5, True, None, [], {}, -1, 2**63, 10**30, 100 * 366 * 86400])
def test_seconds_are_whole_and_json_numbers(value):
    assert set(codes({"seconds": value})) == {"seconds"}


@pytest.mark.parametrize("value", ["true", 1, 0, "", None, "yes"])
def test_truth_values_are_true_or_false(value):
    assert set(codes({"flag": value})) == {"flag"}


@pytest.mark.parametrize("value", ["p1", "P1 ", "P3", "", 1, True, ["P1"], "P1" * 100_000])
def test_choices_are_taken_exactly(value):
    serializer = Everything(data={"kind": value})
    assert not serializer.is_valid()
    assert serializer.errors["kind"] == ["Choose one of: P1, P2."]


def test_a_list_holds_nothing_twice():
    assert codes({"tags": ["a", "b"]}) == {}
    assert codes({"tags": ["a", "b", "a"]}) == {"tags": "repeated"}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T09:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02t09:30:00z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02T09:30:00.999999999+01:00", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
        ("2026-03-02T09:30:00-00:00", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2024-02-29T23:59:59-09:30", datetime(2024, 3, 1, 9, 29, 59, tzinfo=UTC)),
    ],
)
def test_instants_are_read_into_utc_and_whole_seconds(text, instant):
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-02T09:30:00", "in which zone"),
        ("2026-03-02T09:30:00Europe/Vienna", "RFC 3339"),
        ("2026-03-02T09:30:00 CET", "RFC 3339"),
        ("2026-03-02T09:30:00+99:00", "no such day"),
        ("2026-03-02T09:30:00+0100", "RFC 3339"),
        ("2026-03-02T09:30:60Z", "Leap seconds"),
        ("2026-03-02T24:00:00Z", "no such day"),
        ("2026-02-30T09:30:00Z", "no such day"),
        ("2026-13-01T09:30:00Z", "no such day"),
        ("0001-01-01T00:00:00+14:00", "no such day"),
        ("0001-01-01T12:00:00Z", "between the years"),
        ("9999-12-31T23:59:59-14:00", "no such day"),
        ("9999-12-31T23:59:59Z", "between the years"),
        ("10000-01-01T00:00:00Z", "RFC 3339"),
        ("2026-03-02", "RFC 3339"),
        ("1772443800", "RFC 3339"),
        ("٢٠٢٦-03-02T09:30:00Z", "RFC 3339"),
        ("", "RFC 3339"),
    ],
)
def test_instants_that_can_be_misread_are_refused(text, why):
    with pytest.raises(Malformed, match=why):
        parse_instant(text)
    assert codes({"at": text}) == {"at": "invalid"}


def test_instants_are_texts_and_answered_in_utc():
    for value in (1772443800, 1.5, True, None, ["2026-03-02T09:30:00Z"]):
        assert set(codes({"at": value})) == {"at"}
    assert Instant().to_representation(parse_instant("2026-03-02T09:30:00+01:00")) == "2026-03-02T08:30:00Z"


def test_days_are_written_in_one_way():
    assert parse_day("2024-02-29").isoformat() == "2024-02-29"
    for text in ("20260302", "2026-W10-1", "2026-02-30", "2.3.2026", "0001-01-01", ""):
        with pytest.raises(Malformed):
            parse_day(text)


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\x1b[31m", "two\nlines", "a\u2028b", "   ", "\u200b\u200d", "\u3164", "\u0301", 5, True]
)
def test_a_line_of_text_can_be_seen_and_is_one_line(text):
    with pytest.raises(ValidationError):
        Text(max_length=50).run_validation(text)


@pytest.mark.parametrize("text", ["x", "a\N{ZERO WIDTH JOINER}b", "👩\u200d🔧", "e\u0301" * 25, "\u202eabc"])
def test_unusual_text_is_text(text):
    assert Text(max_length=50).run_validation(text) == text


def test_long_text_may_have_lines_but_an_end():
    assert LongText().run_validation("one\n\ttwo") == "one\n\ttwo"
    assert LongText(allow_blank=True).run_validation("") == ""
    for text in ("a\x07", "x" * 20_001, "\n\n"):
        with pytest.raises(ValidationError):
            LongText().run_validation(text)


def test_slugs_and_mail_addresses_are_plain():
    for slug in ("hyper-v", "ACME_2", "0"):
        assert Slug(max_length=60).run_validation(slug) == slug
    wrong: list[object] = ["a b", "ä", "a/b", "a\n", "", "x" * 61, 5]
    for value in wrong:
        with pytest.raises(ValidationError):
            Slug(max_length=60).run_validation(value)
    assert Email().run_validation("ada@example.org") == "ada@example.org"
    for mail in ("a@b", "Ada <ada@example.org>", "a@example.org\r\nBcc: b@example.org", "x" * 300 + "@example.org", 5):
        with pytest.raises(ValidationError):
            Email().run_validation(mail)


@pytest.mark.django_db
@pytest.mark.urls("tests.kernel.api_example")
def test_a_related_object_is_named_out_of_what_one_sees(api):
    caller = api(a_user("ada", Role.TAM))
    assert caller.post(ECHO, {"tam": "ada"}).json() == {"tam": "ada"}
    for name in ("nobody", "ADA", "", "a\u00e4", " ada"):
        answer = caller.post(ECHO, {"tam": name})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "does_not_exist"), name
    for value in (1, True, ["ada"], {"username": "ada"}, None):
        assert caller.post(ECHO, {"tam": value}).status_code == 400


def test_a_serializer_never_writes():
    serializer = StrictSerializer(data={})
    serializer.is_valid(raise_exception=True)
    with pytest.raises(TypeError, match="operation"):
        serializer.save()


def test_json_errors_have_the_same_form(api, db, settings):
    settings.ROOT_URLCONF = "tests.kernel.api_example"
    answer = api(a_user()).generic("POST", ECHO, b"{", content_type="application/json")
    body = json.loads(answer.content)
    assert (answer.status_code, body["errors"][0]["code"]) == (400, "parse_error")

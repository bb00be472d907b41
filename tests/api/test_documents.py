"""Documents over REST: files as versions, beside what is written."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from projects.models import DocumentVersion
from tests.api.world import World, a_world

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def world() -> World:
    return a_world()


def versions(world: World) -> str:
    return f"{API}documents/{world.own.document.pk}/versions/"


def words(content: bytes = b"in words", name: str = "plan.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_file_is_a_version_and_comes_out_as_it_was(world, api):
    tam = api(world.people["tam"])
    said = b"in other words"
    made = tam.post(versions(world), {"file": words(said), "note": "As built", "read": 1}, format="multipart")
    assert made.status_code == 201, made.content
    version = made.json()
    assert version["file"]["sha256"] == hashlib.sha256(said).hexdigest()
    assert (version["file"]["name"], version["file"]["size"]) == ("plan.txt", len(said))
    assert (version["number"], version["note"], version["created_by"]) == (2, "As built", "tam")
    assert tam.get(versions(world)).json()["results"][0] == version
    content = tam.get(f"{versions(world)}2/content/")
    assert b"".join(content.streaming_content) == said
    assert content.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["plan.pdf", "plan.exe", "plan"])
def test_a_file_that_is_not_what_it_says_is_refused_and_kept_nowhere(world, api, name):
    answer = api(world.people["tam"]).post(versions(world), {"file": words(name=name)}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file")
    assert not DocumentVersion.objects.filter(number=2).exists()


@pytest.mark.parametrize(("sent", "field"), [
    ({}, "file"),
    ({"file": "only words"}, "file"),
    ({"file": words(b"")}, "file"),
    ({"file": [words(), words()]}, "file"),
    ({"file": words(), "text": "# And words"}, "text"),
    ({"file": words(), "read": "many"}, "read"),
    ({"file": words(), "read": -1}, "read"),
], ids=["nothing", "no file", "empty", "two files", "two things", "no number", "below nought"])  # fmt: skip
def test_a_form_that_is_no_version_says_what_is_wrong(world, api, sent, field):
    answer = api(world.people["tam"]).post(versions(world), sent, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    assert not DocumentVersion.objects.filter(number=2).exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at(world, api, settings):
    settings.MAX_UPLOAD_MB = 0
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = api(world.people["tam"]).post(versions(world), {"file": words(b"x" * 1000)}, format="multipart")
    assert answer.status_code == 413


def test_a_version_that_was_not_read_is_not_written_over_by_a_file(world, api):
    tam = api(world.people["tam"])
    assert tam.post(versions(world), {"text": "# One"}).status_code == 201
    late = tam.post(versions(world), {"file": words(), "read": 1}, format="multipart")
    assert late.status_code == 412
    assert not DocumentVersion.objects.filter(number=3).exists()


@pytest.mark.parametrize("number", ["0", "2", "999999999"], ids=["nought", "a text", "none such"])
def test_what_has_no_file_has_nothing_to_download(world, api, number):
    tam = api(world.people["tam"])
    assert tam.post(versions(world), {"text": "# One"}).status_code == 201
    assert tam.get(f"{versions(world)}{number}/content/").status_code == 404


def test_a_large_file_sent_twice_under_one_key_is_one_version(world, api):
    tam = api(world.people["tam"])
    for _ in range(2):
        large = words(b"in words\n" * 400_000)
        made = tam.post(
            versions(world), {"file": large}, format="multipart", headers={"Idempotency-Key": "plan-as-built"}
        )
        assert made.status_code == 201, made.content
    assert DocumentVersion.objects.filter(document=world.own.document).count() == 2


def test_another_file_under_the_same_key_is_another_request(world, api):
    tam = api(world.people["tam"])
    answers = [
        tam.post(versions(world), {"file": words(said)}, format="multipart", headers={"Idempotency-Key": "plan"})
        for said in (b"in words", b"in other")
    ]
    assert [answer.status_code for answer in answers] == [201, 422]

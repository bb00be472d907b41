"""Files beside requests over REST."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from projects.models import Attachment
from tests.api.world import World, a_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return a_world()


def address(world: World) -> str:
    return f"/api/v1/change-requests/{world.own.request.pk}/attachments/"


def words(content: bytes = b"in words", name: str = "plan.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_file_goes_in_and_comes_out_as_it_was(world, api):
    tam = api(world.people["tam"])
    made = tam.post(address(world), {"file": words(), "visibility": "internal"}, format="multipart")
    assert made.status_code == 201, made.content
    assert made.json()["name"] == "plan.txt"
    assert made.json()["uploaded_by"] == "tam"
    assert tam.get(made.headers["Location"]).json() == made.json()
    content = tam.get(made.headers["Location"] + "content/")
    assert b"".join(content.streaming_content) == b"in words"
    assert content.headers["Content-Disposition"].startswith("attachment")
    assert api(world.people["contact"]).get(made.headers["Location"]).status_code == 404
    assert api(world.people["engineer"]).get(made.headers["Location"]).status_code == 404


def test_a_contacts_file_is_for_both_sides_and_names_nobody_of_ours(world, api):
    contact = api(world.people["contact"])
    made = contact.post(address(world), {"file": words()}, format="multipart")
    assert Attachment.objects.get(pk=made.json()["id"]).visibility == Attachment.Visibility.CLIENT
    refused = contact.post(address(world), {"file": words(), "visibility": "internal"}, format="multipart")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "visibility")
    listed = contact.get(address(world)).json()["results"]
    assert [one["name"] for one in listed] == ["notes.txt", "plan.txt"]
    assert not any({"uploaded_by", "visibility"} & set(one) for one in listed)


@pytest.mark.parametrize("name", ["plan.pdf", "plan.exe", "plan"])
def test_a_file_that_is_not_what_it_says_is_refused_and_kept_nowhere(world, api, name):
    before = Attachment.objects.count()
    answer = api(world.people["tam"]).post(address(world), {"file": words(name=name)}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file")
    assert Attachment.objects.count() == before


def test_without_a_file_it_says_so(world, api):
    answer = api(world.people["tam"]).post(address(world), {}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file")


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at(world, api, settings):
    settings.MAX_UPLOAD_MB = 0
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = api(world.people["tam"]).post(address(world), {"file": words(b"x" * 1000)}, format="multipart")
    assert answer.status_code == 413

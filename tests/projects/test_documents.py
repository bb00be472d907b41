"""The papers of a project: versions, stale by time, suspect by what happened, verified by a click, owners who hear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile

from accounts.models import Role
from alerts.models import Delivery
from incidents.operations import resolve
from kernel.errors import Invalid, Stale
from projects import operations
from projects.models import Document
from projects.operations import Content
from projects.operations.documents import tell_owners
from tests.factories import MONDAY, a_client, a_project, a_task, a_user, an_incident

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
State = Document.State


def a_document(project=None, *, at=MONDAY, **fields):
    fields.setdefault("title", "WAN diagram")
    fields.setdefault("kind", "Network diagram")
    return operations.create_document(project=project or a_project(), actor=None, at=at, **fields)


def test_a_document_is_stale_when_its_interval_has_passed_and_current_once_verified():
    document = a_document(review_every_days=90)
    assert document.state(MONDAY + 89 * DAY) == State.CURRENT
    assert document.state(MONDAY + 90 * DAY) == State.STALE
    owner = a_user()
    document = operations.verify_document(document=document, actor=owner, at=MONDAY + 95 * DAY)
    assert document.state(MONDAY + 96 * DAY) == State.CURRENT
    assert (document.verified_by, document.due_at) == (owner, MONDAY + 185 * DAY)


def test_a_finished_task_makes_the_documents_of_the_kinds_it_touches_suspect_in_its_project_alone():
    project = a_project()
    touched = a_document(project)
    other_kind, elsewhere = a_document(project, kind="Runbook"), a_document()
    task = a_task(project, title="Move the WAN", touches=["network DIAGRAM"])
    operations.complete_task(task=task, actor=None, at=MONDAY + DAY)
    touched.refresh_from_db()
    assert touched.state(MONDAY + DAY) == State.SUSPECT
    assert (touched.suspect_by_task, touched.suspect_reason) == (task, f"T-{task.pk} Move the WAN")
    for untouched in (other_kind, elsewhere):
        untouched.refresh_from_db()
        assert untouched.state(MONDAY + DAY) == State.CURRENT
    verified = operations.verify_document(document=touched, actor=None, at=MONDAY + 2 * DAY)
    assert (verified.state(MONDAY + 2 * DAY), verified.suspect_by_task, verified.suspect_reason) == (
        State.CURRENT,
        None,
        "",
    )


def test_what_was_verified_after_the_task_had_ended_is_not_suspect():
    project = a_project()
    document = a_document(project, at=MONDAY + 2 * DAY)
    operations.complete_task(task=a_task(project, touches=["Network diagram"]), actor=None, at=MONDAY + DAY)
    document.refresh_from_db()
    assert document.state(MONDAY + 2 * DAY) == State.CURRENT


@pytest.mark.parametrize(("service", "category", "expected"), [
    ("warehouse", "", State.SUSPECT),
    ("", "Warehouse", State.SUSPECT),
    ("mail", "hardware", State.CURRENT),
    ("", "", State.CURRENT),
])  # fmt: skip
def test_a_resolved_incident_makes_suspect_what_describes_its_service_or_category(service, category, expected):
    client = a_client()
    project = a_project(client=client)
    document = a_document(project, service="Warehouse")
    nameless, foreign = a_document(project), a_document(service="Warehouse")
    incident = an_incident(client=client, project=project, service=service, category=category, at=MONDAY + DAY)
    resolve(incident=incident, actor=None, now=MONDAY + 2 * DAY)
    document.refresh_from_db()
    assert document.state(MONDAY + 2 * DAY) == expected
    for other in (nameless, foreign):
        other.refresh_from_db()
        assert other.state(MONDAY + 2 * DAY) == State.CURRENT


def test_an_incident_without_a_project_means_the_clients_documents():
    client = a_client()
    document = a_document(a_project(client=client), service="Warehouse")
    incident = an_incident(client=client, service="Warehouse", at=MONDAY + DAY)
    resolve(incident=incident, actor=None, now=MONDAY + 2 * DAY)
    document.refresh_from_db()
    assert document.suspect_reason == f"{incident.reference} {incident.title}"


def test_versions_are_numbered_and_verify_and_a_version_one_has_not_read_is_not_written_over():
    document = a_document(content=Content(text="# One"))
    second = operations.add_version(
        document=document, content=Content(text="# Two"), read=1, actor=None, at=MONDAY + DAY
    )
    assert second.number == 2
    assert Document.objects.get().verified_at == MONDAY + DAY
    with pytest.raises(Stale, match="version 2"):
        operations.add_version(document=document, content=Content(text="# Mine"), read=1, actor=None, at=MONDAY + DAY)
    assert [version.text for version in document.versions.all()] == ["# Two", "# One"]


def test_the_same_text_again_is_no_new_version():
    document = a_document(content=Content(text="# One"))
    operations.add_version(document=document, content=Content(text="# One"), actor=None, at=MONDAY + DAY)
    assert document.versions.count() == 1


@pytest.mark.parametrize("content", [
    Content(),
    Content(text="both", link="https://wiki.example/"),
    Content(link="javascript:alert(1)"),
    Content(link="not an address"),
    Content(text="x" * 200_001),
    Content(upload=ContentFile(b"MZ\x90\x00 not what it says", name="plan.pdf")),
], ids=["nothing", "two things", "script", "no address", "too long", "false file"])  # fmt: skip
def test_what_is_no_version_is_refused_and_nothing_is_kept(content):
    document = a_document()
    with pytest.raises(Invalid):
        operations.add_version(document=document, content=content, actor=None, at=MONDAY)
    assert not document.versions.exists()


@pytest.mark.parametrize("fields", [{"title": " "}, {"kind": " "}])
def test_a_document_has_a_title_and_a_kind(fields):
    with pytest.raises(Invalid):
        a_document(**fields)


def test_the_owner_hears_once_for_each_state():
    owner = a_user("ada", Role.ENGINEER)
    project = a_project()
    a_document(project, owner=owner, review_every_days=30)
    told = Delivery.objects.filter(event="document")
    assert tell_owners(MONDAY + 29 * DAY) == 0
    assert (tell_owners(MONDAY + 30 * DAY), tell_owners(MONDAY + 31 * DAY)) == (1, 0)
    assert [one.recipient for one in told.all()] == [owner]
    operations.complete_task(task=a_task(project, touches=["Network diagram"]), actor=None, at=MONDAY + 32 * DAY)
    assert (tell_owners(MONDAY + 32 * DAY), tell_owners(MONDAY + 33 * DAY)) == (1, 0)
    assert told.count() == 2


def test_without_an_owner_the_tam_hears_and_of_many_in_one_message():
    project = a_project(tam=a_user("tam", Role.TAM))
    for n in range(3):
        a_document(project, title=f"Paper {n}")
    assert tell_owners(MONDAY + 180 * DAY) == 3
    [told] = Delivery.objects.filter(event="document")
    assert told.recipient == project.tam
    assert all(f"Paper {n}" in told.body for n in range(3))


def test_a_shorter_interval_counts_from_when_it_was_verified_last():
    document = a_document(review_every_days=180)
    operations.update_document(document=document, changes={"review_every_days": 30}, actor=None, at=MONDAY + 10 * DAY)
    assert Document.objects.get().due_at == MONDAY + 30 * DAY

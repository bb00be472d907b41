"""The pages of documents, handovers and people: what each may do there, and what nobody loses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Grant, Role
from projects import operations
from projects.models import Document, Handover, Project
from projects.operations import Content
from tests.factories import a_project, a_task, a_user
from tests.web.worlds import CANARY, World

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def project(world) -> Project:
    return a_project(
        "portal", client=world.client, tam=world.tam, architect=world.architect, name="Customer portal", at=world.now
    )


def a_document(project, *, at, **fields):
    fields.setdefault("title", "WAN diagram")
    fields.setdefault("kind", "Network diagram")
    return operations.create_document(project=project, actor=None, at=at, **fields)


# --- documents -----------------------------------------------------------------------------------------------------
def test_what_wants_a_look_stands_first_and_says_why(world, browse, project):
    a_document(project, at=world.now, title="Fresh")
    touched = a_document(project, at=world.now - 2 * DAY, title="Touched")
    operations.complete_task(
        task=a_task(project, touches=["Network diagram"], title="New core"), actor=None, at=world.now - DAY
    )
    page = browse(world.tam).get("/projects/portal/documents/").text
    assert page.index("Touched") < page.index("Fresh")
    assert "New core" in page
    told = browse(world.tam).get(f"/documents/{touched.pk}/").text
    assert "This may no longer be how it is." in told
    assert f'href="/tasks/{touched.project.tasks.get().pk}/"' in told


def test_one_click_verifies_and_the_banner_is_gone(world, browse, project):
    document = a_document(project, at=world.now - 200 * DAY)
    browser = browse(world.tam)
    assert "Nobody has looked at this for a while." in browser.get(f"/documents/{document.pk}/").text
    page = browser.post(f"/documents/{document.pk}/verify/", follow=True).text
    assert "Nobody has looked" not in page
    assert Document.objects.get().verified_by == world.tam


def test_who_only_reads_is_not_offered_to_verify_and_is_refused(world, browse, project):
    document = a_document(project, at=world.now)
    a_task(project, department="network", at=world.now)
    reader = browse(world.head)
    assert "Still true" not in reader.get(f"/documents/{document.pk}/").text
    assert reader.post(f"/documents/{document.pk}/verify/").status_code == 403


def test_a_document_is_entered_with_its_first_version_and_read_as_markdown(world, browse, project):
    browser = browse(world.architect)
    typed = {"title": "Runbook", "kind": "Runbook", "review_every_days": 30, "visibility": "internal"}
    refused = browser.post("/projects/portal/documents/new/", {**typed, "text": "x", "link": "https://wiki.example/"})
    assert (refused.status_code, 'value="Runbook"' in refused.text) == (422, True)
    page = browser.post(
        "/projects/portal/documents/new/", {**typed, "text": "# Morning\n<script>alert(1)</script>"}, follow=True
    ).text
    assert "<h3>Morning</h3>" in page
    assert "<script>alert(1)" not in page


def test_what_somebody_else_wrote_meanwhile_is_shown_and_what_was_typed_stays(world, browse, project):
    document = a_document(project, at=world.now, content=Content(text="One"))
    operations.add_version(document=document, content=Content(text="Theirs"), actor=world.tam, at=world.now)
    browser, path = browse(world.architect), f"/documents/{document.pk}/versions/new/"
    answer = browser.post(path, {"text": "Mine", "read": 1})
    assert answer.status_code == 422
    assert "Mine</textarea>" in answer.text
    assert "<p>Theirs</p>" in answer.text
    browser.post(path, {"text": "Mine", "read": 2})
    assert [one.text for one in document.versions.all()] == ["Mine", "Theirs", "One"]
    beside = browser.get(f"/documents/{document.pk}/?before").text
    assert "<p>Theirs</p>" in beside
    assert browser.get(f"/documents/{document.pk}/?version=9").status_code == 404


def test_a_file_is_uploaded_and_downloaded(world, browse, project):
    document = a_document(project, at=world.now)
    browser = browse(world.tam)
    upload = SimpleUploadedFile("plan.txt", b"Rack 4", content_type="text/plain")
    browser.post(f"/documents/{document.pk}/versions/new/", {"file": upload, "read": 0})
    answer = browser.get(f"/documents/{document.pk}/versions/1/file/")
    assert b"".join(answer.streaming_content) == b"Rack 4"
    assert "attachment" in answer["Content-Disposition"]


def test_a_file_follows_a_text_that_stands_in_the_form_and_is_asked_for_again_after_a_refusal(world, browse, project):
    document = a_document(project, at=world.now, content=Content(text="One\nTwo"))
    browser, path = browse(world.tam), f"/documents/{document.pk}/versions/new/"

    def sent(**typed):
        return browser.post(path, {"file": SimpleUploadedFile("plan.txt", b"Rack 4"), **typed})

    refused = sent(text="One\r\nTwo", read=0)
    assert (refused.status_code, "Choose it again" in refused.text) == (422, True)
    assert sent(text="Three", read=1).status_code == 422
    assert sent(text="One\r\nTwo", read=1).status_code == 302
    assert [bool(one.stored) for one in document.versions.all()] == [True, False]


def test_a_register_line_that_somebody_else_changed_is_not_overwritten(world, browse, project):
    document = a_document(project, at=world.now)
    operations.verify_document(document=document, actor=world.tam, at=world.now + DAY)
    typed = {"title": "Mine", "kind": "Runbook", "review_every_days": 30, "visibility": "internal", "version": 1}
    answer = browse(world.tam).post(f"/documents/{document.pk}/edit/", typed)
    assert (answer.status_code, 'value="Mine"' in answer.text, "WAN diagram" in answer.text) == (422, True, True)
    assert Document.objects.get().title == "WAN diagram"
    browse(world.tam).post(f"/documents/{document.pk}/edit/", typed | {"version": document_now().version})
    assert document_now().title == "Mine"


def document_now() -> Document:
    return Document.objects.get()


def test_the_clients_people_read_what_is_for_them_and_nothing_internal(world, browse, project):
    secret = a_document(project, at=world.now, title=f"Secret {CANARY}")
    shown = a_document(
        project,
        at=world.now - DAY,
        title="Recovery",
        visibility="client",
        owner=world.engineer,
        content=Content(text="Hi"),
    )
    operations.complete_task(
        task=a_task(project, touches=["Network diagram"], title=CANARY), actor=world.engineer, at=world.now
    )
    contact = browse(world.contact)
    for path in ("/projects/portal/documents/", f"/documents/{shown.pk}/"):
        answer = contact.get(path)
        assert (answer.status_code, "Recovery" in answer.text) == (200, True)
        assert CANARY not in answer.text
    for path in (f"/documents/{secret.pk}/", "/projects/portal/handover/", "/projects/portal/people/"):
        assert contact.get(path).status_code == 404
    assert contact.post(f"/documents/{shown.pk}/verify/").status_code == 403
    assert contact.get("/projects/portal/documents/new/").status_code == 404


# --- handover ------------------------------------------------------------------------------------------------------
def test_a_handover_is_begun_ticked_signed_by_both_and_opens_the_way_into_operation(world, browse, project):
    architect, tam = browse(world.architect), browse(world.tam)
    architect.post("/projects/portal/handover/", {"kind": "go_live"})
    handover = Handover.objects.get()
    for item in handover.items.all():
        architect.post(f"/handovers/{handover.pk}/tick/", {"item": item.pk, "done": "1"})
    assert "8 of 8" in tam.get("/projects/portal/handover/").text
    early = tam.post(f"/handovers/{handover.pk}/sign/", follow=True).text
    assert "signs first" in early
    architect.post(f"/handovers/{handover.pk}/sign/")
    tam.post(f"/handovers/{handover.pk}/sign/")
    operations.update_project(project=project, changes={"phase": "operation"}, actor=None, at=timezone.now())
    assert "Signed by both" in tam.get("/projects/portal/handover/").text


def test_returned_it_says_what_is_missing_and_without_a_reason_it_is_not_returned(world, browse, project):
    handover = operations.begin_handover(project=project, actor=None, at=world.now)
    tam = browse(world.tam)
    assert tam.post(f"/handovers/{handover.pk}/return/", {"reason": ""}).status_code == 422
    tam.post(f"/handovers/{handover.pk}/return/", {"reason": "No number for the night"})
    assert "No number for the night" in browse(world.architect).get("/projects/portal/handover/").text
    assert browse(world.architect).post(f"/handovers/{handover.pk}/return/", {"reason": "x"}).status_code == 403
    assert tam.post(f"/handovers/{handover.pk}/explode/").status_code == 404


def test_a_brief_is_written_for_the_next_tam_and_a_change_in_between_is_not_overwritten(world, browse, project):
    after = a_user("after", Role.TAM)
    a_task(project, title="Racks", at=world.now)
    tam = browse(world.tam)
    tam.post("/projects/portal/handover/", {"kind": "change_of_tam", "receiver": after.pk})
    handover = Handover.objects.get()
    assert "## Contacts" in handover.brief
    operations.update_handover(handover=handover, changes={"brief": "Other"}, actor=None, at=world.now)
    answer = tam.post(f"/handovers/{handover.pk}/brief/", {"brief": "Mine", "version": 1})
    assert (answer.status_code, "Mine</textarea>" in answer.text) == (422, True)
    assert "<p>Other</p>" in answer.text
    assert Handover.objects.get().brief == "Other"


def test_the_architect_hands_no_project_to_another_tam(world, browse, project):
    typed = {"kind": "change_of_tam", "receiver": a_user("after", Role.TAM).pk}
    assert browse(world.architect).post("/projects/portal/handover/", typed).status_code == 403


def test_a_line_is_added_to_the_checklist_of_this_project(world, browse, project):
    operations.begin_handover(project=project, actor=None, at=world.now)
    browser, address = browse(world.architect), f"/handovers/{Handover.objects.get().pk}/line/"
    assert "Keys of the cage" in browser.post(address, {"text": "Keys of the cage"}, follow=True).text
    refused = browser.post(address, {"text": "x" * 201})
    assert (refused.status_code, "x" * 201 in refused.text) == (422, True)
    assert browse(world.head).post(address, {"text": "Mine"}).status_code == 404


def test_who_runs_the_service_takes_over_what_ran_before_with_a_reason(world, browse, project):
    browser, address = browse(world.manager), "/projects/portal/take-over/"
    assert address in browser.get("/projects/portal/handover/").text
    assert address not in browse(world.tam).get("/projects/portal/handover/").text
    assert browser.post(address, {"reason": " "}).status_code == 422
    assert browse(world.tam).post(address, {"reason": "It ran before."}).status_code == 403
    page = browser.post(address, {"reason": "It ran before."}, follow=True).text
    assert address not in page
    project.refresh_from_db()
    assert project.phase == Project.Phase.OPERATION
    assert "It ran before." in browser.get("/projects/portal/history/").text


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "9" * 5000])
def test_a_number_that_nothing_can_have_finds_nothing(world, browse, project, number):
    operations.begin_handover(project=project, actor=None, at=world.now)
    browser = browse(world.tam)
    handover = Handover.objects.get()
    assert browser.post(f"/handovers/{handover.pk}/tick/", {"item": number, "done": "1"}).status_code == 404
    assert browser.post("/projects/portal/people/dismiss/", {"deputy": number}).status_code == 404
    assert browser.post("/tasks/bulk/", {"task": number, "what": "assign"}).status_code == 200


# --- people --------------------------------------------------------------------------------------------------------
def test_seats_stand_with_their_days_and_a_deputy_is_appointed_for_days(world, browse, project):
    browser = browse(world.tam)
    today = timezone.localdate()
    typed = {"deputy": world.manager.pk, "first_day": today.isoformat(), "last_day": (today + 6 * DAY).isoformat()}
    assert "Mona Manager" in browser.post("/projects/portal/people/", typed, follow=True).text
    grant = Grant.objects.get(reason="deputy")
    assert grant.valid_until is not None
    assert (grant.user, grant.valid_until.date()) == (world.manager, today + 7 * DAY)
    wrong = browser.post("/projects/portal/people/", {**typed, "last_day": (today - DAY).isoformat()})
    assert wrong.status_code == 422
    assert browse(world.architect).post("/projects/portal/people/", typed).status_code == 403
    away = {"deputy": world.manager.pk}
    assert browse(world.architect).post("/projects/portal/people/dismiss/", away).status_code == 403
    assert (
        "Mona Manager stands in no longer" in browser.post("/projects/portal/people/dismiss/", away, follow=True).text
    )
    project.refresh_from_db()
    assert project.deputy is None


# --- what was typed wrong ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("year", ["0001", "1969", "2200", "9999"])
def test_a_day_in_a_year_that_cannot_be_meant_is_refused_where_it_was_typed(world, browse, project, year):
    browser, day = browse(world.tam), f"{year}-12-31"
    deputy = {"deputy": world.head.pk, "first_day": "2026-01-01", "last_day": day}
    handover = {"kind": "go_live", "planned_on": day}
    request = {"project": project.pk, "title": "More disk", "wanted_on": day}
    for address, typed in [
        ("/projects/portal/people/", deputy),
        ("/projects/portal/handover/", handover),
        ("/requests/new/", request),
    ]:
        answer = browser.post(address, typed)
        assert answer.status_code == 422, address
        assert "Days lie between the years 1970 and 2199." in answer.text
        assert f'value="{day}"' in answer.text

"""Change requests: the list, a new one, one of them, for each kind of person; and what a client's people never read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import Contact, Grant, Role
from projects import operations
from projects.lifecycle import RequestStatus
from projects.models import Attachment, ChangeRequest, Clarification, Feedback
from projects.operations import NewTask, telling
from projects.requesthistory import lines_of
from tests.factories import a_department, a_project, a_task, a_user, grant
from tests.web.worlds import CANARY, HTMX, World, asked_twice, words

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nsomething\n%%EOF\n"


class Asking(World):
    """With a project of the client's; `person` is the contact as the client knows it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.project = a_project("payments", client=self.client, name="Payments")
        self.person = Contact.objects.get(user=self.contact)
        grant(self.architect, Role.ARCHITECT, Grant.Scope.PROJECT, self.project.pk)


@pytest.fixture
def world() -> Asking:
    return Asking()


def asked_for(world, title="Test environment", **fields) -> ChangeRequest:
    fields.setdefault("requested_by", world.person)
    fields.setdefault("text", "Like production, but smaller.")
    at = fields.pop("at", world.now - timedelta(hours=2))
    actor = fields.pop("actor", world.tam)
    project = fields.pop("project", world.project)
    return operations.record_request(project=project, title=title, actor=actor, at=at, **fields)


def question(world, request, text="How many?", **fields) -> Clarification:
    if "department" not in fields:
        fields.setdefault("contact", world.person)
    return operations.ask(request=request, text=text, actor=world.tam, at=world.now - timedelta(hours=1), **fields)


def decomposed(world, request, **fields):
    piece = NewTask(title="Dig", department=a_department("network"), estimate_h=Decimal(4), **fields)
    return operations.decompose(request=request, tasks=[piece], actor=world.tam, at=world.now)[0]


def delivered(world, **fields) -> ChangeRequest:
    request = asked_for(world, **fields)
    task = decomposed(world, request)
    operations.agree(request=request, promised_at=world.now + timedelta(days=3), actor=world.tam, at=world.now)
    operations.start_task(task=task, actor=world.tam, at=world.now)
    operations.complete_task(task=task, actor=world.tam, at=world.now)
    operations.deliver(request=request, note="Log in and try", actor=world.tam, at=world.now)
    request.refresh_from_db()
    return request


def page(browser, request) -> str:
    answer = browser.get(f"/requests/{request.pk}/")
    assert answer.status_code == 200
    return words(answer)


# --- the list --------------------------------------------------------------------------------------------------------
def test_each_view_holds_what_it_says(world, browse):
    asked_for(world, "fresh")
    waiting = asked_for(world, "waiting")
    question(world, waiting)
    elsewhere = a_project("elsewhere", client=world.other)
    asked_for(world, "foreign", project=elsewhere, requested_by=None)
    gone = asked_for(world, "gone")
    operations.reject(request=gone, reason="No", actor=world.tam, at=world.now)
    delivered(world, title="ready to try")
    everything = {"fresh", "waiting", "foreign", "gone", "ready to try"}
    expected = {
        "open": {"fresh", "waiting", "ready to try"},
        "you": {"fresh"},
        "mine": {"fresh", "waiting", "ready to try"},
        "client": {"waiting", "ready to try"},
        "all": everything - {"foreign"},
    }
    for view, titles in expected.items():
        shown = words(browse(world.tam).get(f"/requests/?view={view}"))
        assert {title for title in everything if f">{title}<" in shown} == titles, view
    shown = words(browse(world.contact).get("/requests/?view=you"))
    assert {title for title in everything if f">{title}<" in shown} == {"waiting", "ready to try"}
    assert "3 requests are open. 2 need you." in shown
    assert "foreign" in words(browse(world.manager).get("/requests/"))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("client=aldgate", {"one", "two"}),
        ("project=payments", {"one", "two"}),
        ("status=clarifying", {"two"}),
        ("q=tw", {"two"}),
        ("q=nothing like it", set()),
        ("client=other", {"three"}),
        ("client=nobody", set()),
        ("status=sleepy", set()),
    ],
)
def test_the_list_is_narrowed_by_the_address(world, browse, query, titles):
    asked_for(world, "one")
    question(world, asked_for(world, "two"))
    asked_for(world, "three", project=a_project("elsewhere", client=world.other), requested_by=None)
    shown = words(browse(world.manager).get(f"/requests/?{query}"))
    assert {title for title in ("one", "two", "three") if f">{title}<" in shown} == titles
    assert ("Nothing matches" in shown) is (not titles)


def test_a_request_is_found_by_its_number(world, browse):
    request, other = asked_for(world, "this"), asked_for(world, "that")
    for query in (request.reference, str(request.pk), request.reference.lower()):
        shown = words(browse(world.tam).get("/requests/", {"q": query}))
        assert f">{request.title}<" in shown
        assert f">{other.title}<" not in shown
    found = words(browse(world.tam).get("/find/", {"q": request.reference}))
    assert f">{request.reference}</mark> this" in found


def test_the_list_and_the_page_cost_the_same_however_much_there_is(world, browse):
    def cost(address: str) -> int:
        browser = browse(world.tam)
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    request = asked_for(world)
    question(world, request)
    decomposed(world, request)
    few = cost("/requests/"), cost(f"/requests/{request.pk}/")
    for number in range(8):
        question(world, asked_for(world, f"more {number}"), department=world.unix)
        question(world, request, f"And {number}?")
        question(world, request, f"And then {number}?", department=world.unix)
        decomposed(world, request)
        upload = SimpleUploadedFile(f"plan{number}.pdf", PDF)
        operations.attach(request=request, upload=upload, visibility="client", actor=world.tam, at=world.now)
    assert (cost("/requests/"), cost(f"/requests/{request.pk}/")) == few


def test_a_list_that_did_not_change_is_not_sent_again(world, browse):
    request = asked_for(world)
    browser = browse(world.tam)
    for address in ("/requests/", f"/requests/{request.pk}/"):
        first, again = asked_twice(browser, address)
        assert again.status_code == 304
    question(world, request)
    assert browser.get(address, headers={**HTMX, "If-None-Match": first["ETag"]}).status_code == 200


def test_the_navigation_counts_what_needs_the_person(world, browse):
    asked_for(world)
    question(world, asked_for(world), department=world.network)
    for person, count in ((world.tam, 1), (world.engineer, 1), (world.contact, 0)):
        shown = browse(person).get("/").text
        nav = shown[shown.index('href="/requests/"') :][:400]
        assert ('class="count"' in nav) is bool(count), person


# --- a new one ---------------------------------------------------------------------------------------------------
def test_a_tam_takes_in_what_a_client_said(world, browse):
    browser = browse(world.tam)
    form = {
        "project": world.project.pk,
        "title": "Test environment",
        "text": "Like production, but smaller.",
        "source": "phone",
        "requested_by": world.person.pk,
        "wanted_on": "2026-12-15",
        "visibility": "client",
        "file": [SimpleUploadedFile("a.pdf", PDF), SimpleUploadedFile("b.txt", b"words")],
    }
    answer = browser.post("/requests/new/", form)
    request = ChangeRequest.objects.get()
    assert answer.headers["Location"] == f"/requests/{request.pk}/"
    assert (request.source, request.requested_by, str(request.wanted_on)) == ("phone", world.person, "2026-12-15")
    assert [one.stored.name for one in request.attachments.all()] == ["a.pdf", "b.txt"]


def test_a_contact_asks_for_the_own_company_and_need_not_say_who(world, browse):
    foreign = a_project("elsewhere", client=world.other)
    browser = browse(world.contact)
    assert CANARY not in browser.get("/requests/new/").text
    refused = browser.post("/requests/new/", {"project": foreign.pk, "title": "Sneak in"})
    assert refused.status_code == 422
    browser.post("/requests/new/", {"project": world.project.pk, "title": "New rack", "text": "Please"})
    request = ChangeRequest.objects.get()
    assert (request.source, request.requested_by, request.recorded_by) == ("portal", world.person, world.contact)


def test_a_file_that_is_not_what_it_says_keeps_what_was_typed_and_records_nothing(world, browse):
    form = {
        "project": world.project.pk,
        "title": "Test environment",
        "text": "Typed with care",
        "source": "mail",
        "visibility": "client",
        "file": SimpleUploadedFile("fake.pdf", b"<script>alert(1)</script>"),
    }
    answer = browse(world.tam).post("/requests/new/", form)
    assert answer.status_code == 422
    assert "“fake.pdf” was not taken" in words(answer)
    assert "Typed with care" in words(answer)
    assert not ChangeRequest.objects.exists()


# --- one of them -------------------------------------------------------------------------------------------------
def test_a_question_is_asked_answered_by_the_contact_and_seen_by_the_tam(world, browse):
    request = asked_for(world)
    tam, contact = browse(world.tam), browse(world.contact)
    addressee = f"contact-{world.person.pk}"
    tam.post(f"/requests/{request.pk}/ask/", {"text": "How many payments?", "to": addressee, "decides": "Pools"})
    assert "Clarifying, 1 open" in page(tam, request)
    shown = page(contact, request)
    assert "We need 1 answer from you." in shown
    assert "We need 1 answer from you." in page(tam, request)
    assert "How many payments?" in shown
    assert "Pools" not in shown
    one = Clarification.objects.get()
    contact.post(f"/requests/{request.pk}/questions/{one.pk}/answer/", {"text": "Twelve a second"})
    shown = page(tam, request)
    assert "Twelve a second" in shown
    assert "Clarifying" in shown
    assert "Waiting for client" not in shown.partition("Time so far")[0]
    assert "We are preparing the plan." in page(contact, request)


def test_words_to_nobody_and_no_words_are_refused_and_kept(world, browse):
    request = asked_for(world)
    for form in ({"text": "Who?", "to": "contact-999999"}, {"text": " ", "to": f"contact-{world.person.pk}"}):
        answer = browse(world.tam).post(f"/requests/{request.pk}/ask/", form)
        assert answer.status_code == 422
    refused = browse(world.tam).post(f"/requests/{request.pk}/ask/", {"text": "Who masks?", "to": "x"})
    assert "Who masks?" in words(refused)
    assert not Clarification.objects.exists()


def test_what_the_client_owes_stands_above_what_the_client_said_until_it_is_answered(world, browse):
    request = asked_for(world)
    one = question(world, request)
    contact = browse(world.contact)
    shown = page(contact, request)
    assert shown.index("questions-h") < shown.index("words-h")
    operations.answer(question=one, text="Twelve", actor=world.contact, at=one.asked_at)
    shown = page(contact, request)
    assert shown.index("words-h") < shown.index("questions-h")
    assert "Answered after" not in shown, "at once is no time"


def test_a_department_answers_what_it_was_asked(world, browse):
    request = asked_for(world)
    one = question(world, request, department=world.network)
    engineer = browse(world.engineer)
    assert "How many?" in page(engineer, request)
    engineer.post(f"/requests/{request.pk}/questions/{one.pk}/answer/", {"text": "A jump host is enough"})
    one.refresh_from_db()
    assert (one.answer, one.answered_by) == ("A jump host is enough", world.engineer)


def test_the_way_to_acceptance_by_the_pages(world, browse):
    request = asked_for(world)
    tam, contact = browse(world.tam), browse(world.contact)
    started = tam.post(f"/requests/{request.pk}/start-decomposing/")
    assert started["Location"] == f"/requests/{request.pk}/decompose/"
    task = decomposed(world, request)
    promised = (world.now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    tam.post(f"/requests/{request.pk}/agree/", {"promised_at": promised})
    refused = tam.post(f"/requests/{request.pk}/deliver/", {"note": "Try it"})
    assert refused.status_code == 422
    assert "1 task is open" in words(refused)
    assert "Try it" in words(refused)
    operations.complete_task(task=task, actor=world.tam, at=world.now)
    tam.post(f"/requests/{request.pk}/deliver/", {"note": "Log in and try"})
    shown = page(contact, request)
    assert "It is ready for you." in shown
    assert "Log in and try" in shown
    assert contact.post(f"/requests/{request.pk}/send-back/", {"reason": ""}).status_code == 422
    contact.post(f"/requests/{request.pk}/send-back/", {"reason": "The database is missing"})
    assert "“The database is missing”" in page(tam, request)
    tam.post(f"/requests/{request.pk}/deliver/")
    contact.post(f"/requests/{request.pk}/accept/", {"note": "All there"})
    request.refresh_from_db()
    assert (request.status, request.accepted_by) == (RequestStatus.ACCEPTED, world.person)
    assert "You have accepted it." in page(contact, request)


def test_the_reason_of_the_client_stands_above_the_work_until_it_is_delivered_again(world, browse):
    request = delivered(world)
    operations.send_back(request=request, reason="No database", actor=world.contact, at=world.now)
    tam = browse(world.tam)
    assert tam.get(f"/requests/{request.pk}/").context["not_accepted"].text == "No database"
    operations.deliver(request=request, actor=world.tam, at=world.now)
    assert tam.get(f"/requests/{request.pk}/").context["not_accepted"] is None


def test_how_many_tasks_it_was_cut_into_is_told_in_the_language_of_the_reader(world):
    request = asked_for(world)
    with translation.override("fr"):
        decomposed(world, request)
    [line] = [line for line in lines_of(request, is_internal=True) if line.title == "Decomposed"]
    assert line.text == "1 task"


def test_who_asked_and_who_wrote_it_down_are_named_once(world, browse):
    own = asked_for(world, actor=world.contact)
    taken_in = asked_for(world)
    tam = browse(world.tam)
    assert "taken in by" not in page(tam, own)
    assert f"taken in by {world.tam}" in page(tam, taken_in)


def test_many_open_tasks_are_counted_and_the_first_of_them_named(world, browse):
    request = asked_for(world)
    for n in range(7):
        decomposed(world, request, key=f"k{n}")
    operations.agree(request=request, actor=world.tam, at=world.now)
    refused = words(browse(world.tam).post(f"/requests/{request.pk}/deliver/", {"note": ""}))
    first = request.tasks.order_by("pk").first()
    assert f"7 tasks are open, the first of them: {first}" in refused


def test_a_tam_writes_down_who_accepted(world, browse):
    request = delivered(world)
    browse(world.tam).post(f"/requests/{request.pk}/accept/", {"contact": world.person.pk, "note": "By phone"})
    request.refresh_from_db()
    assert (request.status, request.accepted_by) == (RequestStatus.ACCEPTED, world.person)


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(world, browse):
    request = asked_for(world)
    form = {"title": "Mine", "text": "", "version": request.version}
    operations.update_request(request=request, changes={"title": "Theirs"}, actor=world.tam, at=world.now)
    answer = browse(world.tam).post(f"/requests/{request.pk}/edit/", form)
    assert answer.status_code == 422
    assert "Somebody changed this in the meantime" in words(answer)
    request.refresh_from_db()
    assert request.title == "Theirs"


# --- who may what --------------------------------------------------------------------------------------------------
PEOPLE = ("admin", "manager", "tam", "architect", "engineer", "colleague", "contact", "stranger", "anonymous")
# Who                             adm man tam arc eng col con str ano; the engineer's department has a question here,
# the colleague works elsewhere, the stranger is a TAM of another client.
RIGHTS = """
GET  requests/                  | 200 200 200 200 200 200 200 200 302
GET  requests/new/              | 200 200 200 200 403 403 200 200 302
GET  requests/{pk}/             | 200 200 200 200 200 404 200 404 302
GET  requests/{pk}/ask/         | 200 200 200 200 403 404 403 404 302
POST requests/{pk}/start-decomposing/ | 302 302 302 302 403 404 403 404 302
GET  requests/{pk}/edit/        | 200 200 200 200 403 404 403 404 302
GET  requests/{pk}/agree/       | 200 200 200 200 403 404 403 404 302
GET  requests/{pk}/promise/     | 200 200 200 200 403 404 403 404 302
GET  requests/{pk}/deliver/     | 200 200 200 200 403 404 403 404 302
GET  requests/{pk}/accept/      | 200 200 200 403 403 404 200 404 302
GET  requests/{pk}/send-back/   | 200 200 200 403 403 404 200 404 302
GET  requests/{pk}/reject/      | 200 200 200 200 403 404 403 404 302
GET  requests/{pk}/withdraw/    | 200 200 200 200 403 404 200 404 302
GET  requests/{pk}/attach/      | 200 200 200 200 200 404 200 404 302
GET  requests/{pk}/nonsense/    | 404 404 404 404 404 404 404 404 302
GET  requests/{pk}/questions/{theirs}/answer/ | 200 200 200 200 200 404 404 404 302
GET  requests/{pk}/questions/{clients}/answer/ | 200 200 200 200 403 404 200 404 302
POST requests/{pk}/questions/{clients}/remind/ | 302 302 302 302 403 404 403 404 302
POST requests/{pk}/questions/{clients}/withdraw/ | 302 302 302 302 403 404 403 404 302
GET  requests/{pk}/attachments/{internal}/ | 200 200 200 200 404 404 404 404 302
GET  requests/{pk}/attachments/{shared}/   | 200 200 200 200 200 404 200 404 302
POST requests/{pk}/attachments/{shared}/remove/ | 302 302 302 403 403 404 403 404 302
"""


@pytest.mark.parametrize("row", [line for line in RIGHTS.splitlines() if line])
def test_each_person_gets_what_the_table_says(world, browse, client, row):
    world.colleague.grants.all().delete()
    grant(world.colleague, Role.ENGINEER, Grant.Scope.DEPARTMENT, world.unix.pk)
    stranger = a_user("stranger", Role.TAM)
    grant(stranger, Role.TAM, Grant.Scope.CLIENT, world.other.pk)
    request = asked_for(world)
    names = {
        "pk": request.pk,
        "theirs": question(world, request, department=world.network).pk,
        "clients": question(world, request).pk,
    }
    for visibility, name in (("internal", "internal"), ("client", "shared")):
        upload = SimpleUploadedFile(f"{name}.pdf", PDF)
        made = operations.attach(request=request, upload=upload, visibility=visibility, actor=None, at=world.now)
        names[name] = made.pk
    call, _bar, statuses = row.partition("|")
    method, address = call.split()
    got = {}
    for person in PEOPLE:
        user = stranger if person == "stranger" else getattr(world, person, None)
        browser = client if user is None else browse(user)
        if Attachment.objects.filter(pk=names["shared"]).count() == 0:
            upload = SimpleUploadedFile("again.pdf", PDF)
            made = operations.attach(request=request, upload=upload, visibility="client", actor=None, at=world.now)
            names["shared"] = made.pk
        answer = browser.generic(method, "/" + address.format(**names))
        if answer.streaming:
            list(answer.streaming_content)  # a file is closed when it is read
        got[person] = answer.status_code
    assert got == dict(zip(PEOPLE, map(int, statuses.split()), strict=True))


# --- what a client's people never read -----------------------------------------------------------------------------
def test_nothing_internal_reaches_a_contact(world, browse):
    request = asked_for(world)
    question(world, request, f"Which firewall, {CANARY}?", department=world.network)
    one = question(world, request, "How many?", decides=f"how much we earn {CANARY}")
    operations.answer(question=one, text="Twelve", actor=world.engineer, at=world.now)
    task = decomposed(world, request, what=f"Secretly {CANARY}")
    operations.update_task(
        task=task, changes={"assignee": world.engineer, "title": f"Internal {CANARY}"}, actor=world.tam, at=world.now
    )
    upload = SimpleUploadedFile(f"sketch-{CANARY}.pdf", PDF)
    operations.attach(request=request, upload=upload, visibility="departments", actor=world.engineer, at=world.now)
    asked_for(world, f"Foreign {CANARY}", project=a_project("elsewhere", client=world.other), requested_by=None)
    operations.agree(request=request, promised_at=world.now + timedelta(days=2), actor=world.engineer, at=world.now)
    operations.start_task(task=task, actor=world.tam, at=world.now)
    contact = browse(world.contact)
    addresses = ["/requests/", "/requests/?view=all", f"/requests/{request.pk}/", "/clients/aldgate/", "/requests/new/"]
    addresses += [f"/requests/{request.pk}/withdraw/", f"/find/?q={request.reference}", f"/find/?q={CANARY}"]
    for address in addresses:
        for headers in ({}, HTMX):
            answer = contact.get(address, headers=headers)
            assert answer.status_code == 200
            shown = answer.text.replace(f"q={CANARY}", "").replace(f'value="{CANARY}"', "")
            assert CANARY not in shown, address
    assert CANARY in page(browse(world.tam), request)


# --- feedback --------------------------------------------------------------------------------------------------------
def test_a_contact_says_once_how_it_was_without_signing_in(world, client, monkeypatch):
    told = []
    monkeypatch.setattr(telling, "feedback_asked", lambda *words, at: told.append(words[2]))
    Contact.objects.filter(pk=world.person.pk).update(email="carl@aldgate.example")
    world.person.refresh_from_db()
    request = delivered(world)
    operations.accept(request=request, contact=world.person, actor=world.contact, at=world.now)
    address = f"/feedback/{told[0]}/"
    for _look in range(2):
        assert "How was it?" in words(client.get(address))
    assert client.post(address, {"comment": "Kept"}).status_code == 422
    assert "Kept" in words(client.post(address, {"score": "9", "comment": "Kept"}))
    assert Feedback.objects.get(request=request).score is None
    assert "Thank you" in words(client.post(address, {"score": "4", "comment": "Quick"}))
    assert "Thank you" in words(client.post(address, {"score": "1", "comment": "No, bad"}))
    stored = Feedback.objects.get(request=request)
    assert (stored.score, stored.comment) == (4, "Quick")
    assert client.get("/feedback/another/").status_code == 404


def test_of_very_many_tasks_the_first_open_ones_are_drawn(world, browse, monkeypatch):
    monkeypatch.setattr("projects.views.request.MOST_DRAWN", 3)
    request = asked_for(world)
    operations.begin_decomposing(request=request, actor=world.tam, at=world.now)
    tasks = [a_task(change_request=request, title=f"Step {n}", at=world.now) for n in range(5)]
    operations.complete_task(task=tasks[0], actor=world.tam, at=world.now)
    for status in (RequestStatus.DECOMPOSING, RequestStatus.IN_WORK):
        ChangeRequest.objects.filter(pk=request.pk).update(status=status)
        page = words(browse(world.tam).get(f"/requests/{request.pk}/"))
        assert "Shown are the first 3 open tasks." in page
        assert f'href="/projects/{world.project.slug}/?request={request.pk}"' in page
        assert [task for task in tasks if f'href="/tasks/{task.pk}/"' in page] == tasks[1:4]
    assert "1 of 5 done" in page
    assert "Step 0" in words(browse(world.tam).get(f"/projects/{world.project.slug}/?request={request.pk}&status=done"))

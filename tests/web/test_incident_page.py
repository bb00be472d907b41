"""The page of an incident: what each kind of person sees and can do there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.operations import run_pass
from incidents import operations
from incidents.models import IncidentEvent
from tests.factories import a_client
from tests.web.worlds import CANARY, HTMX, World, ago, order, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def test_strangers_sign_in_first_and_others_find_nothing(world, browse, client):
    incident = world.incident(client=world.other, department=world.unix)
    assert client.get(f"/incidents/{incident.pk}/").url.startswith("/sign-in/")
    for person in (world.tam, world.contact, world.engineer, world.architect):
        browser = browse(person)
        assert browser.get(f"/incidents/{incident.pk}/").status_code == 404
        assert browser.post(f"/incidents/{incident.pk}/acknowledge/").status_code == 404
        assert browser.get(f"/incidents/{incident.pk}/resolve/").status_code == 404
    assert browse(world.manager).get(f"/incidents/{incident.pk}/").status_code == 200


def test_the_page_says_how_both_clocks_stand(world, browse):
    incident = world.incident(minutes=100, priority="P1", title="Core switch gone")
    operations.acknowledge(incident=incident, actor=world.engineer, now=world.now, at=ago(world, 93))
    operations.hold(incident=incident, reason="client", actor=world.tam, now=world.now, at=ago(world, 60))
    operations.resume(incident=incident, actor=world.tam, now=world.now, at=ago(world, 24))
    page = words(browse(world.tam).get(f"/incidents/{incident.pk}/"))
    assert "7 min used of 30 min." in page
    assert "1 h 04 min of 4 h used" in page
    assert "Was paused for 36 min: Waiting for client." in page
    assert 'fill="url(#hatch)"' in page
    assert "Acknowledged after 7 min, target 30 min" in page
    assert page.count("<h1") == 1


def test_a_missed_target_stands_in_the_timeline_with_who_was_told(world, browse):
    incident = world.incident(minutes=50)
    run_pass(world.now, process_name="tests")
    page = words(browse(world.tam).get(f"/incidents/{incident.pk}/"))
    assert "Response target missed" in page
    alerts = page[page.index('id="alerts"') :]
    assert "100%" in alerts
    assert "Tara Tam" in alerts
    assert "Mona Manager" in alerts


def test_the_timeline_stands_newest_on_top_and_marks_what_the_client_reads(world, browse):
    incident = world.incident()
    for text, is_public in (("for us", False), ("for all", True)):
        operations.comment(incident=incident, text=text, is_public=is_public, actor=world.tam, now=world.now)
    page = words(browse(world.tam).get(f"/incidents/{incident.pk}/"))
    assert order(page, "for all", "for us", "Opened as P2") == ["for all", "for us", "Opened as P2"]
    assert page.count("Public</span>") == page.count("Internal</span>") == 1


def test_departments_are_told_with_the_time_each_had_it(world, browse):
    incident = world.incident(minutes=90)
    operations.assign(incident=incident, department=world.unix, actor=world.tam, now=world.now, at=ago(world, 30))
    page = words(browse(world.tam).get(f"/incidents/{incident.pk}/"))
    stays = page[page.index('id="stays-h"') :]
    assert order(stays, "Network", "1 h", "Unix", "30 min") == ["Network", "1 h", "Unix", "30 min"]


OFFERED = {
    "take": "do-take",
    "acknowledge": "do-acknowledge",
    "hold": "do-hold",
    "resume": "do-resume",
    "resolve": "do-resolve",
    "reopen": "do-reopen",
    "close": "do-close",
    "assign": "do-assign",
    "comment": "do-comment",
    "edit": "do-edit",
}


@pytest.mark.parametrize(
    ("state", "who", "offered"),
    [
        ("new", "tam", {"acknowledge", "hold", "resolve", "close", "assign", "comment", "edit"}),
        ("new", "engineer", {"take", "acknowledge", "resolve", "comment"}),
        ("new", "head", {"take", "acknowledge", "hold", "resolve", "close", "assign", "comment", "edit"}),
        ("new", "manager", {"acknowledge", "hold", "resolve", "close", "assign", "comment", "edit"}),
        ("new", "contact", {"comment"}),
        ("in_progress", "tam", {"hold", "resolve", "close", "assign", "comment", "edit"}),
        ("on_hold", "tam", {"resume", "resolve", "close", "assign", "comment", "edit"}),
        ("on_hold", "engineer", {"take", "resume", "resolve", "comment"}),
        ("resolved", "tam", {"reopen", "close", "assign", "comment", "edit"}),
        ("closed", "tam", {"reopen", "comment", "edit"}),
        ("closed", "engineer", {"comment"}),
    ],
)
def test_what_is_offered_depends_on_the_state_and_on_who_asks(world, browse, state, who, offered):
    incident = world.incident()
    steps = {
        "new": (),
        "in_progress": (operations.acknowledge,),
        "on_hold": (hold_for_vendor,),
        "resolved": (operations.resolve,),
        "closed": (operations.resolve, operations.close),
    }
    for step in steps[state]:
        step(incident=incident, actor=world.tam, now=world.now)
    page = browse(getattr(world, who)).get(f"/incidents/{incident.pk}/").text
    assert {name for name, mark in OFFERED.items() if f'id="{mark}"' in page} == offered


def hold_for_vendor(**arguments):
    return operations.hold(reason="vendor", **arguments)


@pytest.mark.parametrize(
    ("verb", "data", "status"),
    [
        ("acknowledge", {}, "in_progress"),
        ("hold", {"reason": "client"}, "on_hold"),
        ("resolve", {"resolution": "Restarted it"}, "resolved"),
        ("close", {}, "closed"),
        ("comment", {"text": "Looked at it"}, "new"),
        ("edit", {"title": "Other words", "priority": "P1", "version": 1}, "new"),
    ],
)
def test_an_action_is_done_and_the_page_comes_back_changed(world, browse, verb, data, status):
    incident = world.incident()
    answer = browse(world.tam).post(f"/incidents/{incident.pk}/{verb}/", data, headers=HTMX)
    incident.refresh_from_db()
    assert answer.status_code == 200
    assert incident.status == status
    assert IncidentEvent.objects.filter(incident=incident, actor=world.tam).count() >= 1
    page = words(answer)
    assert page.lstrip().startswith('<div class="stack" id="incident"')
    for part in ('id="nav" hx-swap-oob="true"', 'id="nextclock" hx-swap-oob="true"', "beforeend:#toasts"):
        assert part in page
    assert incident.reference in page[page.index("beforeend:#toasts") :]


def test_without_script_an_action_leads_back_to_the_page_with_its_message(world, browse):
    incident = world.incident()
    answer = browse(world.tam).post(f"/incidents/{incident.pk}/acknowledge/", follow=True)
    assert answer.redirect_chain == [(f"/incidents/{incident.pk}/", 302)]
    assert f"{incident.reference} acknowledged" in answer.text
    assert "<html" in answer.text


@pytest.mark.parametrize(
    ("verb", "data", "kept"),
    [
        ("resolve", {"resolution": "   "}, "What restored the service?"),
        ("hold", {"reason": "lunch"}, "What does it wait for?"),
        ("comment", {"text": "", "is_public": "on"}, "checked"),
        ("edit", {"title": "", "priority": "P1", "description": "Half a story", "version": 1}, "Half a story"),
        ("assign", {"department": "x"}, "Department"),
    ],
)
def test_a_form_with_an_error_comes_back_with_what_was_typed(world, browse, verb, data, kept):
    incident = world.incident()
    answer = browse(world.tam).post(f"/incidents/{incident.pk}/{verb}/", data, headers=HTMX)
    assert answer.status_code == 422
    assert kept in words(answer)
    assert 'class="err"' in answer.text
    assert "data-poll" not in answer.text
    incident.refresh_from_db()
    assert incident.version == 1


def test_a_form_opens_by_its_address_and_holds_the_polling(world, browse):
    incident = world.incident()
    browser = browse(world.tam)
    whole = browser.get(f"/incidents/{incident.pk}/resolve/").text
    assert "<html" in whole
    assert "What restored the service?" in whole
    assert "data-poll" not in whole
    assert "data-poll" in browser.get(f"/incidents/{incident.pk}/").text


def test_somebody_elses_change_is_not_overwritten_and_ones_own_words_stay(world, browse):
    incident = world.incident()
    operations.edit(incident=incident, changes={"title": "Theirs"}, actor=world.manager, now=world.now)
    typed = {"title": "Mine", "priority": "P2", "version": 1}
    answer = browse(world.tam).post(f"/incidents/{incident.pk}/edit/", typed)
    assert answer.status_code == 422
    assert "Somebody changed this in the meantime" in answer.text
    assert 'value="Mine"' in answer.text
    assert "Theirs" in answer.text


def test_an_action_that_the_state_forbids_says_why(world, browse):
    incident = world.incident()
    operations.close(incident=incident, actor=world.tam, now=world.now)
    browser = browse(world.tam)
    answer = browser.post(f"/incidents/{incident.pk}/resolve/", {"resolution": "Late"})
    assert answer.status_code == 422
    assert "cannot become" in words(answer)
    assert browser.get(f"/incidents/{incident.pk}/resolve/").url == f"/incidents/{incident.pk}/"


def test_what_one_may_not_do_is_refused_whatever_the_page_offers(world, browse):
    incident = world.incident()
    for who, verb in (("engineer", "hold"), ("contact", "resolve"), ("engineer", "edit"), ("contact", "assign")):
        browser = browse(getattr(world, who))
        assert browser.get(f"/incidents/{incident.pk}/{verb}/").status_code == 403
        assert browser.post(f"/incidents/{incident.pk}/{verb}/", {"reason": "client"}).status_code == 403
    assert browse(world.tam).get(f"/incidents/{incident.pk}/acknowledge/").status_code == 405
    assert browse(world.tam).post(f"/incidents/{incident.pk}/destroy/").status_code == 404
    incident.refresh_from_db()
    assert incident.version == 1


def test_an_engineer_takes_what_nobody_has_and_the_second_is_told(world, browse):
    incident = world.incident()
    browse(world.engineer).post(f"/incidents/{incident.pk}/take/")
    incident.refresh_from_db()
    assert incident.assignee == world.engineer
    late = browse(world.colleague).post(f"/incidents/{incident.pk}/take/", follow=True)
    assert "has" in late.text
    incident.refresh_from_db()
    assert incident.assignee == world.engineer


def test_what_is_given_away_to_where_one_sees_nothing_leads_back_to_the_list(world, browse):
    incident = world.incident(client=world.other)
    data = {"department": world.unix.pk, "assignee": ""}
    answer = browse(world.head).post(f"/incidents/{incident.pk}/assign/", data, headers=HTMX)
    assert answer["HX-Redirect"] == "/incidents/"
    incident.refresh_from_db()
    assert incident.department == world.unix


def test_assigning_offers_the_people_of_the_departments(world, browse):
    incident = world.incident(assignee=world.engineer)
    page = browse(world.tam).get(f"/incidents/{incident.pk}/assign/").text
    assert f'<optgroup label="{world.network}">' in page
    data = {"department": world.network.pk, "assignee": world.colleague.pk}
    browse(world.tam).post(f"/incidents/{incident.pk}/assign/", data)
    incident.refresh_from_db()
    assert incident.assignee == world.colleague
    browse(world.tam).post(f"/incidents/{incident.pk}/assign/", {"department": world.network.pk, "assignee": ""})
    incident.refresh_from_db()
    assert incident.assignee is None


def test_a_note_is_internal_unless_said_otherwise_and_a_contacts_is_public(world, browse):
    incident = world.incident()
    browse(world.tam).post(f"/incidents/{incident.pk}/comment/", {"text": "internal"})
    browse(world.tam).post(f"/incidents/{incident.pk}/comment/", {"text": "outward", "is_public": "on"})
    browse(world.contact).post(f"/incidents/{incident.pk}/comment/", {"text": "from outside"})
    said = dict(IncidentEvent.objects.filter(kind="commented").values_list("text", "is_public"))
    assert said == {"internal": False, "outward": True, "from outside": True}


def test_a_contact_reads_nothing_internal_on_the_page_of_an_incident(world, browse):
    incident = world.secretive()
    operations.assign(incident=incident, assignee=world.colleague, actor=world.head, now=world.now)
    operations.comment(incident=incident, text="We are on it", is_public=True, actor=world.engineer, now=world.now)
    operations.edit(incident=incident, changes={"category": CANARY}, actor=world.tam, now=world.now)
    operations.edit(incident=incident, changes={"category": "Web"}, actor=world.tam, now=world.now)
    run_pass(world.now, process_name="tests")
    browser = browse(world.contact)
    for answer in (
        browser.get(f"/incidents/{incident.pk}/"),
        browser.get(f"/incidents/{incident.pk}/", headers=HTMX),
        browser.get(f"/incidents/{incident.pk}/comment/"),
    ):
        assert answer.status_code == 200
        assert CANARY not in answer.text
        assert "We are on it" in answer.text
        assert "Support team" in answer.text
    assert "Alerts" not in browser.get(f"/incidents/{incident.pk}/").text


def test_the_page_alone_is_not_sent_again_until_something_changes(world, browse):
    incident = world.incident()
    operations.resolve(incident=incident, actor=world.tam, now=world.now)
    browser = browse(world.tam)
    first = browser.get(f"/incidents/{incident.pk}/", headers=HTMX)
    conditional = {**HTMX, "If-None-Match": first["ETag"]}
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(f"/incidents/{incident.pk}/", headers=conditional).status_code == 304
    assert len(queries) < 10
    operations.comment(incident=incident, text="News", actor=world.tam, now=world.now)
    assert browser.get(f"/incidents/{incident.pk}/", headers=conditional).status_code == 200


def test_the_page_costs_the_same_for_one_event_and_for_twenty(world, browse):
    incident = world.incident(minutes=50)
    run_pass(world.now, process_name="tests")
    browser = browse(world.tam)

    def cost(new: int) -> int:
        for number in range(new):
            operations.comment(incident=incident, text=f"note {number}", actor=world.engineer, now=world.now)
            department = world.unix if number % 2 else world.network
            operations.assign(incident=incident, department=department, actor=world.tam, now=world.now)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(f"/incidents/{incident.pk}/").status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(18)


def test_a_timeline_without_end_is_cut_until_somebody_asks_for_the_rest(world, browse, monkeypatch):
    monkeypatch.setattr("incidents.views.page.MOST_LINES", 2)
    incident = world.incident()
    for number in range(4):
        operations.comment(incident=incident, text=f"note {number}", actor=world.tam, now=world.now)
    browser = browse(world.tam)
    page = words(browser.get(f"/incidents/{incident.pk}/"))
    assert order(page, *(f"note {number}" for number in range(4)), "3 earlier") == ["note 3", "note 2", "3 earlier"]
    assert "note 0" in words(browser.get(f"/incidents/{incident.pk}/?whole"))


def test_markup_in_what_people_wrote_stays_words(world, browse):
    incident = world.incident(title="<script>alert(1)</script>", description="<img src=x>")
    operations.comment(incident=incident, text="<b>bold</b>\n\njavascript:x", actor=world.tam, now=world.now)
    for path in (f"/incidents/{incident.pk}/", "/incidents/"):
        page = browse(world.tam).get(path).text
        assert "<script>alert" not in page
        assert "<img src" not in page
        assert "<b>bold" not in page


def test_another_clients_tam_finds_nothing(world, browse):
    stranger = a_client("elsewhere").tam
    incident = world.incident()
    assert browse(stranger).get(f"/incidents/{incident.pk}/").status_code == 404

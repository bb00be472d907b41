"""The list of incidents, one of them, a new one: what each kind of person sees and can do there."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.operations import update_profile
from alerts.operations import run_pass
from incidents import operations
from incidents.models import Incident, IncidentEvent
from sla.models import Clock
from tests.factories import a_client, an_incident
from tests.web.worlds import CANARY, HTMX, World, asked_twice

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def words(answer) -> str:
    """The page as it is read: plain blanks, no entities."""
    return html.unescape(answer.text).replace("\u00a0", " ").replace("\u202f", " ")


def order(page: str, *titles: str) -> list[str]:
    return sorted((title for title in titles if title in page), key=page.index)


def opened(world, minutes, **fields):
    return world.incident(minutes=minutes, title=f"opened {minutes} min ago", **fields)


def ago(world, minutes):
    return world.now - timedelta(minutes=minutes)


# --- the list --------------------------------------------------------------------------------------------------------
def test_what_is_over_comes_first_the_latest_on_top_then_what_ends_next(world, browse):
    for minutes in (300, 90, 20, 10):
        opened(world, minutes)
    page = words(browse(world.tam).get("/incidents/"))
    assert "4 open. 2 clocks are over, 2 run out within the hour, 4 wait for the first word." in page
    found = order(page, *(f"opened {minutes} min ago" for minutes in (300, 90, 20, 10)))
    assert found == [f"opened {minutes} min ago" for minutes in (90, 300, 20, 10)]


def test_each_view_holds_what_it_says(world, browse):
    opened(world, 1)
    mine = opened(world, 2, client=world.other, assignee=world.tam)
    operations.acknowledge(incident=mine, actor=world.tam, now=world.now)
    waiting = opened(world, 3)
    operations.hold(incident=waiting, reason="vendor", actor=world.tam, now=world.now)
    opened(world, 60)
    closed = opened(world, 4)
    operations.close(incident=closed, actor=world.tam, now=world.now)
    browser = browse(world.manager)
    expected = {
        "deadline": {1, 2, 3, 60},
        "new": {1, 60},
        "waiting": {3},
        "breached": {60},
        "all": {1, 2, 3, 4, 60},
        "mine": {1, 2, 3, 60},  # the manager answers for both clients
    }
    for view, minutes in expected.items():
        page = words(browser.get(f"/incidents/?view={view}"))
        assert {m for m in (1, 2, 3, 4, 60) if f"opened {m} min ago" in page} == minutes, view
    assert "opened 2 min ago" in words(browse(world.tam).get("/incidents/?view=mine"))


@pytest.mark.parametrize(
    ("query", "minutes"),
    [
        ("client=aldgate", {1, 60}),
        ("client=other", {5}),
        ("priority=P1", {1}),
        ("department=unix", {60}),
        ("state=over", {60}),
        ("state=risk", {5}),
        ("state=paused", set()),
        ("state=running", {1, 5, 60}),
        ("q=60 MIN", {60}),
        ("q=TKT-9", {5}),
        ("q=nothing like it", set()),
    ],
)
def test_the_list_is_narrowed_by_the_address(world, browse, query, minutes):
    opened(world, 1, priority="P1")
    opened(world, 60, department=world.unix)
    close = opened(world, 5, client=world.other, external_ref="TKT-9", source="desk")
    Clock.objects.filter(subject_id=close.pk, kind="response").update(alerted_level=75)
    answer = browse(world.manager).get(f"/incidents/?{query}")
    assert {m for m in (1, 5, 60) if f"opened {m} min ago" in words(answer)} == minutes
    assert ("Nothing matches" in answer.text) is (not minutes)


def test_an_incident_is_found_by_its_number_with_and_without_its_letters(world, browse):
    incident = opened(world, 1)
    other = opened(world, 2)
    for query in (incident.reference, str(incident.pk), incident.reference.lower()):
        page = words(browse(world.tam).get("/incidents/", {"q": query}))
        assert incident.title in page
        assert other.title not in page


def test_a_figure_of_the_report_leads_to_exactly_its_incidents(world, browse):
    """Closed ones as well, opened in [after, before)."""
    day = datetime(2026, 3, 2, tzinfo=UTC)
    for hour, title in ((0, "first minute"), (5, "late"), (23, "in time"), (24, "next day")):
        at = day + timedelta(hours=hour)
        incident = an_incident(client=world.client, at=at, now=world.now, title=title)
        late = timedelta(hours=9) if title in {"late", "first minute"} else timedelta(minutes=1)
        operations.close(incident=incident, actor=None, now=world.now, at=at + late)
    drill = "clock=resolution&verdict=missed&opened_after=2026-03-02&opened_before=2026-03-03T00:00:00Z"
    page = words(browse(world.tam).get(f"/incidents/?{drill}"))
    assert order(page, "first minute", "late", "in time", "next day") == ["late", "first minute"]
    assert "Resolution: missed" in page
    assert "opened from 2026-03-02 on" in page
    page = words(browse(world.tam).get(f"/incidents/?{drill.replace('missed', 'met')}"))
    assert order(page, "first minute", "late", "in time", "next day") == ["in time"]


@pytest.mark.parametrize("query", ["opened_after=yesterday", "client=nobody", "priority=P9", "state=sleepy"])
def test_a_filter_that_nobody_can_read_shows_nothing_and_says_so(world, browse, query):
    opened(world, 1)
    answer = browse(world.tam).get(f"/incidents/?{query}")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert "opened 1 min ago" not in words(answer)


def test_a_long_list_goes_on_by_key(world, browse):
    for minute in range(60):
        opened(world, minute + 1)
    browser = browse(world.tam)
    address: str | None = "?view=all"
    seen: list[str] = []
    while address:
        page = browser.get(f"/incidents/{address}").text
        seen += re.findall(r'<tr[^>]* id="incident-(\d+)"', page)
        onward = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(onward[1]) if onward else None
    assert len(seen) == len(set(seen)) == 60
    assert 'rel="prev"' in page


def test_the_list_alone_is_not_sent_again_while_nothing_changed(world, browse):
    incident = opened(world, 1)
    browser = browse(world.tam)
    first, again = asked_twice(browser, "/incidents/?view=new")
    assert first.text.lstrip().startswith('<div class="stack" id="list"')
    assert again.status_code == 304
    operations.acknowledge(incident=incident, actor=world.tam, now=world.now)
    assert browser.get("/incidents/?view=new", headers={**HTMX, "If-None-Match": first["ETag"]}).status_code == 200
    whole = browser.get("/incidents/?view=new", headers={"If-None-Match": first["ETag"]})
    assert whole.status_code == 200
    assert "HX-Request" in whole["Vary"]


def test_the_list_costs_the_same_for_one_row_and_for_twenty(world, browse):
    browser = browse(world.manager)

    def cost(new_rows: int) -> int:
        for number in range(new_rows):
            an_incident(client=world.client, at=world.now - timedelta(minutes=5 + number * 20), now=world.now)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/incidents/").status_code == 200
        return len(queries)

    cost(1)  # what is read once per process
    assert cost(1) == cost(18)


def test_an_empty_list_says_what_will_stand_there(world, browse):
    browser = browse(world.tam)
    assert "No clock is running" in browser.get("/incidents/").text
    assert "Everything is acknowledged" in browser.get("/incidents/?view=new").text
    assert "No incident is open." in browser.get("/incidents/").text


def test_a_contact_sees_the_own_company_without_what_is_internal(world, browse):
    world.secretive()
    browser = browse(world.contact)
    for view in ("deadline", "new", "waiting", "breached", "all"):
        page = browser.get(f"/incidents/?view={view}").text
        assert CANARY not in page
    page = browser.get("/incidents/").text
    assert "Portal down" in page
    assert "Owner" not in page
    assert ">Mine<" not in page
    assert CANARY not in browser.get("/incidents/?client=other").text


# --- a new one -------------------------------------------------------------------------------------------------------
def test_a_tam_opens_an_incident_and_both_clocks_run(world, browse):
    answer = browse(world.tam).post(
        "/incidents/new/",
        {"client": world.client.pk, "title": "Mail stands", "priority": "P2", "department": world.unix.pk},
    )
    incident = Incident.objects.get(title="Mail stands")
    assert answer.url == f"/incidents/{incident.pk}/"
    assert (incident.department, incident.source) == (world.unix, "tamhub")
    states = Clock.objects.filter(subject_id=incident.pk).values_list("kind", "state")
    assert set(states) == {("response", "running"), ("resolution", "running")}


def test_an_engineer_who_takes_a_call_for_others_gets_a_page_that_says_so(world, browse):
    browser = browse(world.engineer)
    typed = {"client": world.other.pk, "title": "Called", "priority": "P2", "department": world.unix.pk}
    answer = browser.post("/incidents/new/", typed)
    assert answer.url == "/incidents/"
    assert f"{Incident.objects.get(title='Called').reference} opened" in browser.get(answer.url).text


def test_when_it_began_is_read_in_the_zone_of_the_person(world, browse):
    update_profile(user=world.tam, changes={"time_zone": "Asia/Tokyo"}, at=world.now)
    browse(world.tam).post(
        "/incidents/new/",
        {"client": world.client.pk, "title": "Earlier", "priority": "P2", "opened_at": "2026-03-02T09:30"},
    )
    assert Incident.objects.get(title="Earlier").opened_at == datetime(2026, 3, 2, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [("title", "", "required"), ("opened_at", "2190-01-01T00:00", "future"), ("client", "999999", "Select a valid")],
)
def test_what_was_typed_survives_an_error(world, browse, field, value, complaint):
    typed = {"client": world.client.pk, "title": "Typed", "priority": "P1", "description": "Long story", field: value}
    answer = browse(world.tam).post("/incidents/new/", typed)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert "Long story" in answer.text
    assert not Incident.objects.exists()


def test_a_contact_opens_for_the_own_company_only(world, browse):
    browser = browse(world.contact)
    page = browser.get("/incidents/new/").text
    assert "Department" not in page
    assert CANARY not in page
    foreign = browser.post("/incidents/new/", {"client": world.other.pk, "title": "Not mine", "priority": "P1"})
    assert foreign.status_code == 422
    browser.post("/incidents/new/", {"client": world.client.pk, "title": "Ours", "priority": "P3"})
    incident = Incident.objects.get()
    assert (incident.title, incident.source, incident.department.slug) == ("Ours", "portal", "support")


def test_an_architect_opens_none(world, browse):
    assert browse(world.architect).get("/incidents/new/").status_code == 403
    assert "/incidents/new/" not in browse(world.architect).get("/incidents/").text


# --- one of them -----------------------------------------------------------------------------------------------------
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

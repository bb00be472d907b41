"""The list of incidents and a new one: what each kind of person sees and can do there."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.operations import update_profile
from incidents import operations
from incidents.models import Incident
from sla.models import Clock
from tests.factories import an_incident
from tests.web.worlds import CANARY, HTMX, World, asked_twice, order, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def opened(world, minutes, **fields):
    return world.incident(minutes=minutes, title=f"opened {minutes} min ago", **fields)


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

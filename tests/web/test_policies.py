"""Policies and calendars: who may read and publish, what stays when something is wrong, and the worked example."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sla import operations
from sla.ladder import Step
from sla.models import Calendar, CalendarVersion, PolicyVersion, SlaPolicy
from sla.operations import TargetInput
from tests.factories import a_calendar, a_policy
from tests.web.worlds import World

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
SERVICE = {day: [["08:00", "12:00"], ["12:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
EXAMPLE = {
    "x-priority": "P2",
    "x-reason": "client",
    "x-opened": "2026-11-20T15:10",
    "x-paused_from": "2026-11-23T09:00",
    "x-paused_until": "2026-11-23T10:00",
}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def gold(world) -> SlaPolicy:
    """In service hours of Prague: 30 minutes and 8 hours."""
    calendar = a_calendar("service", timezone="Europe/Prague", hours=SERVICE)
    targets = [TargetInput("P2", 1800, 8 * 3600, calendar)]
    return operations.update_policy(
        policy=SlaPolicy.objects.get(slug="gold"),
        changes={"targets": targets, "thresholds": [50, 100], "ladder": (Step(50, ("tam",)),)},
        actor=None,
        at=world.now,
    )


def words(answer) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.text)
    return re.sub(r"\s+", " ", html.unescape(text))


def filled(page) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    sent: dict[str, Any] = {}
    form = page.text[page.text.index('<form id="draft"') :]
    form = form[: form.index("</form>")]
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if not name or (("checkbox" in tag or "radio" in tag) and " checked" not in tag):
            continue
        sent.setdefault(name[1], []).append(html.unescape(value[1]) if value else "on" if "checkbox" in tag else "")
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.findall(r'value="([^"]*)" selected', options) or re.findall(r'value="([^"]*)"', options)
        sent[name] = chosen[:1]
    for name, text in re.findall(r'<textarea name="([^"]+)".*?>(.*?)</textarea>', form, re.S):
        sent[name] = [html.unescape(text.strip("\r\n"))]
    return sent


# --- who -----------------------------------------------------------------------------------------------------------
MAY = {
    "admin": (200, 200),
    "manager": (200, 200),
    "tam": (200, 403),
    "head": (404, 403),
    "architect": (404, 403),
    "engineer": (404, 403),
    "contact": (404, 403),
}


@pytest.mark.parametrize("who", MAY)
def test_managers_edit_and_tams_read_the_promises_to_their_clients(world, gold, browse, who):
    reads, edits = MAY[who]
    browser = browse(getattr(world, who))
    page = browser.get("/policies/gold/")
    assert page.status_code == reads
    assert browser.get("/policies/new/").status_code == edits
    assert browser.get("/calendars/new/").status_code == edits
    assert ("Publish now" in page.text) == (reads == edits == 200)
    sent = {**filled(browse(world.manager).get("/policies/gold/")), "do": "now", "P2_resolution": "1 h"}
    assert browser.post("/policies/gold/", sent).status_code == {200: 302 if edits == 200 else 403, 404: 404}[reads]
    assert gold.versions.count() == (3 if edits == 200 else 2)


def test_who_only_reads_a_policy_is_not_told_how_to_write_one(world, gold, browse):
    world.incident()
    page = browse(world.tam).get("/policies/gold/").text
    assert "clocks run by it." in page
    assert "you publish" not in page
    assert "Write 90 min" not in page


def test_a_policy_of_nobody_one_serves_is_not_there(world, browse):
    a_policy("silver")
    assert browse(world.tam).get("/policies/silver/").status_code == 404
    assert "silver" not in browse(world.tam).get("/policies/").text
    assert "silver" in browse(world.manager).get("/policies/").text


def test_who_answers_for_no_client_sees_no_ladder_and_no_versions(world, browse):
    page = browse(world.head).get("/policies/standard/").text
    assert "Counted in" in page
    assert "Escalation" not in page
    assert "Versions" not in page
    assert "thresholds" not in page  # of the draft that is tried on the past
    assert "/policies/try/" not in page
    answer = browse(world.head).post("/policies/standard/example/", EXAMPLE)
    assert "is due" in answer.text
    for inside in ("ladder", "escalate_after_s", "thresholds"):
        assert inside not in answer.text


def test_who_sees_no_versions_cannot_ask_for_one(world, browse):
    standard = SlaPolicy.objects.get(slug="standard")
    targets = [TargetInput("P1", 61, 3661, Calendar.objects.get(slug="always"))]
    later = timezone.now() + timedelta(days=9)
    operations.update_policy(
        policy=standard, changes={"targets": targets}, actor=None, at=timezone.now(), valid_from=later
    )
    assert "1 h 1 min 1 s" in browse(world.manager).get("/policies/standard/?version=2").text
    assert "1 h 1 min 1 s" not in browse(world.head).get("/policies/standard/?version=2").text


def test_calendars_are_the_houses_own(world, browse):
    assert browse(world.engineer).get("/calendars/always/").status_code == 200
    assert browse(world.engineer).post("/calendars/always/", {"do": "now"}).status_code == 403
    assert browse(world.contact).get("/calendars/always/").status_code == 404
    assert browse(world.contact).get("/calendars/").status_code == 404


# --- publishing ----------------------------------------------------------------------------------------------------
def test_what_is_shown_and_sent_back_changes_nothing(world, gold, browse):
    ladder = (Step(100, ("service_manager", "user:tam", "tam")), Step(50, ("head", "assignee"), ("P2", "P1"), False))
    changes = {"ladder": ladder, "pause_on": ["vendor", "problem", "client"], "escalate_after_s": 1800}
    operations.update_policy(policy=gold, changes=changes, actor=None, at=world.now)
    browser = browse(world.manager)
    page = browser.get("/policies/gold/")
    assert "Service manager, TAM, Tara Tam" in words(page)
    assert browser.post("/policies/gold/", {**filled(page), "do": "now"}).status_code == 302
    assert gold.versions.count() == 3
    calendar = browser.get("/calendars/service/")
    assert browser.post("/calendars/service/", {**filled(calendar), "do": "now"}).status_code == 302
    assert CalendarVersion.objects.filter(calendar__slug="service").count() == 1


def test_a_published_promise_is_the_next_version(world, gold, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/gold/"))
    sent |= {"P2_resolution": "6 h", "P2_update": "1 h 30", "reopen_within_days": "10", "escalate_after_s": "30 min"}
    sent |= {"pause_on": ["client"], "ladder-0-to": ["tam", "head"], "ladder-0-people": "manager"}
    answer = browser.post("/policies/gold/", {**sent, "do": "now"}, follow=True)
    assert "Published; clocks that run keep their version" in words(answer)
    version = PolicyVersion.objects.get(policy=gold, number=3)
    target = version.targets.get()
    assert (target.response_s, target.resolution_s, target.update_s) == (1800, 21600, 5400)
    assert (version.reopen_within_days, version.escalate_after_s, version.pause_on) == (10, 1800, ["client"])
    assert version.thresholds == [50, 100]
    assert [step["to"] for step in version.ladder] == [["tam", "head", "user:manager"]]


@pytest.mark.parametrize("path", ["/policies/gold/", "/calendars/service/"])
def test_the_day_that_is_chosen_outside_of_the_form_is_sent_with_it(world, gold, browse, path):
    page = browse(world.manager).get(path).text
    assert page.index('name="valid_from"') < page.index('<form id="draft"')
    assert re.search(r'<input(?=[^>]* name="valid_from")[^>]* form="draft"', page)


def test_a_version_for_a_day_to_come_is_withdrawn_before_it_comes(world, gold, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/gold/")) | {"P2_resolution": "6 h"}
    answer = browser.post("/policies/gold/", {**sent, "do": "later"})
    assert (answer.status_code, gold.versions.count()) == (422, 2)
    assert "Choose the day from which it counts." in words(answer)
    day = timezone.localdate() + timedelta(days=7)
    answer = browser.post("/policies/gold/", {**sent, "do": "later", "valid_from": day.isoformat()}, follow=True)
    assert "To come" in words(answer)
    scheduled = gold.versions.get(number=3)
    assert timezone.localtime(scheduled.valid_from, timezone.get_default_timezone()).date() == day
    assert 'value="8 h"' in answer.text
    assert 'value="6 h"' in browser.get("/policies/gold/?version=3").text
    assert browse(world.tam).post("/policies/gold/versions/3/withdraw/").status_code == 403
    assert browser.post("/policies/gold/versions/2/withdraw/").status_code == 302  # in force: it stays
    answer = browser.post("/policies/gold/versions/3/withdraw/", follow=True)
    assert "Version 3 withdrawn" in words(answer)
    assert list(gold.versions.values_list("number", flat=True)) == [1, 2]


def test_what_somebody_published_meanwhile_is_shown_beside_what_one_typed(world, gold, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/gold/")) | {"P2_resolution": "6 h"}
    calendar = Calendar.objects.get(slug="service")
    targets = [TargetInput("P2", 1800, 7 * 3600, calendar)]
    operations.update_policy(policy=gold, changes={"targets": targets}, actor=world.admin, at=timezone.now())
    answer = browser.post("/policies/gold/", {**sent, "do": "now"})
    assert answer.status_code == 409
    assert "admin published something else while you were typing" in words(answer)
    assert 'value="6 h"' in answer.text
    assert "was 7 h" in words(answer)
    assert browser.post("/policies/gold/", {**filled(answer), "do": "now"}).status_code == 302
    assert gold.versions.get(number=4).targets.get().resolution_s == 6 * 3600


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"P2_response": "soon"}, "“soon” is no duration: write 90 min, 1 h 30 or 2 d."),
        ({"P2_response": "30"}, "“30” is no duration"),
        ({"P2_response": "0 min"}, "Between one second and"),
        ({"P2_response": "9 h"}, "The response cannot be promised later than the resolution."),
        ({"P2_response": ""}, "Say both, or leave the line empty."),
        ({"P2_response": "", "P2_resolution": ""}, "A policy needs at least one target."),
        ({"P2_calendar": "nowhere"}, "Select a valid choice."),
        ({"reopen_within_days": "0"}, "greater than or equal to 1"),
        ({"escalate_after_s": "5 s"}, "From one minute to 30 days, or never."),
        ({"ladder-0-level": "0"}, "greater than or equal to 1"),
        ({"ladder-0-people": "nobody"}, "There is no colleague nobody."),
        ({"ladder-2-to": ["tam"]}, "At how many per cent?"),
    ],
)
def test_an_error_stands_beside_its_field_and_nothing_typed_is_lost(world, gold, browse, typed, said):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/gold/")) | {"name": "Half way"} | typed
    answer = browser.post("/policies/gold/", {**sent, "do": "now"})
    assert answer.status_code == 422
    assert said in words(answer)
    kept = filled(answer)
    assert kept["name"] == ["Half way"]
    shown = {name: kept[name] for name in typed if name != "P2_calendar"}
    assert shown == {
        name: value if isinstance(value, list) else [value] for name, value in typed.items() if name in shown
    }
    assert gold.versions.count() == 2


def test_a_new_policy_begins_with_usual_targets_and_its_name_is_its_own(world, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/new/")) | {"name": "Platinum", "slug": "gold", "do": "now"}
    assert "There is one of this name already." in words(browser.post("/policies/new/", sent))
    sent |= {"slug": "platinum", "scope": "vendor", "P1_update": "1 h"}
    assert browser.post("/policies/new/", sent).url == "/policies/platinum/"
    made = SlaPolicy.objects.get(slug="platinum")
    targets = made.versions.get().targets
    assert (made.scope, targets.count()) == ("vendor", 4)
    assert set(targets.values_list("update_s", flat=True)) == {None}


def test_another_policy_becomes_the_default(world, gold, browse):
    assert browse(world.tam).post("/policies/gold/default/").status_code == 403
    assert browse(world.manager).post("/policies/gold/default/").status_code == 302
    assert SlaPolicy.objects.get(is_default=True) == gold


# --- the worked example --------------------------------------------------------------------------------------------
def test_the_example_follows_what_is_typed_beside_what_is_in_force(world, gold, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/gold/")) | EXAMPLE | {"P2_resolution": "6 h", "pause_on": ["client"]}
    answer = browser.post("/policies/gold/example/", sent, headers=HTMX)
    said = words(answer)
    assert "is due Mon 23 Nov 12:40 In force: Mon 14:40. Response by Fri 20 Nov 15:40." in said
    assert (
        "Fri 18:00 Hours end 02:50:00 Mon 23 Nov 08:00 Hours begin 02:50:00 Mon 09:00 Paused, client 03:50:00" in said
    )
    assert 'id="note-P2_resolution" hx-swap-oob="true"' in answer.text
    assert "was 8 h" in said
    assert gold.versions.count() == 2


def test_a_draft_is_offered_in_the_words_of_the_api(world, gold, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/gold/")) | EXAMPLE | {"P2_resolution": "6 h"}
    answer = browser.post("/policies/gold/example/", sent, headers=HTMX)
    [draft] = [json.loads(html.unescape(found)) for found in re.findall(r'name="draft" value="([^"]*)"', answer.text)]
    assert draft["targets"] == [
        {"priority": "P2", "response_s": 1800, "resolution_s": 21600, "update_s": None, "calendar": "service"}
    ]
    assert draft["ladder"] == [{"level": 50, "to": ["tam"], "priorities": [], "any_hour": True}]


def test_the_draft_is_taken_by_the_page_that_tries_it_on_the_past(world, gold, browse):
    browser = browse(world.manager)
    page = browser.get("/policies/gold/")
    [draft] = re.findall(r'name="draft" value="([^"]*)"', page.text)
    assert 'action="/policies/try/"' in page.text
    answer = browser.post("/policies/try/", {"draft": html.unescape(draft)})
    assert answer.status_code == 200, words(answer)


def test_what_departments_promise_each_other_leaves_so_much(world, gold, browse):
    calendar = Calendar.objects.get(slug="service")
    a_policy("ola-a", scope="department", calendar=calendar, response_s=60, resolution_s=5 * 3600)
    a_policy("ola-b", scope="department", calendar=calendar, response_s=60, resolution_s=7 * 3600)
    browser = browse(world.manager)
    page = browser.get("/policies/gold/")
    assert "P2 The longest, ola-b, leaves 1 h." in words(page)
    answer = browser.post("/policies/gold/example/", filled(page) | EXAMPLE | {"P2_resolution": "6 h"}, headers=HTMX)
    assert "P2 ola-b does not fit: −1 h." in words(answer)
    assert "ola-b" not in browse(world.head).get("/policies/standard/").text


def test_what_does_not_stop_the_clock_is_said(world, gold, browse):
    sent = filled(browse(world.manager).get("/policies/gold/")) | EXAMPLE | {"x-reason": "problem"}
    said = words(browse(world.manager).post("/policies/gold/example/", sent, headers=HTMX))
    assert "Waiting for this does not stop the clock." in said
    assert "Paused" not in said


def test_days_are_said_in_hours(world, gold, browse):
    sent = filled(browse(world.manager).get("/policies/gold/")) | EXAMPLE | {"P2_resolution": "2 d"}
    assert "= 16 h" in words(browse(world.manager).post("/policies/gold/example/", sent, headers=HTMX))


def test_without_script_a_button_works_it_out(world, gold, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/policies/gold/")) | EXAMPLE | {"P2_resolution": "6 h", "do": "example"}
    answer = browser.post("/policies/gold/", sent)
    assert answer.status_code == 200
    assert "Mon 23 Nov 12:40" in words(answer)
    assert "was 8 h" in words(answer)


def test_an_hour_that_the_zone_skips_is_no_opening(world, browse):
    calendar = a_calendar("prague", timezone="Europe/Prague", hours=SERVICE)
    browser = browse(world.manager)
    sent = filled(browser.get(f"/calendars/{calendar.slug}/"))
    sent |= {"x-opened": "2026-03-29T02:30", "x-paused_from": "", "x-paused_until": ""}
    answer = browser.post("/calendars/prague/example/", sent, headers=HTMX)
    assert "In Europe/Prague there is no 02:30 on that day: the clocks go forward." in words(answer)
    sent["x-opened"] = "2026-10-25T02:30"  # there are two; the first is meant
    assert "is due" in words(browser.post("/calendars/prague/example/", sent, headers=HTMX))


# --- calendars -----------------------------------------------------------------------------------------------------
def test_a_calendar_is_written_as_people_say_it(world, browse):
    browser = browse(world.manager)
    sent = filled(browser.get("/calendars/new/"))
    sent |= {"name": "Prague", "slug": "prague", "timezone": "Europe/Prague", "country": "CZ", "do": "now"}
    sent |= {"mon": "8-12, 12:30-18", "sat": "", "single_days": "2026-12-24 08:00–12:00\n2026-12-31 closed"}
    assert browser.post("/calendars/new/", sent).url == "/calendars/prague/"
    version = CalendarVersion.objects.get(calendar__slug="prague")
    assert version.hours["mon"] == [["08:00", "12:00"], ["12:30", "18:00"]]
    assert (version.date_hours, version.extra_holidays) == ({"2026-12-24": [["08:00", "12:00"]]}, ["2026-12-31"])
    page = browser.get("/calendars/prague/")
    assert "Holidays of Czechia, 13 in" in words(page)
    assert re.search(r"Clocks go (forward|back) on", words(page))
    assert filled(page)["single_days"] == ["2026-12-24 08:00–12:00\n2026-12-31 closed"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mon": "morning"}, "“morning” is no interval: write 08:00–12:00."),
        ({"mon": "08:00–25:00"}, "is not a time of day"),
        ({"mon": "08:00–12:00, 11:00–13:00"}, "08:00–12:00 and 11:00–13:00 overlap."),
        ({"sun": "22:00–06:00", "mon": "05:00–09:00"}, "This runs into the hours of Sun."),
        (dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ""), "There are no open hours: nothing would ever be due."),
        ({"timezone": "Mars/Olympus"}, "Select a valid choice."),
        ({"country": "XX"}, "Select a valid choice."),
        ({"single_days": "24 December"}, "“24” is not a date"),
        ({"single_days": "2026-12-24 8-12\n2026-12-24 closed"}, "2026-12-24 stands twice."),
        ({"single_days": "2026-12-24 maybe"}, "2026-12-24: “maybe” is no interval"),
    ],
)
def test_hours_that_make_no_calendar_are_named_and_kept(world, browse, typed, said):
    calendar = a_calendar("service", timezone="Europe/Prague", hours=SERVICE)
    browser = browse(world.manager)
    sent = filled(browser.get("/calendars/service/")) | typed
    answer = browser.post("/calendars/service/", {**sent, "do": "now"})
    assert answer.status_code == 422
    assert said in words(answer)
    kept = filled(answer)
    assert {name: kept[name] for name in typed if name not in {"timezone", "country"}} == {
        name: [value] for name, value in typed.items() if name not in {"timezone", "country"}
    }
    assert calendar.versions.count() == 1


def test_changed_hours_count_from_a_day_on(world, browse):
    calendar = a_calendar("service", timezone="Europe/Prague", hours=SERVICE)
    browser = browse(world.manager)
    day = timezone.localdate() + timedelta(days=3)
    sent = filled(browser.get("/calendars/service/")) | {"fri": "08:00–16:00", "valid_from": day.isoformat()}
    assert browser.post("/calendars/service/", {**sent, "do": "later"}).status_code == 302
    assert calendar.versions.get(number=2).hours["fri"] == [["08:00", "16:00"]]
    assert browser.post("/calendars/service/versions/2/withdraw/").status_code == 302
    assert calendar.versions.count() == 1


def test_the_lists_cost_the_same_for_few_and_for_many(world, browse):
    browser = browse(world.manager)

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(path).status_code == 200
        return len(queries)

    before = {path: cost(path) for path in ("/policies/", "/calendars/")}
    for _ in range(5):
        a_policy(calendar=a_calendar())
    assert {path: cost(path) for path in before} == before

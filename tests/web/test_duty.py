"""The pages of duty: the roster in words and days, planning, importing, absences, calendar feeds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from accounts.models import Role
from accounts.operations import update_user
from departments.models import Absence, CalendarFeed, DutyShift
from departments.operations import (
    cancel_absence,
    cancel_shift,
    change_absence,
    change_shift,
    plan_shift,
    record_absence,
    set_departments,
    set_head,
    update_department,
)
from tests.factories import a_calendar, a_department, a_user

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TYPED = "%Y-%m-%dT%H:%M"


@pytest.fixture
def now() -> datetime:
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def head():
    """Of Unix, where Ada works."""
    head = a_user("head", Role.HEAD)
    set_head(department=a_department("unix"), head=head, actor=None, at=timezone.now() - HOUR)
    return head


@pytest.fixture
def ada():
    ada = a_user("ada", Role.ENGINEER, first_name="Ada", last_name="King")
    set_departments(user=ada, departments=[a_department("unix")], actor=None, at=timezone.now() - HOUR)
    return ada


def plan(user, now, *, begins=-2, hours=8, **fields):
    starts_at = now + begins * HOUR
    return plan_shift(user=user, starts_at=starts_at, ends_at=starts_at + hours * HOUR, actor=None, at=now, **fields)


# --- the roster --------------------------------------------------------------------------------------------------
def test_the_first_line_says_who_is_called_now_and_who_comes_next(browse, ada, now):
    bob, eva = a_user("bob", first_name="Bob"), a_user("eva", first_name="Eva")
    plan(ada, now, department=a_department("unix"))
    plan(bob, now)
    plan(eva, now, begins=6)
    page = browse(ada).get("/duty/").text
    assert "On duty now: Ada King for Unix and Bob for everything else." in page
    assert "Eva for everything else." in page


def test_where_nobody_follows_at_once_it_is_said_until_when_and_who_is_next(browse, ada, now):
    plan(ada, now, hours=3)
    plan(ada, now, begins=24 * 8)
    page = browse(ada).get("/duty/").text
    assert "On duty now: Ada King for everything until" in page
    assert "Ada King for everything else." in page


def test_nothing_planned_is_said_as_it_is(browse, ada):
    page = browse(ada).get("/duty/").text
    assert "Nobody is on duty: nothing is planned yet." in page
    assert "Nobody is on duty for" not in page


def test_a_gap_is_said_plainly_and_departments_share_a_sentence(browse, ada, now):
    plan(a_user(), now, begins=-1, hours=24 * 31)
    unix = a_department("unix")
    plan(ada, now, begins=-1, hours=24, department=unix)
    assert "Nobody is on duty for" not in browse(ada).get("/duty/").text
    DutyShift.objects.filter(department=None).update(ends_at=now + 30 * HOUR)
    page = browse(ada).get("/duty/").text
    assert page.count("Nobody is on duty for") == 1
    assert "departments more from" in page


def test_within_working_hours_nobody_is_missed(browse, ada, now):
    for slug in ("unix", "network"):
        late_off = a_calendar(timezone="UTC", hours={day: [["00:00", "23:00"]] for day in _week()})
        update_department(department=a_department(slug), changes={"calendar": late_off}, actor=None, at=now)
    plan(ada, now, department=a_department("dba"))
    page = browse(ada).get("/duty/").text
    assert "Nobody is on duty for Network and Unix from" in page
    assert page.count("Nobody is on duty for Network and Unix") <= 5
    assert "times more in these two weeks" in page


def _week():
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def test_a_stand_in_stands_in_the_table_with_whom_they_replace(browse, ada, now):
    sam = a_user("sam", first_name="Sam")
    plan(ada, now)
    record_absence(user=ada, starts_at=now - HOUR, ends_at=now + 50 * HOUR, stand_in=sam, actor=None, at=now)
    page = browse(ada).get("/duty/").text
    assert "On duty now: Sam for everything until" in page
    assert "for Ada King, away" in page


def test_other_days_are_a_link_away_and_a_day_that_is_none_is_refused(browse, ada, now):
    plan(ada, now, begins=24 * 20)
    browser = browse(ada)
    assert "<b>Ada King</b>" not in browser.get("/duty/").text
    later = (timezone.localdate() + timedelta(days=14)).isoformat()
    assert f"?from={later}" in browser.get("/duty/").text
    assert "<b>Ada King</b>" in browser.get(f"/duty/?from={later}").text
    assert "Give a day" in browser.get("/duty/?from=yesterday", follow=True).text


@pytest.mark.parametrize("day", ["1970-01-01", "2199-12-31"])
def test_no_roster_is_drawn_of_days_without_service_hours(day, browse, ada):
    office = {"calendar": a_calendar("office")}
    update_department(department=a_department("unix"), changes=office, actor=None, at=timezone.now())
    a_shift_of_ada = {"user": ada, "department": a_department("unix"), "actor": None, "at": timezone.now()}
    plan_shift(**a_shift_of_ada, starts_at=timezone.now(), ends_at=timezone.now() + HOUR)
    answer = browse(ada).get(f"/duty/?from={day}", follow=True)
    assert answer.status_code == 200
    assert "There is no roster of that time." in answer.text


def test_clients_people_and_strangers_find_no_roster(browse, client, ada, now):
    shift = plan(ada, now)
    for address in ("/duty/", "/duty/shifts/new/", f"/duty/shifts/{shift.pk}/", "/duty/absences/", "/duty/feeds/"):
        assert browse(a_user("", Role.CONTACT)).get(address).status_code == 404
        assert client.get(address).status_code == 302


def test_the_page_costs_the_same_for_one_shift_and_for_many(browse, ada, now):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert browse(ada).get("/duty/").status_code == 200
        return len(queries)

    plan(ada, now)
    cost()
    one = cost()
    for slug in ("unix", "network", "dba"):
        person = a_user()
        plan(person, now, department=a_department(slug))
        record_absence(user=person, starts_at=now, ends_at=now + HOUR, stand_in=a_user(), actor=None, at=now)
    assert cost() == one


# --- planning ----------------------------------------------------------------------------------------------------
def typed(user, now, *, begins=0, hours=8, **fields):
    starts_at = timezone.localtime(now + begins * HOUR)
    return {
        "user": user.pk,
        "starts_at": starts_at.strftime(TYPED),
        "ends_at": (starts_at + hours * HOUR).strftime(TYPED),
        **fields,
    }


def test_a_head_plans_the_own_departments_duty_and_no_other(browse, head, ada, now):
    browser = browse(head)
    unix, network = a_department("unix"), a_department("network")
    answer = browser.post("/duty/shifts/new/", typed(ada, now, department=unix.pk, note="Call, do not write"))
    assert (answer.status_code, answer.url) == (302, "/duty/")
    shift = DutyShift.objects.get()
    assert (shift.user, shift.department, shift.starts_at, shift.note) == (ada, unix, now, "Call, do not write")
    for department in (network.pk, ""):
        refused = browser.post("/duty/shifts/new/", typed(ada, now, begins=20, department=department))
        assert refused.status_code == 422
    foreign = plan(a_user(), now, department=network)
    assert browser.get(f"/duty/shifts/{foreign.pk}/").status_code == 403
    assert browser.post(f"/duty/shifts/{foreign.pk}/cancel/").status_code == 403


def test_who_plans_nothing_gets_no_forms(browse, ada, now):
    browser = browse(ada)
    assert "Plan duty" not in browser.get("/duty/").text
    for address in ("/duty/shifts/new/", "/duty/rotation/", "/duty/import/"):
        assert browser.get(address).status_code == 403


def test_what_was_typed_stays_where_a_shift_is_refused(browse, now):
    browser, person = browse(a_user("", Role.MANAGER)), a_user("pat")
    plan(person, now)
    answer = browser.post("/duty/shifts/new/", typed(person, now, note="Kept words"))
    assert answer.status_code == 422
    assert "is on duty there already" in answer.text
    assert "Kept words" in answer.text
    assert timezone.localtime(now).strftime(TYPED) in answer.text


def test_a_change_over_somebody_elses_change_is_refused(browse, now):
    browser, person, other = browse(a_user("", Role.MANAGER)), a_user(), a_user()
    shift = plan(person, now)
    page = browser.get(f"/duty/shifts/{shift.pk}/")
    assert 'name="version" value="1"' in page.text
    change_shift(shift=shift, changes={"note": "Mine"}, actor=None, at=now)
    refused = browser.post(f"/duty/shifts/{shift.pk}/", typed(other, now, version=1))
    assert refused.status_code == 422
    assert "in the meantime" in refused.text
    assert browser.post(f"/duty/shifts/{shift.pk}/", typed(other, now, version=2)).status_code == 302
    assert DutyShift.objects.get().user == other
    assert browser.post(f"/duty/shifts/{shift.pk}/cancel/").status_code == 302
    assert not DutyShift.objects.exists()


def test_people_in_turn_are_planned_from_the_form(browse, now):
    browser = browse(a_user("", Role.MANAGER))
    one, two = a_user(), a_user()
    today = timezone.localdate()
    words = {
        **{"person_1": one.pk, "person_2": two.pk, "every": "week", "hands_over_at": "08:00", "zone": "Europe/Vienna"},
        **{"first_day": today.isoformat(), "until": (today + timedelta(days=28)).isoformat()},
    }
    assert "Europe/Vienna" in browser.get("/duty/rotation/").text
    refused = browser.post("/duty/rotation/", {**words, "until": today.isoformat(), "note": "Kept words"})
    assert refused.status_code == 422
    assert "ends after the day it begins" in refused.text
    assert "Kept words" in refused.text
    assert browser.post("/duty/rotation/", words).status_code == 302
    assert [shift.user for shift in DutyShift.objects.all()] == [one, two, one, two]


def test_an_import_tells_what_became_of_each_event(browse, ada, now):
    begins = (now + HOUR).strftime("%Y%m%dT%H%M00Z")
    ends = (now + 2 * HOUR).strftime("%Y%m%dT%H%M00Z")
    text = "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", f"DTSTART:{begins}", f"DTEND:{ends}", "SUMMARY:Ada King"),
            *("END:VEVENT", "BEGIN:VEVENT", "UID:2", f"DTSTART:{begins}", f"DTEND:{ends}", "SUMMARY:<b>Nobody</b>"),
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
    )
    browser = browse(a_user("", Role.MANAGER))
    words = {"source": "Outlook", "zone": "Europe/Vienna", "department": a_department("unix").pk}
    answer = browser.post("/duty/import/", {**words, "file": SimpleUploadedFile("duty.ics", text.encode())})
    assert answer.status_code == 200
    assert "1 planned, 0 changed, 0 as they were, 0 cancelled." in answer.text
    assert "1 event was left out:" in answer.text
    assert "&lt;b&gt;Nobody&lt;/b&gt;" in answer.text
    bad = browser.post("/duty/import/", {**words, "file": SimpleUploadedFile("duty.ics", b"\xff\xfe")})
    assert bad.status_code == 422
    assert "not UTF-8" in bad.text
    none = browser.post("/duty/import/", {**words, "file": SimpleUploadedFile("duty.ics", b"Dear all")})
    assert "no iCalendar file" in none.text


# --- absences ----------------------------------------------------------------------------------------------------
def test_one_records_the_own_absence_the_head_the_peoples_the_manager_everybodys(browse, head, ada, now):
    stranger, stand_in = a_user("stranger"), a_user("stand-in")
    for person, of_whom, status in (
        *((ada, ada, 302), (ada, stranger, 422), (ada, head, 422), (head, ada, 302), (head, stranger, 422)),
        (a_user("", Role.MANAGER), stranger, 302),
    ):
        words = typed(of_whom, now, begins=24, stand_in=stand_in.pk, reason="Holiday")
        assert browse(person).post("/duty/absences/new/", words).status_code == status
    assert sorted(Absence.objects.values_list("user__username", flat=True)) == ["ada", "ada", "stranger"]
    page = browse(head).get("/duty/absences/").text
    assert page.count("Holiday") == 2


def test_an_absence_is_changed_and_cancelled_and_nobody_stands_in_for_oneself(browse, ada, now):
    absence = record_absence(user=ada, starts_at=now, ends_at=now + 24 * HOUR, actor=None, at=now)
    browser = browse(ada)
    words = {name: value for name, value in typed(ada, now, hours=48, version=1).items() if name != "user"}
    refused = browser.post(f"/duty/absences/{absence.pk}/", {**words, "stand_in": ada.pk})
    assert "Nobody stands in for oneself" in refused.text
    assert browser.post(f"/duty/absences/{absence.pk}/", words).status_code == 302
    assert Absence.objects.get().ends_at == now + 48 * HOUR
    assert browser.post(f"/duty/absences/{absence.pk}/cancel/").status_code == 302
    assert not Absence.objects.exists()


# --- calendar feeds ----------------------------------------------------------------------------------------------
def address_of(browser, what="person"):
    page = browser.post("/duty/feeds/", {"what": what})
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    return "/duty/feed/" + page.text.split("/duty/feed/")[1].split('"')[0]


def events(answer):
    return {str(one["SUMMARY"]): one for one in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_a_feed_is_read_without_signing_in_and_says_what_calendars_need(browse, client, ada, now):
    shift = plan(ada, now, department=a_department("unix"), note="By phone; twice, if need be " * 4)
    record_absence(user=ada, starts_at=now, ends_at=now + 24 * HOUR, reason="Holiday", actor=None, at=now)
    plan(a_user(), now)
    answer = client.get(address_of(browse(ada)))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    assert answer.content.count(b"\n") == answer.content.count(b"\r\n")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT30M" in answer.content
    assert b"X-PUBLISHED-TTL:PT30M" in answer.content
    found = events(answer)
    assert set(found) == {"On duty for Unix: Ada King", "Away: Ada King"}
    duty = found["On duty for Unix: Ada King"]
    assert (duty["UID"], duty["SEQUENCE"], duty["STATUS"]) == (str(shift.uid), 0, "CONFIRMED")
    assert duty["DTSTART"].dt == shift.starts_at
    assert duty["LAST-MODIFIED"].dt == shift.updated_at.replace(microsecond=0)


def test_a_feed_is_not_sent_again_until_something_changed(browse, client, ada, now):
    shift = plan(ada, now)
    address = address_of(browse(ada))
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    change_shift(shift=shift, changes={"note": "New"}, actor=None, at=now)
    answer = client.get(address, headers={"If-None-Match": etag})
    assert answer.status_code == 200
    assert events(answer)["On duty for everything: Ada King"]["SEQUENCE"] == 1


def test_what_went_is_cancelled_and_not_only_missing(browse, client, ada, now):
    bob = a_user("bob", Role.ENGINEER, first_name="Bob")
    shift = plan(ada, now)
    addresses = {"ada": address_of(browse(ada)), "bob": address_of(browse(bob))}
    everything = address_of(browse(ada), "provider")
    change_shift(shift=shift, changes={"user": bob}, actor=None, at=now)
    assert [one["STATUS"] for one in events(client.get(addresses["ada"])).values()] == ["CANCELLED"]
    assert [one["STATUS"] for one in events(client.get(addresses["bob"])).values()] == ["CONFIRMED"]
    assert [one["STATUS"] for one in events(client.get(everything)).values()] == ["CONFIRMED"]
    cancel_shift(shift=shift, actor=None, at=now)
    [gone] = events(client.get(everything)).values()
    assert (gone["STATUS"], gone["UID"], gone["SEQUENCE"]) == ("CANCELLED", str(shift.uid), 2)


def test_whoever_stands_in_finds_it_in_the_own_calendar_until_somebody_else_does(browse, client, ada, now):
    sam, eva = a_user("sam", Role.ENGINEER), a_user("eva", Role.ENGINEER)
    absence = record_absence(user=ada, starts_at=now, ends_at=now + HOUR, stand_in=sam, actor=None, at=now)
    of_sam, of_eva = address_of(browse(sam)), address_of(browse(eva))
    assert list(events(client.get(of_sam))) == ["Standing in for Ada King"]
    change_absence(absence=absence, changes={"stand_in": eva}, actor=None, at=now)
    assert [one["STATUS"] for one in events(client.get(of_sam)).values()] == ["CANCELLED"]
    assert [one["STATUS"] for one in events(client.get(of_eva)).values()] == ["CONFIRMED"]
    cancel_absence(absence=absence, actor=None, at=now)
    assert [one["STATUS"] for one in events(client.get(of_eva)).values()] == ["CANCELLED"]


def test_a_departments_feed_shows_its_roster_alone(browse, client, ada, now):
    plan(ada, now, department=a_department("unix"))
    plan(ada, now, department=a_department("network"))
    assert list(events(client.get(address_of(browse(ada), "department:unix")))) == ["On duty for Unix: Ada King"]


def test_only_the_digest_is_stored_and_renewing_or_revoking_ends_the_old_address(browse, client, ada):
    browser = browse(ada)
    old = address_of(browser)
    token = old.removeprefix("/duty/feed/").removesuffix(".ics")
    assert token not in str(list(CalendarFeed.objects.values()))
    assert token not in browser.get("/duty/feeds/").text
    new = address_of(browser)
    assert CalendarFeed.objects.count() == 1
    assert (client.get(old).status_code, client.get(new).status_code) == (404, 200)
    browser.post(f"/duty/feeds/{CalendarFeed.objects.get().pk}/revoke/")
    assert client.get(new).status_code == 404
    assert client.get("/duty/feed/guess.ics").status_code == 404


def test_nobody_revokes_another_persons_address(browse, ada):
    address_of(browse(ada))
    other = browse(a_user("", Role.MANAGER))
    assert other.post(f"/duty/feeds/{CalendarFeed.objects.get().pk}/revoke/").status_code == 404


def test_the_feed_of_who_left_is_gone(browse, client, ada, now):
    address = address_of(browse(ada), "provider")
    assert client.get(address).status_code == 200
    update_user(user=ada, changes={"is_active": False}, actor=None, at=now)
    assert client.get(address).status_code == 404


def test_the_feed_of_who_no_longer_works_here_is_gone(browse, client, ada):
    address = address_of(browse(ada), "provider")
    ada.grants.all().delete()
    assert client.get(address).status_code == 404

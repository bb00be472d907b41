"""Who gets what, where and when: the defaults of the roles, wishes, quiet hours on every day of the year."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role, User
from alerts.hours import instant, next_at, quiet_end
from alerts.models import Delivery, Endpoint, NotificationHours, Preference
from alerts.operations.endpoints import change_endpoint
from alerts.operations.preferring import Modes, reset_preferences, save_preferences
from alerts.preferences import (
    CANNOT_WAIT,
    Event,
    Hours,
    Wishes,
    default_mode,
    event_of,
    plan,
    plan_for_duty,
    planned,
    plans,
    wishes_of,
)
from kernel import history
from kernel.errors import Invalid
from kernel.sealing import seal
from tests.factories import MONDAY, a_user

NOW, DIGEST, OFF = Preference.Mode.AT_ONCE, Preference.Mode.DIGEST, Preference.Mode.OFF
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Hours(quiet_from=time(22), quiet_until=time(7))
AT_NIGHT = MONDAY.replace(hour=1)
zones = st.sampled_from([BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
instants = st.integers(0, 3 * 366 * 86400).map(lambda s: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
hours = st.times().map(lambda one: one.replace(microsecond=0))


def an_endpoint(owner: User | None = None, name: str = "Ops", **fields) -> Endpoint:
    fields = {"kind": "mattermost", "sealed_url": seal("mmosts://chat.example/x", purpose="alerts.endpoint")} | fields
    return Endpoint.objects.create(owner=owner, name=name, hint="Mattermost, chat.example/…/x", **fields)


def wishes(**fields) -> Wishes:
    return Wishes(**{"address": "tam@tamhub.example", "zone": BERLIN, "roles": frozenset({Role.TAM}), **fields})


def ways(found) -> list[tuple[str, str, bool]]:
    return [(way.channel, way.address, way.digest) for way in found]


# --- what reaches somebody ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("event", Event.values)
@pytest.mark.parametrize("role", [*Role.values, None])
def test_without_any_wish_everything_is_a_mail_at_once(event, role):
    found = planned(wishes(roles=frozenset({role} - {None})), event, priority="P3", now=MONDAY)
    assert ways(found) == [("email", "tam@tamhub.example", False)]
    assert found[0].not_before == MONDAY


@pytest.mark.parametrize(
    ("roles", "event", "mode"),
    [
        ([Role.TAM], Event.WARNING, NOW),
        ([Role.MANAGER], Event.WARNING, DIGEST),
        ([Role.MANAGER, Role.TAM], Event.WARNING, NOW),
        ([Role.ADMIN], Event.BEYOND, DIGEST),
        ([Role.MANAGER], Event.BREACH, NOW),
        ([Role.CONTACT], Event.WARNING, NOW),
        ([], Event.WITHDRAWN, NOW),
    ],
)
def test_who_has_several_roles_gets_the_most_urgent_of_theirs(roles, event, mode):
    assert default_mode(event, roles) == mode


def test_a_digest_takes_along_what_the_role_has_in_it_once_there_is_one():
    manager = wishes(roles=frozenset({Role.MANAGER}), hours=Hours(digest_at=time(7, 30)))
    [way] = planned(manager, Event.WARNING, priority="P1", now=MONDAY)
    assert (way.digest, way.not_before) == (True, datetime(2026, 3, 3, 6, 30, tzinfo=UTC))


@pytest.mark.parametrize("event", Event.values)
def test_with_everything_off_only_what_cannot_wait_comes_by_mail(event):
    nothing = wishes(modes={(event, None): OFF})
    found = planned(nothing, event, priority="P3", now=MONDAY)
    assert ways(found) == ([("email", "tam@tamhub.example", False)] if event in CANNOT_WAIT else [])


def test_a_breach_in_the_digest_goes_out_at_once_all_the_same_unless_a_chat_does():
    chat = Endpoint(pk=7, name="Ops")
    digested = wishes(modes={(Event.BREACH, None): DIGEST}, hours=Hours(digest_at=time(8)))
    [way] = planned(digested, Event.BREACH, priority="P3", now=MONDAY)
    assert (way.digest, way.not_before) == (False, MONDAY)
    found = planned(replace(digested, endpoints=(chat,)), Event.BREACH, priority="P3", now=MONDAY)
    assert ways(found) == [("email", "tam@tamhub.example", True), ("chat", "endpoint-7", False)]


def test_a_new_chat_gets_what_cannot_wait_and_else_what_is_asked_for():
    chat = Endpoint(pk=7, name="Ops")
    for event in Event:
        reached = [way.channel for way in planned(wishes(endpoints=(chat,)), event, priority="P3", now=MONDAY)]
        assert reached == (["email", "chat"] if event in CANNOT_WAIT else ["email"])
    only_chat = wishes(endpoints=(chat,), modes={(Event.WARNING, None): OFF, (Event.WARNING, 7): NOW})
    assert ways(planned(only_chat, Event.WARNING, priority="P3", now=MONDAY)) == [("chat", "endpoint-7", False)]


def test_levels_are_events():
    assert [event_of(level) for level in (50, 99, 100, 101, 150)] == [
        "warning",
        "warning",
        "breach",
        "beyond",
        "beyond",
    ]


# --- quiet hours -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("event", Event.values)
@pytest.mark.parametrize("priority", ["P1", "P2"])
@pytest.mark.parametrize("wakes", [True, False])
def test_quiet_hours_hold_back_all_but_p1_that_may_wake_and_duty(event, priority, wakes):
    quiet = wishes(hours=replace(NIGHT, urgent_wakes=wakes))
    [way] = planned(quiet, event, priority=priority, now=AT_NIGHT)
    is_woken = event == Event.DUTY or (priority == "P1" and wakes)
    assert way.not_before == (AT_NIGHT if is_woken else datetime(2026, 3, 2, 6, tzinfo=UTC))


@given(now=instants, start=hours, end=hours, zone=zones)
def test_quiet_hours_end_when_the_local_clock_shows_their_end(now, start, end, zone):
    if start == end:
        return
    until = quiet_end(now, start=start, end=end, zone=zone)
    shown = now.astimezone(zone).time().replace(microsecond=0)
    is_quiet = start <= shown < end if start < end else shown >= start or shown < end
    if until is None:
        # the only readings that differ from the wall clock's are those around a change of clocks
        assert not is_quiet or _changes_clocks(now, zone)
        return
    assert now < until <= now + timedelta(hours=26)
    assert is_quiet or _changes_clocks(now, zone)
    local = until.astimezone(zone)
    assert local.time() == end or _changes_clocks(until, zone)
    assert quiet_end(until, start=start, end=end, zone=zone) is None or _changes_clocks(until, zone)


@given(now=instants, hour=hours, zone=zones)
def test_an_hour_comes_once_a_local_day(now, hour, zone):
    first = next_at(now, hour=hour, zone=zone)
    second = next_at(first, hour=hour, zone=zone)
    assert now < first
    days = [one.astimezone(zone).date() for one in (first, second)]
    assert (days[1] - days[0]).days == 1


def _changes_clocks(at: datetime, zone: ZoneInfo) -> bool:
    around = {(at + timedelta(hours=shift)).astimezone(zone).utcoffset() for shift in (-26, 0, 26)}
    return len(around) > 1


@pytest.mark.parametrize(
    ("now", "until"),
    [  # clocks go forward on 29 March 2026 at 01:00 UTC, back on 25 October at 01:00 UTC
        ("2026-03-28T23:00", "2026-03-29T01:30"),  # 02:30 does not exist: it comes an hour later, at 03:30
        ("2026-10-24T23:00", "2026-10-25T00:30"),  # 02:30 comes twice: the first counts
        ("2026-10-25T00:45", None),  # and does not begin anew when clocks show 02:15 again
        ("2026-10-25T01:15", None),
    ],
)
def test_quiet_hours_that_end_when_clocks_change(now, until):
    found = quiet_end(_utc(now), start=time(22), end=time(2, 30), zone=BERLIN)
    assert found == (None if until is None else _utc(until))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_digest_at_a_skipped_hour_comes_an_hour_later():
    assert instant(date(2026, 3, 29), time(2, 30), BERLIN) == _utc("2026-03-29T01:30")


# --- stored wishes -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_many_people_cost_as_many_queries_as_one():
    def cost(people: list[User]) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(plans(people, Event.BREACH, priority="P2", now=MONDAY)) == len(people)
        return len(queries)

    people = [a_user(f"person{number}", Role.TAM) for number in range(20)]
    for person in people:
        an_endpoint(person)
        NotificationHours.objects.create(user=person)
    assert cost(people[:1]) == cost(people)


@pytest.mark.django_db
def test_what_is_saved_is_what_is_planned():
    tam = a_user("tam", Role.TAM, time_zone="Europe/Berlin")
    chat = an_endpoint(tam)
    modes: Modes = {(Event.WARNING, None): DIGEST, (Event.WARNING, chat.pk): NOW, (Event.BREACH, None): NOW}
    save_preferences(user=tam, modes=modes, hours=replace(NIGHT, digest_at=time(7)), at=MONDAY)
    assert set(Preference.objects.values_list("event", "endpoint", "mode")) == {
        ("warning", None, "digest"),
        ("warning", chat.pk, "at_once"),
    }
    found = plan(tam, Event.WARNING, priority="P2", now=AT_NIGHT)
    at_seven = datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert [(way.channel, way.digest, way.not_before) for way in found] == [
        ("email", True, at_seven),
        ("chat", False, at_seven),
    ]
    row = NotificationHours.objects.get(user=tam)
    assert history.of(row).get().changes["warning, mail"] == ["at_once", "digest"]
    save_preferences(user=tam, modes=modes, hours=replace(NIGHT, digest_at=time(7)), at=MONDAY)
    assert history.of(row).count() == 1


@pytest.mark.django_db
def test_as_the_role_has_it_leaves_no_wish_behind_and_frees_what_waits():
    tam = a_user("tam", Role.TAM)
    modes: Modes = {(Event.WARNING, None): DIGEST}
    save_preferences(user=tam, modes=modes, hours=Hours(digest_at=time(7)), at=MONDAY)
    waiting = Delivery.objects.create(
        **{"notice": "operator", "recipient": tam, "address": tam.email, "created_at": MONDAY},
        **{"next_attempt_at": MONDAY, "in_digest": True},
    )
    reset_preferences(user=tam, at=MONDAY)
    assert not Preference.objects.exists()
    assert wishes_of([tam], at=MONDAY)[tam.pk].hours == Hours()
    waiting.refresh_from_db()
    assert not waiting.in_digest


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("modes", "hours", "field"),
    [
        ({}, Hours(quiet_from=time(22)), "quiet_until"),
        ({}, Hours(quiet_until=time(22)), "quiet_from"),
        ({}, Hours(quiet_from=time(22), quiet_until=time(22)), "quiet_until"),
        ({(Event.WARNING, None): DIGEST}, Hours(), "digest_at"),
        ({("nonsense", None): OFF}, Hours(), "messages"),
        ({(Event.WARNING, None): "loud"}, Hours(), "messages"),
        ({(Event.WARNING, 0): NOW}, Hours(), "messages"),
    ],
)
def test_wishes_that_contradict_themselves_are_refused(modes, hours, field):
    with pytest.raises(Invalid) as refused:
        save_preferences(user=a_user("tam", Role.TAM), modes=modes, hours=hours, at=MONDAY)
    assert refused.value.field == field
    assert not NotificationHours.objects.exclude(quiet_from=None, quiet_until=None, digest_at=None).exists()


@pytest.mark.django_db
def test_nobody_sends_to_the_address_of_another():
    theirs = an_endpoint(a_user("other", Role.TAM))
    tam = a_user("tam", Role.TAM)
    with pytest.raises(Invalid):
        save_preferences(user=tam, modes={(Event.WARNING, theirs.pk): NOW}, hours=Hours(), at=MONDAY)


@pytest.mark.django_db
def test_an_address_that_is_off_gets_nothing_and_keeps_its_wishes():
    tam = a_user("tam", Role.TAM)
    chat = an_endpoint(tam)
    save_preferences(user=tam, modes={(Event.WARNING, chat.pk): NOW}, hours=Hours(), at=MONDAY)
    chat = change_endpoint(chat, is_on=False, actor=tam, at=MONDAY)
    assert [way.channel for way in plan(tam, Event.WARNING, priority="P2", now=MONDAY)] == ["email"]
    save_preferences(user=tam, modes={(Event.BEYOND, None): OFF}, hours=Hours(), at=MONDAY)
    change_endpoint(chat, is_on=True, actor=tam, at=MONDAY)
    assert [way.channel for way in plan(tam, Event.WARNING, priority="P2", now=MONDAY)] == ["email", "chat"]


@pytest.mark.django_db
def test_the_duty_gets_mail_and_its_own_addresses(settings):
    settings.DUTY_EMAIL = "duty@tamhub.example"
    shared = an_endpoint(None, "On call")
    an_endpoint(None, "Old", disabled_at=MONDAY)
    an_endpoint(a_user("tam", Role.TAM))
    assert ways(plan_for_duty(now=MONDAY)) == [
        ("email", "duty@tamhub.example", False),
        ("chat", f"endpoint-{shared.pk}", False),
    ]

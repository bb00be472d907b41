"""The daily digest: once a local day, only if there is something to say, ended by one click."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_string

import pytest
from django.core.signing import Signer
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from alerts import operations
from alerts.models import Delivery, NotificationHours, Preference
from alerts.operations.digesting import owe_digests
from alerts.operations.preferring import Modes, save_preferences
from alerts.preferences import Event, Hours, wishes_of
from alerts.unsubscribing import unsubscribe_path
from kernel import history
from tests.alerts.test_concurrency import at_once
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

DIGEST = Preference.Mode.DIGEST
SEVEN = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)  # on Tuesday in Berlin
EVIL = "Core \u202eswitch\r\nBcc: all@b.example </td><script>alert(1)</script>"


@pytest.fixture
def tam(db) -> User:
    """Somebody in Berlin who wants warnings in the digest at seven."""
    tam = a_user("tam", Role.TAM, time_zone="Europe/Berlin")
    wish(tam)
    return tam


def wish(person: User, digest_at: time | None = time(7), at: datetime = MONDAY) -> None:
    modes: Modes = {(Event.WARNING, None): DIGEST} if digest_at else {}
    save_preferences(user=person, modes=modes, hours=Hours(digest_at=digest_at), at=at)


def a_warning(tam: User, *, title: str = "Disk is filling", client: str = "castor") -> None:
    """At half of its time on Monday afternoon; due on Tuesday in the evening, Berlin time."""
    client_row = a_client(client, tam=tam, policy=a_policy(response_s=34 * 3600, resolution_s=900 * 3600))
    an_incident(client=client_row, title=title)
    operations.sweep(MONDAY + timedelta(hours=17))


def digests() -> list[Delivery]:
    return list(Delivery.objects.filter(notice="digest").order_by("pk"))


def test_a_digest_takes_along_what_waits_for_it_and_says_what_is_due(tam, mailoutbox):
    a_warning(tam)
    waiting = Delivery.objects.get()
    assert (waiting.in_digest, waiting.next_attempt_at) == (True, SEVEN)
    assert operations.deliver(SEVEN + timedelta(hours=1)).claimed == 0
    assert owe_digests(SEVEN - timedelta(seconds=1)) == 0
    assert owe_digests(SEVEN) == 1
    operations.deliver(SEVEN)
    [sent] = mailoutbox
    waiting.refresh_from_db()
    assert (waiting.state, waiting.joined_in) == ("joined", digests()[0])
    assert sent.to == [tam.email]
    assert sent.subject.startswith("Digest of Tue 3 Mar: since the last digest 1")
    for words in (
        "Since the last digest",
        "Open alerts",
        "Due today",
        "used 50% of",
        "Disk is filling",
        "Tue 3 Mar 20:00",
    ):
        assert words in sent.body, words
    assert owe_digests(SEVEN + timedelta(hours=5)) == 0
    assert owe_digests(SEVEN + timedelta(days=1)) == 1


def test_nothing_to_say_is_no_mail_and_the_day_counts_all_the_same(tam):
    assert owe_digests(SEVEN) == 0
    assert digests() == []
    assert NotificationHours.objects.get().digest_sent_on == date(2026, 3, 3)


def test_who_sets_an_hour_that_is_over_today_gets_the_first_digest_tomorrow(db):
    tam = a_user("tam", Role.TAM, time_zone="Europe/Berlin")
    wish(tam, at=MONDAY)  # ten o'clock in Berlin
    a_warning(tam)
    assert owe_digests(MONDAY + timedelta(hours=1)) == 0
    assert owe_digests(SEVEN) == 1


def test_a_moved_hour_brings_no_second_digest_on_the_same_day(tam):
    a_warning(tam)
    assert owe_digests(SEVEN) == 1
    wish(tam, time(20), at=SEVEN + timedelta(hours=1))
    assert owe_digests(SEVEN + timedelta(hours=14)) == 0
    assert owe_digests(SEVEN + timedelta(days=1, hours=14)) == 1


@pytest.mark.parametrize(
    ("day", "hour", "at"),
    [
        (date(2026, 3, 29), time(2, 30), "2026-03-29T01:30"),  # an hour that clocks skip
        (date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),  # an hour that they show twice
    ],
)
def test_when_clocks_change_a_digest_comes_once(tam, day, hour, at):
    a_warning(tam)
    wish(tam, hour)
    NotificationHours.objects.update(digest_sent_on=day - timedelta(days=1))
    due = datetime.fromisoformat(at).replace(tzinfo=UTC)
    owed = [owe_digests(due + timedelta(minutes=minutes)) for minutes in range(-90, 150, 10)]
    assert owed.count(1) == 1
    assert owed.index(1) == 9


def test_a_digest_that_fails_does_not_stop_the_others(tam, monkeypatch, caplog):
    other = a_user("other", Role.TAM, time_zone="Europe/Berlin")
    wish(other)
    a_warning(tam)
    a_warning(other, client="pollux")
    from alerts import digests as module
    from alerts.operations import digesting

    def fails_for_tam(person, *, now):
        if person == tam:
            raise RuntimeError("no words")
        return module.digest_for(person, now=now)

    monkeypatch.setattr(digesting, "digest_for", fails_for_tam)
    assert owe_digests(SEVEN) == 1
    assert [digest.recipient for digest in digests()] == [other]
    monkeypatch.undo()
    assert owe_digests(SEVEN + timedelta(minutes=1)) == 1


def test_what_waits_for_a_digest_that_never_comes_is_sent(tam):
    a_warning(tam)
    NotificationHours.objects.update(digest_at=None)
    owe_digests(SEVEN)
    assert operations.deliver(SEVEN).sent == 1


def test_what_waits_for_a_digest_that_fails_for_an_hour_is_sent(tam, monkeypatch, caplog):
    a_warning(tam)
    monkeypatch.setattr("alerts.operations.digesting.digest_for", lambda *_args, **_kwargs: 1 / 0)
    owe_digests(SEVEN + timedelta(hours=1))
    assert operations.deliver(SEVEN + timedelta(hours=1)).claimed == 0
    owe_digests(SEVEN + timedelta(hours=1, seconds=1))
    assert operations.deliver(SEVEN + timedelta(hours=1, seconds=1)).sent == 1


def test_what_waits_moves_with_the_hour_of_the_digest(tam):
    a_warning(tam)
    wish(tam, time(20), at=MONDAY + timedelta(hours=18))
    evening = datetime(2026, 3, 3, 19, tzinfo=UTC)
    assert Delivery.objects.get().next_attempt_at == evening
    assert owe_digests(evening) == 1


def test_many_digests_cost_no_more_each_than_few(db):
    def cost(number: int) -> int:
        people = [a_user(f"person-{number}-{one}", Role.TAM) for one in range(number)]
        for one, person in enumerate(people):
            wish(person)
            a_warning(person, client=f"client-{number}-{one}")
        with CaptureQueriesContext(connection) as queries:
            assert owe_digests(SEVEN + timedelta(hours=2)) == number
        return len(queries)

    few, many = cost(2), cost(6)
    assert many <= 3 * few


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_passes_at_once_owe_one_digest(django_db_blocker):
    tam = a_user("tam", Role.TAM, time_zone="Europe/Berlin")
    wish(tam)
    a_warning(tam)
    assert sum(at_once(*[lambda: owe_digests(SEVEN)] * 8)) == 1
    assert len(digests()) == 1


# --- the mail ----------------------------------------------------------------------------------------------------
def test_a_digest_says_how_to_end_it_and_is_marked_as_made_by_a_machine(tam, mailoutbox, settings):
    settings.SITE_URL = "https://tamhub.example"
    a_warning(tam, title=EVIL)
    owe_digests(SEVEN)
    operations.deliver(SEVEN)
    raw = message_from_string(mailoutbox[0].message().as_string())
    assert raw["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<https://tamhub\.example/unsubscribe/[0-9a-f]{32}:[\w-]+/>", raw["List-Unsubscribe"].strip())
    assert raw["Auto-Submitted"] == "auto-generated"
    assert raw["Bcc"] is None
    assert "\u202e" not in mailoutbox[0].body
    html = mailoutbox[0].alternatives[0][0]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_title_of_control_characters_leaves_a_clean_subject_and_the_mail_goes_out(db, mailoutbox):
    tam = a_user("tam", Role.TAM)
    client = a_client("castor", tam=tam, policy=a_policy(resolution_s=360000))
    an_incident(client=client, title=EVIL)
    operations.sweep(MONDAY + timedelta(hours=1, seconds=1))
    operations.deliver(MONDAY + timedelta(hours=1, seconds=1))
    [sent] = mailoutbox
    raw = message_from_string(sent.message().as_string())
    assert raw["Bcc"] is None
    assert "Core switch Bcc: all@b.example" in " ".join(sent.subject.split())
    for text in (sent.subject, sent.body, sent.alternatives[0][0]):
        assert "\u202e" not in text
    assert "<script>" not in sent.alternatives[0][0]
    assert "List-Unsubscribe" not in raw


# --- one click ---------------------------------------------------------------------------------------------------
@pytest.fixture
def mail_program() -> Browser:
    """It sends no cookie and knows no page: a POST without a token is refused everywhere else."""
    return Browser(enforce_csrf_checks=True)


def test_a_look_at_the_address_changes_nothing_and_one_click_ends_the_digests(tam, mail_program):
    a_warning(tam)
    hours = NotificationHours.objects.get()
    path = unsubscribe_path(hours)
    assert "End the digest" in mail_program.get(path).text
    hours.refresh_from_db()
    assert hours.digest_at == time(7)
    answer = mail_program.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    hours.refresh_from_db()
    assert hours.digest_at is None
    # nothing of the digest comes as single mails instead, and what cannot wait still does
    assert Delivery.objects.get().state == "cancelled"
    wishes = wishes_of([tam], at=MONDAY)[tam.pk]
    assert (wishes.mail_mode(Event.WARNING), wishes.mail_mode(Event.BREACH)) == ("off", "at_once")
    assert mail_program.post(path).status_code == 200
    assert [line.verb for line in history.of(hours)].count("ended digests") == 1


@pytest.mark.parametrize("token", ["x", "0" * 32, "0" * 32 + ":abc"])
def test_a_made_up_address_ends_nothing(tam, mail_program, token):
    assert mail_program.post(f"/unsubscribe/{token}/").status_code == 404


def test_an_address_signed_for_something_else_ends_nothing(tam, mail_program):
    key = NotificationHours.objects.get().unsubscribe_key.hex
    assert mail_program.post(f"/unsubscribe/{Signer(salt='other').sign(key)}/").status_code == 404

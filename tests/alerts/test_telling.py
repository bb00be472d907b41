"""News about work: owed in the commit of the change, by the readers' wishes, told once, and taken back in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from email import message_from_string
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Client, Grant, Role, User
from alerts import channels, operations
from alerts.models import Delivery, Endpoint, Preference
from alerts.operations.digesting import owe_digests
from alerts.operations.preferring import Modes, save_preferences
from alerts.operations.telling import NO_ADDRESS, News, Step, tell, withdraw
from alerts.preferences import Event, Hours
from alerts.preview import occurrences
from kernel.sealing import seal
from tests.alerts.test_concurrency import at_once
from tests.factories import MONDAY, a_client, a_user, grant

pytestmark = pytest.mark.django_db
SITE = "https://tamhub.example"
AT_ONCE, DIGEST, OFF = Preference.Mode.AT_ONCE, Preference.Mode.DIGEST, Preference.Mode.OFF
NIGHT = datetime(2026, 3, 2, 1, tzinfo=UTC)
SEVEN = datetime(2026, 3, 3, 7, tzinfo=UTC)
EVIL = "Core \u202eswitch\r\nBcc: all@b.example <script>alert(1)</script>"
Rights = Callable[[User], Any]


@pytest.fixture(autouse=True)
def site(settings) -> None:
    settings.SITE_URL = SITE


@pytest.fixture
def engineer() -> User:
    return a_user("engineer", Role.ENGINEER)


def news(recipient: User | None, **fields) -> News:
    told: dict[str, Any] = {
        **{"event": Event.READY, "subject": "You can start: Patch the switch", "body": "Everything before it is done."},
        **{"path": "/tasks/7/", "client": None, "key": "task:7:ready"},
    }
    return News(recipient=recipient, **told | fields)


def wish(person: User, mode: str, hours: Hours = Hours()) -> None:  # noqa: B008 - it cannot be changed
    modes: Modes = {(Event.READY, None): mode}
    save_preferences(user=person, modes=modes, hours=hours, at=MONDAY - timedelta(days=1))


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


# --- owed --------------------------------------------------------------------------------------------------------
def test_news_is_owed_to_its_reader_and_sent_by_the_machinery_of_alerts(engineer, mailoutbox):
    client = a_client("castor")
    [owed] = tell([news(engineer, client=client)], now=MONDAY)
    assert (owed.notice, owed.event, owed.client, owed.recipient) == ("work", "ready", client, engineer)
    assert (owed.state, owed.next_attempt_at, owed.created_at) == ("pending", MONDAY, MONDAY)
    assert operations.deliver(MONDAY).sent == 1
    [sent] = mailoutbox
    assert (sent.to, sent.subject) == ([engineer.email], "You can start: Patch the switch")
    assert sent.body.startswith(f"Everything before it is done.\n\n{SITE}/tasks/7/\n\n-- \n")
    owed.refresh_from_db()
    assert (owed.state, owed.body) == ("sent", "Everything before it is done.")
    call_command("alert_audit")


def test_news_is_gone_with_the_change_that_it_tells_of(engineer):
    with transaction.atomic():
        tell([news(engineer)], now=MONDAY)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_the_same_key_is_told_once_to_each_place(engineer):
    other = a_user("other", Role.ENGINEER)
    assert len(tell([news(engineer)], now=MONDAY)) == 1
    [new] = tell([news(engineer), news(other), news(other)], now=MONDAY + timedelta(hours=1))
    assert new.recipient == other
    assert tell([news(engineer), news(other)], now=MONDAY) == []
    assert len(tell([news(engineer, key="task:8:ready")], now=MONDAY)) == 1


def test_of_people_who_share_an_address_one_who_wants_it_is_enough(engineer):
    wish(engineer, OFF)
    [owed] = tell([news(engineer), news(None, address=engineer.email)], now=MONDAY)
    assert (owed.state, owed.recipient) == ("pending", None)


def test_who_left_is_told_nothing_and_who_has_no_address_leaves_a_line_in_the_log():
    tell([news(a_user("gone", Role.ENGINEER, is_active=False))], now=MONDAY)
    assert not Delivery.objects.exists()
    [row] = tell([news(a_user("nowhere", Role.ENGINEER, email=""))], now=MONDAY)
    assert (row.state, row.end_reason) == ("cancelled", NO_ADDRESS)


def test_a_contact_without_an_account_gets_a_mail_in_the_own_language(mailoutbox):
    contact = news(None, address="ada@castor.example", language="fr", event=Event.QUESTION, steps=[Step("Oui", "/y/")])
    [owed] = tell([contact], now=NIGHT)
    assert (owed.recipient, owed.address, owed.next_attempt_at) == (None, "ada@castor.example", NIGHT)
    operations.deliver(NIGHT)
    [sent] = mailoutbox
    assert sent.to == ["ada@castor.example"]
    assert '<html lang="fr">' in sent.alternatives[0][0]
    assert f"Oui : {SITE}/y/" in sent.body.replace("\xa0", " ").replace("\u202f", " ")
    assert "/me/notifications/" not in sent.body


def test_what_is_to_be_told_later_waits(engineer):
    later = MONDAY + timedelta(days=3)
    tell([news(engineer, not_before=later)], now=MONDAY)
    assert operations.deliver(later - timedelta(seconds=1)).claimed == 0
    assert operations.deliver(later).sent == 1


def test_much_news_costs_as_many_queries_as_little():
    client = a_client("castor")
    people = [a_user(f"person{number}", Role.ENGINEER) for number in range(21)]

    def cost(readers: list[User]) -> int:
        with CaptureQueriesContext(connection) as queries:
            found = [news(one, client=client, key=f"task:{one.pk}:ready") for one in readers]
            assert len(tell(found, now=MONDAY)) == len(readers)
        return len(queries)

    assert cost(people[:1]) == cost(people[1:]) == 6


def test_news_says_what_it_is_about():
    columns = {"address": "a@b.example", "next_attempt_at": MONDAY, "created_at": MONDAY}
    with pytest.raises(IntegrityError):
        Delivery.objects.create(notice="work", **columns)


# --- wishes ------------------------------------------------------------------------------------------------------
def test_who_wants_none_leaves_a_line_in_the_log(engineer):
    wish(engineer, OFF)
    [row] = tell([news(engineer)], now=MONDAY)
    assert (row.state, row.end_reason) == ("cancelled", "the recipient wants no messages of this kind")


def test_quiet_hours_hold_it_back(engineer):
    wish(engineer, AT_ONCE, Hours(quiet_from=time(22), quiet_until=time(6)))
    [row] = tell([news(engineer)], now=NIGHT)
    assert row.next_attempt_at == datetime(2026, 3, 2, 6, tzinfo=UTC)
    [row] = tell([news(engineer, key="later", not_before=NIGHT + timedelta(days=1))], now=MONDAY)
    assert row.next_attempt_at == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_the_digest_takes_it_along_with_its_page(engineer, mailoutbox):
    wish(engineer, DIGEST, Hours(digest_at=time(7)))
    [row] = tell([news(engineer, steps=[Step("Start", "/step/secret/")])], now=MONDAY)
    assert (row.in_digest, row.next_attempt_at) == (True, SEVEN)
    tell([news(engineer, key="task:8:ready", subject="Not yet", not_before=SEVEN + timedelta(hours=1))], now=MONDAY)
    assert owe_digests(SEVEN) == 1
    operations.deliver(SEVEN)
    [sent] = mailoutbox
    assert "Since the last digest" in sent.body
    assert f"You can start: Patch the switch\n  {SITE}/tasks/7/" in sent.body
    assert "secret" not in sent.body
    assert "Not yet" not in sent.body
    assert states() == ["joined", "pending", "sent"]


def test_a_chat_gets_the_page_and_no_link_that_acts_for_its_reader(engineer):
    sealed = seal("mmosts://chat.example/x", purpose="alerts.endpoint")
    chat = Endpoint.objects.create(owner=engineer, name="Ops", kind="mattermost", sealed_url=sealed, hint="chat")
    modes: Modes = {(Event.READY, None): OFF, (Event.READY, chat.pk): AT_ONCE}
    save_preferences(user=engineer, modes=modes, hours=Hours(), at=MONDAY)
    [row] = tell([news(engineer, steps=[Step("Start", "/step/secret/")])], now=MONDAY)
    assert (row.channel, row.endpoint) == ("chat", chat)
    content = channels.render(row)
    assert content.subject == "You can start: Patch the switch"
    assert content.text == f"Everything before it is done.\n\n{SITE}/tasks/7/"


def test_what_one_would_have_got_last_week_has_it(engineer):
    now = timezone.now()
    wish(engineer, OFF)
    tell([news(engineer)], now=now - timedelta(days=3))
    [one] = occurrences(engineer, now=now)
    assert (one.event, one.what) == ("ready", "You can start: Patch the switch")


# --- no longer true ----------------------------------------------------------------------------------------------
def test_what_is_withdrawn_is_not_sent_and_can_be_told_again(engineer, mailoutbox):
    tell([news(engineer), news(engineer, key="task:8:ready")], now=MONDAY)
    assert withdraw(["task:7:ready"]) == 1
    assert states() == ["cancelled", "pending"]
    assert Delivery.objects.earliest("pk").end_reason == "no longer true"
    operations.deliver(MONDAY)
    assert len(mailoutbox) == 1
    assert withdraw(["task:8:ready"]) == 0
    assert states() == ["cancelled", "sent"]
    assert len(tell([news(engineer), news(engineer, key="task:8:ready")], now=MONDAY)) == 2


def test_what_waits_for_the_digest_is_withdrawn_as_well(engineer):
    wish(engineer, DIGEST, Hours(digest_at=time(7)))
    tell([news(engineer)], now=MONDAY)
    withdraw(["task:7:ready"])
    assert owe_digests(SEVEN) == 0


def test_to_withdraw_nothing_touches_nothing(engineer):
    tell([news(engineer, key="")], now=MONDAY)
    assert withdraw([""]) == withdraw([]) == withdraw(["unknown"]) == 0
    assert states() == ["pending"]


# --- the mail ----------------------------------------------------------------------------------------------------
def test_steps_are_buttons_and_lines_and_stand_in_no_log(engineer, mailoutbox, browse):
    steps = [Step("Start", "/step/one/"), Step("Done", "/step/two/")]
    [row] = tell([news(engineer, steps=steps)], now=MONDAY)
    operations.deliver(MONDAY)
    [sent] = mailoutbox
    assert f"Start: {SITE}/step/one/\nDone: {SITE}/step/two/\n" in sent.body
    html = sent.alternatives[0][0]
    for path in ("/step/one/", "/step/two/", "/tasks/7/"):
        assert f'href="{SITE}{path}"' in html
    page = browse(engineer).get(f"/alerts/deliveries/{row.pk}/").text
    assert "I can start a task" in page
    assert 'href="/tasks/7/"' in page
    assert "/step/" not in page


def test_nothing_in_a_title_becomes_a_header_or_markup(engineer, mailoutbox):
    tell([news(engineer, subject=EVIL, body=f"{EVIL}\nSecond line", thread="x>\r\nBcc: all@b.example")], now=MONDAY)
    operations.deliver(MONDAY)
    [sent] = mailoutbox
    raw = message_from_string(sent.message().as_string())
    assert raw["Bcc"] is None
    assert raw["References"] == "<x-Bcc-all-b.example@tamhub.example>"
    assert "Core switch Bcc: all@b.example" in " ".join(sent.subject.split())
    html = sent.alternatives[0][0]
    for text in (sent.subject, sent.body, html):
        assert "\u202e" not in text
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "Second line" in sent.body.splitlines()


def test_mails_about_one_thing_are_a_thread(engineer, mailoutbox):
    tell(
        [news(engineer), news(engineer, key="task:7:blocked"), news(engineer, key="x", thread="request-3")], now=MONDAY
    )
    operations.deliver(MONDAY)
    threads = [sent.extra_headers["References"] for sent in mailoutbox]
    assert threads == ["<task-7@tamhub.example>"] * 2 + ["<request-3@tamhub.example>"]
    assert len({sent.extra_headers["Message-ID"] for sent in mailoutbox}) == 3
    assert all(sent.extra_headers["Auto-Submitted"] == "auto-generated" for sent in mailoutbox)


def test_a_mail_that_was_not_taken_comes_again_as_it_was(engineer, mailoutbox, monkeypatch):
    tell([news(engineer, steps=[Step("Start", "/step/one/")])], now=MONDAY)
    with monkeypatch.context() as patched:
        patched.setattr("alerts.channels.mail.send", lambda *_: (_ for _ in ()).throw(OSError("gone")))
        operations.deliver(MONDAY)
    operations.deliver(MONDAY + timedelta(hours=1))
    [sent] = mailoutbox
    assert sent.body.count("TamHub") == sent.body.count("/step/one/") == 1


def test_more_than_twenty_share_a_mail(engineer, mailoutbox):
    many = [news(engineer, key=f"task:{number}:ready", path=f"/tasks/{number}/") for number in range(21)]
    tell(many, now=MONDAY)
    assert operations.deliver(MONDAY).sent == 21
    [sent] = mailoutbox
    assert sent.subject == "21 messages about your work at once"
    assert all(f"{SITE}/tasks/{number}/" in sent.body for number in range(21))
    assert set(Delivery.objects.values_list("body", flat=True)) == {"Everything before it is done."}


# --- who may read it ---------------------------------------------------------------------------------------------
@pytest.fixture
def castor() -> Client:
    return a_client("castor", tam=a_user("castors-tam"))


@pytest.mark.parametrize(
    ("role", "is_seen"),
    [(Role.MANAGER, True), (Role.ADMIN, True), (Role.TAM, True), (Role.ENGINEER, False), (Role.CONTACT, False)],
)
def test_who_answers_for_the_client_reads_it(engineer, castor, api, role, is_seen):
    tell([news(engineer, client=castor)], now=MONDAY)
    person = a_user("reader", role)
    if role not in {Role.MANAGER, Role.ADMIN}:
        grant(person, role, Grant.Scope.CLIENT, castor.pk)
    answer = api(person).get("/api/v1/deliveries/?notice=work")
    rows = answer.json().get("results", []) if answer.status_code == 200 else []
    assert [row["event"] for row in rows] == (["ready"] if is_seen else [])


def test_others_read_what_went_to_themselves_alone(engineer, castor, api):
    tell([news(engineer, client=castor), news(engineer, key="of no client")], now=MONDAY)
    stranger = a_user("stranger", Role.TAM)
    assert api(stranger).get("/api/v1/deliveries/").json()["results"] == []
    assert len(api(engineer).get("/api/v1/deliveries/").json()["results"]) == 2
    assert len(api(a_user("manager", Role.MANAGER)).get("/api/v1/deliveries/").json()["results"]) == 1


def test_the_log_shows_one_that_could_not_be_delivered(castor, browse):
    [row] = tell([news(None, address="nobody at all", client=castor)], now=MONDAY)
    operations.deliver(MONDAY)
    manager = browse(a_user("manager", Role.MANAGER))
    for page in ("/alerts/dead/", "/alerts/", f"/alerts/deliveries/{row.pk}/"):
        shown = manager.get(page)
        assert shown.status_code == 200, page
        assert "nobody at all" in shown.text
        assert "Nobody yet" not in shown.text


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_who_tell_the_same_at_once_tell_it_once():
    people = [a_user(f"person{number}", Role.ENGINEER) for number in range(5)]
    owed = at_once(*[lambda: tell([news(one) for one in people], now=MONDAY)] * 6)
    assert sum(map(len, owed)) == Delivery.objects.count() == 5

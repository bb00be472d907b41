"""Chat and push: what each answer of a service leads to, and that an address never shows. A local server answers."""

from __future__ import annotations

import ast
import inspect
import io
import json
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from apprise.manager_plugins import NotificationManager
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from django.core import serializers

from accounts.models import Role, User
from alerts import mail, operations
from alerts.channels import addresses, chat
from alerts.channels.addresses import read
from alerts.models import Alert, Delivery, DeliveryAttempt, Endpoint
from alerts.operations import endpoints
from alerts.operations.endpoints import add_endpoint, change_endpoint, remove_endpoint
from kernel.errors import Conflict, Invalid
from kernel.models import History
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident
from tests.http_sink import Handler, Sink, says, sink

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BREACHED = MONDAY + HOUR + timedelta(seconds=1)
CANARY = "k1canary9f3secret7tokenq2"


@pytest.fixture
def tam() -> User:
    return a_user("tam", Role.TAM)


@pytest.fixture
def service(settings) -> Iterator[Callable[..., Sink]]:
    """`service(*answers)` listens and may be called."""
    settings.OUTBOUND_ALLOWED_HOSTS = []
    with ExitStack() as stack:

        def listen(*answers):
            found = stack.enter_context(sink(*answers))
            settings.OUTBOUND_ALLOWED_HOSTS.append(found.place)
            return found

        yield listen


def a_chat(owner: User | None, found: Sink, *, name: str = "Ops") -> Endpoint:
    actor = owner or User.objects.first() or a_user("admin", Role.ADMIN)
    address = f"http://{found.place}/hooks/{CANARY}"
    return add_endpoint(owner=owner, kind="mattermost", name=name, address=address, actor=actor, at=MONDAY)


def owed(endpoint: Endpoint, **fields) -> Delivery:
    columns = {"subject": "INC-1 is over its target", "body": "Look", "next_attempt_at": MONDAY, "created_at": MONDAY}
    return Delivery.objects.create(
        notice="test", channel="chat", endpoint=endpoint, address=f"endpoint-{endpoint.pk}", **columns | fields
    )


def outcome(delivery: Delivery, now=MONDAY) -> Delivery:
    operations.deliver(now, limit=1)
    delivery.refresh_from_db()
    return delivery


# --- answers -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [200, 201])
def test_a_yes_is_a_yes(service, tam, status):
    found = service(says(status))
    delivery = outcome(owed(a_chat(tam, found)))
    assert found.calls[0].path == f"/hooks/{CANARY}"
    # apprise's Mattermost asks for exactly 200; another 2xx is a yes that its client does not take for one
    assert delivery.state == ("sent" if status == 200 else "pending")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_trouble_that_may_pass_is_tried_again(service, tam, status):
    delivery = outcome(owed(a_chat(tam, service(says(status)))))
    assert (delivery.state, delivery.attempts) == ("pending", 1)
    assert DeliveryAttempt.objects.get().error.startswith(str(status))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 422])
def test_a_refusal_is_final(service, tam, status):
    delivery = outcome(owed(a_chat(tam, service(says(status)))))
    assert delivery.state == "dead"
    assert delivery.end_reason.startswith(str(status))


@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ("120", 120),
        ("99999999", 3600),
        ("-5", 0),
        ("-inf", 0),
        ("nan", 0),
        ("soon", 0),
        ("Wed, 21 Oct 2037 07:28:00 GMT", 3600),
    ],
)
def test_a_service_is_left_alone_as_long_as_it_asks_but_for_an_hour_at_most(service, tam, asked, waits):
    delivery = outcome(owed(a_chat(tam, service(says(429, Retry_After=asked)))))
    assert delivery.state == "pending"
    wait = (delivery.next_attempt_at - MONDAY).total_seconds()
    assert max(waits, 4) <= wait <= max(waits, 6) + 5
    assert DeliveryAttempt.objects.get().error.startswith("429")


def test_an_answer_nested_without_end_is_an_answer_all_the_same(service, tam):
    outcome(owed(a_chat(tam, service(says(429, b"[" * 60_000)))))
    assert DeliveryAttempt.objects.get().error.startswith("429")


def test_services_that_ask_within_their_answer_are_heard_too(service, tam):
    said = json.dumps({"ok": False, "parameters": {"retry_after": 77}}).encode()
    delivery = outcome(owed(a_chat(tam, service(says(429, said)))))
    assert 77 <= (delivery.next_attempt_at - MONDAY).total_seconds() <= 82


def test_an_address_that_is_gone_is_switched_off_and_its_owner_told_by_mail(service, tam, mailoutbox):
    endpoint = a_chat(tam, service(says(410)))
    assert outcome(owed(endpoint)).state == "dead"
    endpoint.refresh_from_db()
    assert (endpoint.disabled_at is not None, endpoint.disabled_reason) == (True, "410 Gone")
    operations.deliver(MONDAY + HOUR)
    assert mailoutbox[0].to == [tam.email]
    assert "switched off" in mailoutbox[0].subject
    assert outcome(owed(endpoint), MONDAY + HOUR).end_reason == "the address is switched off"


def test_redirects_are_failures(service, tam):
    found = service(says(302, Location="http://169.254.169.254/"))
    delivery = outcome(owed(a_chat(tam, found)))
    assert (delivery.state, len(found.calls)) == ("dead", 1)
    assert "302" in delivery.end_reason


def test_a_huge_answer_is_a_yes_all_the_same(service, tam):
    assert outcome(owed(a_chat(tam, service(says(200, b"x" * 5_000_000))))).state == "sent"


def test_a_service_that_never_answers_is_cut_off_and_tried_again(service, tam, monkeypatch):
    over = threading.Event()
    endpoint = a_chat(tam, service(lambda _handler: over.wait(20)))
    monkeypatch.setattr("kernel.outbound.LONGEST_WAIT_S", 0.3)
    delivery = outcome(owed(endpoint))
    over.set()
    assert (delivery.state, DeliveryAttempt.objects.get().error) == ("pending", "the call took too long")


def test_a_name_that_is_not_known_is_tried_again(tam, monkeypatch):
    def resolve(*args, **kwargs):
        raise OSError("no such name")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    endpoint = add_endpoint(
        owner=tam, kind="ntfy", name="Push", address="https://ntfy.nowhere.example/topic", actor=tam, at=MONDAY
    )
    delivery = outcome(owed(endpoint))
    assert (delivery.state, DeliveryAttempt.objects.get().error) == ("pending", "the name is not known")


def test_a_name_that_leads_within_by_now_is_not_called(tam, monkeypatch):
    endpoint = add_endpoint(
        owner=tam, kind="ntfy", name="Push", address="https://ntfy.nowhere.example/topic", actor=tam, at=MONDAY
    )
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_kwargs: [(2, 1, 6, "", ("10.0.0.7", 443))])
    delivery = outcome(owed(endpoint))
    assert (delivery.state, delivery.end_reason) == ("dead", "the name leads into a private or special network")


def test_a_server_that_cannot_prove_who_it_is_is_tried_again_and_the_operators_hear_of_it(service, tam, settings):
    settings.DUTY_EMAIL = "duty@tamhub.example"
    found = service(says(200))
    address = f"mmosts://{found.place}/{CANARY}?verify=no"
    endpoint = add_endpoint(owner=tam, kind="mattermost", name="Ops", address=address, actor=tam, at=MONDAY)
    for number in range(3):
        delivery = outcome(owed(endpoint, next_attempt_at=MONDAY + HOUR * number), MONDAY + HOUR * number)
        assert delivery.state == "pending"
    told = Delivery.objects.get(notice="operator")
    assert (told.address, "cannot trust" in told.subject) == ("duty@tamhub.example", True)


def test_a_secret_that_cannot_be_read_any_more_is_said_so(service, tam, settings):
    endpoint = a_chat(tam, service())
    settings.SECRET_KEY = "another" * 9
    assert outcome(owed(endpoint)).end_reason == "the address cannot be read any more: enter it anew"


def test_a_removed_address_ends_what_was_owed_to_it(service, tam):
    endpoint = a_chat(tam, service())
    delivery = owed(endpoint)
    remove_endpoint(endpoint, actor=tam, at=MONDAY)
    delivery.refresh_from_db()
    assert outcome(delivery).end_reason == "the address was removed"


# --- one channel's trouble and the other ---------------------------------------------------------------------------
def test_a_breach_goes_by_both_ways_and_neither_waits_for_the_other(service, mailoutbox):
    client = a_client("castor", policy=a_policy(resolution_s=360000))
    chat_of_tam = a_chat(client.tam, service(says(503)))
    incident = an_incident(client=client, title="Core switch is silent")
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    rows = Delivery.objects.filter(alert__level=100).values_list("channel", "state")
    assert set(rows) == {("email", "sent"), ("chat", "pending")}
    assert incident.reference in Delivery.objects.get(endpoint=chat_of_tam).subject
    assert len(mailoutbox) == 1


def test_after_five_failures_in_a_row_the_others_wait_for_the_oldest_to_try(service, tam):
    found = service(says(503))
    endpoint = a_chat(tam, found)
    oldest = owed(endpoint)
    now = MONDAY
    for _ in range(endpoints.FAILURES_IN_A_ROW):
        oldest = outcome(oldest, now)
        now = oldest.next_attempt_at
    others = [owed(endpoint, next_attempt_at=oldest.next_attempt_at - timedelta(seconds=1)) for _ in range(3)]
    outcome(others[0], oldest.next_attempt_at - timedelta(seconds=1))
    asked = len(found.calls)
    assert set(
        Delivery.objects.filter(pk__in=[other.pk for other in others[1:]]).values_list("next_attempt_at", flat=True)
    ) == {oldest.next_attempt_at + timedelta(seconds=1)}
    operations.deliver(oldest.next_attempt_at - timedelta(seconds=1))
    assert len(found.calls) == asked
    assert Delivery.objects.filter(state="pending").count() == 4


# --- what is said ------------------------------------------------------------------------------------------------
EVIL = "</td><script> <!channel> @everyone <@U1> [x](http://evil.example) \u202egnp.exe\r\nBcc: a@b.example"


def said_by(kind: str, address: str, service, monkeypatch) -> str:
    found = service(says(200, b'{"ok": true}' if kind == "telegram" else b"ok"))
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://{found.place}/services")
    monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://{found.place}/bot")
    owner = a_user(kind, Role.TAM)
    address = address.format(place=found.place)
    endpoint = add_endpoint(owner=owner, kind=kind, name="Ops", address=address, actor=owner, at=MONDAY)
    client = a_client(f"client-{kind}", tam=owner, policy=a_policy(resolution_s=360000))
    an_incident(client=client, title=EVIL)
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    assert Delivery.objects.get(endpoint=endpoint, alert__level=100).state == "sent"
    return found.calls[-1].body


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("slack", "https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/cccccccccccccccccccccccc"),
        ("mattermost", "http://{place}/hooks/" + CANARY),
        ("telegram", "123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI/12315544"),
        ("ntfy", "http://{place}/topic"),
        ("other", "json://{place}/x"),
    ],
)
def test_a_title_calls_nobody_hides_no_link_and_is_no_markup(kind, address, service, monkeypatch, settings):
    settings.SITE_URL = "https://tamhub.example"
    said = json.loads(said_by(kind, address, service, monkeypatch))
    text = json.dumps(said, ensure_ascii=False)
    for trap in ("<!channel", "@everyone", "<@U1", "](http", "\u202e", "Bcc: a@b.example\n"):
        assert trap not in text.replace("\\n", "\n"), trap
    assert "everyone" in text
    assert "https://tamhub.example/incidents/" in text
    if kind in {"slack", "telegram"}:
        assert "<script>" not in text


def test_teams_reads_markdown_so_what_is_none_is_escaped_and_our_link_stays(settings):
    settings.SITE_URL = "https://tamhub.example"
    written = chat._as_markdown(mail.one_line(EVIL) + " https://tamhub.example/incidents/1_2/")
    for trap in ("[x]", "](", "<script>", "<!channel"):
        assert trap not in written
    assert written.endswith(" https://tamhub.example/incidents/1_2/")


# --- addresses ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "entered", "stored"),
    [
        ("slack", "https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/cccccccccccccccccccccccc", "https://hooks"),
        ("telegram", "123456789:abcdefghijklmnopqrstuvwxyzABCDEFGHI/-100123", "tgram://123456789:"),
        (
            "mattermost",
            "https://chat.nowhere.example:8443/team/hooks/abc",
            "mmosts://chat.nowhere.example:8443/team/abc",
        ),
        ("ntfy", "https://ntfy.sh/topic", "ntfys://ntfy.sh/topic"),
        ("other", "discord://123456789012345678/" + "a" * 68, "discord://"),
    ],
)
def test_what_services_show_to_copy_is_understood(kind, entered, stored):
    found = read(kind, entered)
    assert found.url.startswith(stored)
    assert entered.rpartition("/")[2] not in found.hint or kind == "ntfy"


@pytest.mark.parametrize(
    ("kind", "entered"),
    [
        ("slack", ""),
        ("slack", "https://hooks.slack.com/services/T0"),
        ("slack", "https://example.com/x"),
        ("slack", "discord://123456789012345678/" + "a" * 68),
        ("teams", "not an address"),
        ("other", "syslog://"),
        ("other", "mailto://user:pass@example.com"),
        ("other", "mqtt://localhost/topic"),
        ("other", "rsyslog://localhost"),
        ("other", "dbus://"),
        ("other", "fcm://project@apikey/device"),
        ("other", "json://127.0.0.1/"),
        ("other", "jsons://127.0.0.1/"),
        ("other", "jsons://10.1.2.3/"),
        ("other", "jsons://[::1]/"),
        ("other", "jsons://2130706433/"),
        ("other", "jsons://chat.nowhere.example:22/"),
        ("other", "json://chat.nowhere.example/"),
        ("mattermost", "http://chat.nowhere.example/hooks/abc"),
        ("mattermost", "https://127.0.0.1/hooks/abc"),
        ("ntfy", "ntfys://ntfy.sh/one/two"),
        ("slack", "slack://T0AAAAAAA/B0BBBBBBB/cccccccccccccccccccccccc/#a/#b"),
        ("slack", "slack://T0AAAAAAA/B0BBBBBBB/cccccccccccccccccccccccc/?template=/etc/passwd"),
        ("other", "jsons://chat.nowhere.example/?attach=/etc/passwd"),
        ("other", "x" * 3000),
    ],
)
def test_other_addresses_are_refused_with_what_to_do_and_without_the_address(kind, entered, tam):
    with pytest.raises(Invalid) as refused:
        add_endpoint(owner=tam, kind=kind, name="Ops", address=entered, actor=tam, at=MONDAY)
    assert refused.value.field == "address"
    assert len(refused.value.message) > 20
    assert not entered or entered not in refused.value.message
    assert not Endpoint.objects.exists()


def test_every_service_that_may_be_entered_speaks_through_the_guard_alone():
    """Of apprise's services only those are taken that use `requests`; these open no line by other means."""
    manager = NotificationManager()
    taken = {
        schema: manager[schema] for schema in manager.schemas() if addresses.is_guarded(manager[schema], schema=schema)
    }
    assert {"slack", "workflows", "tgram", "mmosts", "ntfys", "discord", "gotifys", "matrixs", "pover"} <= set(taken)
    assert not {"syslog", "mailto", "mqtt", "irc", "xmpp", "rsyslog", "growl", "dbus", "fcm", "nostr"} & set(taken)
    lines = {"socket", "smtplib", "ssl", "subprocess", "paho", "slixmpp", "gntp", "websocket", "websockets", "pika"}
    for schema, service in taken.items():
        tree = ast.parse(inspect.getsource(sys.modules[service.__module__]))
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            for alias in getattr(node, "names", ())
            if isinstance(node, ast.Import)
        }
        imported |= {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and not node.level
        }
        assert not imported & lines, schema


def test_names_are_unique_to_their_owner_also_where_that_is_the_duty(service, tam):
    found = service()
    a_chat(tam, found)
    a_chat(None, found)
    a_chat(a_user("other", Role.TAM), found)
    for owner in (tam, None):
        with pytest.raises(Invalid) as refused:
            a_chat(owner, found)
        assert refused.value.field == "name"


def test_an_address_that_is_off_is_not_tested(service, tam):
    endpoint = change_endpoint(a_chat(tam, service()), is_on=False, actor=tam, at=MONDAY)
    with pytest.raises(Conflict):
        endpoints.test_endpoint(endpoint, actor=tam, at=MONDAY)


def test_a_newer_test_overtakes_an_older_one_and_says_who_tests(service, tam):
    found = service()
    endpoint = a_chat(tam, found)
    first, second = (endpoints.test_endpoint(endpoint, actor=tam, at=MONDAY) for _ in range(2))
    operations.deliver(MONDAY)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, len(found.calls)) == ("cancelled", "sent", 1)
    assert "tam tests whether" in found.calls[0].body


# --- the secret --------------------------------------------------------------------------------------------------
def test_the_address_shows_nowhere(service, tam, api, browse, caplog, settings):  # noqa: PLR0917 - fixtures
    """A canary in the address: in no log at any level, no page, no answer of the API, no history, no error."""
    heard = io.StringIO()
    listening = logging.StreamHandler(heard)
    logging.getLogger().addHandler(listening)
    caplog.set_level(logging.DEBUG)
    try:
        found = service(says(200), says(503), says(404), says(302, Location="http://evil.example/"), says(410))
        endpoint = a_chat(tam, found)
        for number in range(5):
            outcome(owed(endpoint, next_attempt_at=MONDAY + HOUR * number), MONDAY + HOUR * number)
        settings.OUTBOUND_ALLOWED_HOSTS = []
        with pytest.raises(Invalid):
            change_endpoint(endpoint, address=f"http://127.0.0.1/hooks/{CANARY}", actor=tam, at=MONDAY)
        shown = browse(tam).get("/me/notifications/").text
        told = [api(tam).get(f"/api/v1/{place}/").content.decode() for place in ("endpoints", "deliveries")]
        log = [
            browse(tam).get(f"/alerts/deliveries/{pk}/").text for pk in Delivery.objects.values_list("pk", flat=True)
        ]
    finally:
        logging.getLogger().removeHandler(listening)
    rows = serializers.serialize(
        "json", [*Endpoint.objects.all(), *Delivery.objects.all(), *DeliveryAttempt.objects.all(), *Alert.objects.all()]
    ) + serializers.serialize("json", History.objects.all())
    assert endpoint.hint in shown
    for text in (heard.getvalue(), caplog.text, shown, *told, *log, rows):
        assert CANARY not in text


def test_two_threads_are_guarded_each_by_its_own_call(service, tam):
    slow, quick = threading.Event(), service(says(200))

    def waits(handler: Handler) -> None:
        slow.wait(10)
        says(503)(handler)

    held = service(waits)
    one, other = a_chat(tam, held, name="One"), a_chat(tam, quick, name="Other")
    errors = []

    def send_slowly() -> None:
        try:
            chat.send(Delivery(endpoint=one), mail.Mail("a", "b", ""))
        except mail.NotSent as error:
            errors.append(str(error))

    thread = threading.Thread(target=send_slowly)
    thread.start()
    chat.send(Delivery(endpoint=other), mail.Mail("a", "b", ""))
    slow.set()
    thread.join(10)
    assert errors == ["503 Service Unavailable"]

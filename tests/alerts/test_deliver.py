"""What becomes of a delivery: sent, tried again, given up, handed on. The mail server says what the test tells it."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.base import BaseEmailBackend

from accounts.models import Role, User
from alerts import operations, retries
from alerts.models import Alert, Delivery, DeliveryAttempt, Endpoint
from alerts.operations import delivering
from incidents.models import Incident
from tests.factories import MONDAY, a_client, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BREACHED = MONDAY + HOUR + timedelta(seconds=1)
TAM, MANAGER, DUTY = "tam-of-castor@tamhub.example", "manager@tamhub.example", "duty@tamhub.example"


class Server(BaseEmailBackend):
    """Answers each address as `answers` says: an exception is raised, anything else is accepted."""

    answers: dict[str, Exception] = {}
    seen: list[outgoing.EmailMessage] = []

    def send_messages(self, email_messages):
        for message in email_messages:
            self.seen.append(message)
            if (error := self.answers.get(message.to[0])) is not None:
                raise error
        return len(email_messages)


@pytest.fixture(autouse=True)
def server(settings) -> type[Server]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    settings.DUTY_EMAIL = DUTY
    settings.SITE_URL = "https://tamhub.example"
    Server.answers, Server.seen = {}, []
    return Server


@pytest.fixture
def incident() -> Incident:
    manager = a_user("manager", Role.MANAGER)
    client = a_client("castor", policy=a_policy(resolution_s=360000), service_manager=manager)
    return an_incident(client=client, title="Core switch is silent")


def refused(address: str, code: int = 550) -> smtplib.SMTPRecipientsRefused:
    return smtplib.SMTPRecipientsRefused({address: (code, b"no such user")})


def delivery_to(address: str) -> Delivery:
    return Delivery.objects.get(alert__level=100, address=address)


def test_a_breach_reaches_its_recipients_and_the_mail_stays_readable(incident: Incident, server) -> None:
    operations.sweep(BREACHED)
    result = operations.deliver(BREACHED)
    assert (result.claimed, result.sent) == (2, 2)
    assert {message.to[0] for message in server.seen} == {TAM, MANAGER}
    sent = delivery_to(TAM)
    assert sent.state == "sent"
    assert sent.sent_at is not None
    assert sent.lease_token is None
    what = f"Response of INC-{incident.pk} passed its 1 h target"
    assert sent.subject == f"{what}: Castor, P2, Core switch is silent"
    assert f"https://tamhub.example/incidents/{incident.pk}/" in sent.body
    assert operations.deliver(BREACHED + HOUR).claimed == 0


def test_the_mail_can_be_threaded_and_known_again(incident: Incident, server) -> None:
    server.answers = {TAM: smtplib.SMTPServerDisconnected("gone")}
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    server.answers = {}
    operations.deliver(BREACHED + HOUR)
    first, again = (m for m in server.seen if m.to == [TAM])
    assert first.extra_headers == again.extra_headers
    assert first.extra_headers["Message-ID"] == f"<{delivery_to(TAM).public_id}@tamhub.example>"
    assert first.extra_headers["References"] == f"<incident-{incident.pk}@tamhub.example>"
    assert first.extra_headers["Auto-Submitted"] == "auto-generated"
    assert [kind for _content, kind in first.alternatives] == ["text/html"]


def test_the_mail_speaks_the_recipients_zone(incident: Incident) -> None:
    User.objects.filter(email=TAM).update(time_zone="Europe/Vienna")
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    assert "Due: Mon 2 Mar 2026 11:00:00 CET" in delivery_to(TAM).body
    assert "Due: Mon 2 Mar 2026 10:00:00 UTC" in delivery_to(MANAGER).body


def test_a_title_cannot_become_a_header_nor_markup(server) -> None:
    title = "Down\r\nBcc: all@tamhub.example <b>&"
    incident = an_incident(client=a_client("castor", policy=a_policy()), title=title)
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    (message,) = server.seen
    assert message.subject.endswith("Down Bcc: all@tamhub.example <b>&")
    assert message.recipients() == [TAM]
    html, _kind = message.alternatives[0]
    assert "&lt;b&gt;&amp;" in html
    assert f"{incident.reference} Down Bcc: all@tamhub.example <b>&" in message.body


def test_a_mail_that_was_not_taken_is_tried_again_by_the_schedule(incident: Incident, server, monkeypatch) -> None:
    monkeypatch.setattr("alerts.retries.random.uniform", lambda _low, _high: 1.0)
    server.answers = {TAM: ConnectionRefusedError("refused"), MANAGER: refused(MANAGER, 450)}
    operations.sweep(BREACHED)
    now, waits = BREACHED, []
    for _ in range(8):
        assert operations.deliver(now).claimed == 2
        delivery = delivery_to(TAM)
        assert (delivery.state, delivery.lease_token) == ("pending", None)
        waits.append(round((delivery.next_attempt_at - now).total_seconds()))
        assert operations.deliver(delivery.next_attempt_at - timedelta(seconds=2)).claimed == 0
        now = max(d.next_attempt_at for d in Delivery.objects.filter(alert__level=100))
    assert waits == [5, 30, 120, 300, 900, 1800, 3600, 3600]
    attempts = DeliveryAttempt.objects.filter(delivery=delivery_to(TAM))
    assert [(a.number, a.outcome) for a in attempts] == [(n, "retry") for n in range(1, 9)]
    assert "ConnectionRefusedError" in attempts[0].error


@pytest.mark.parametrize("attempts", range(1, 12))
def test_waits_are_spread_by_a_fifth(attempts: int) -> None:
    middle = retries.STEPS[attempts - 1] if attempts <= 6 else HOUR
    waits = [retries.wait_after(attempts) for _ in range(200)]
    assert middle * 0.8 <= min(waits) < max(waits) <= middle * 1.2


def test_a_refused_recipient_is_given_up_and_the_next_in_the_chain_is_told_at_once(incident: Incident, server) -> None:
    incident.client.deputy = a_user("deputy", Role.TAM)
    incident.client.save()
    server.answers = {TAM: refused(TAM)}
    operations.sweep(BREACHED)
    assert operations.deliver(BREACHED).sent == 2
    assert delivery_to(TAM).state == "dead"
    assert delivery_to(TAM).end_reason == "550 no such user"
    assert (delivery_to("deputy@tamhub.example").state, delivery_to("deputy@tamhub.example").role) == ("sent", "deputy")


def test_when_the_whole_chain_refuses_the_duty_mailbox_is_tried_until_it_takes_it(incident: Incident, server) -> None:
    server.answers = {address: refused(address) for address in (TAM, MANAGER, DUTY)}
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    assert {d.address: d.state for d in Delivery.objects.filter(alert__level=100)} == {
        TAM: "dead",
        MANAGER: "dead",
        DUTY: "pending",
    }
    server.answers = {}
    operations.deliver(BREACHED + HOUR)
    assert delivery_to(DUTY).state == "sent"


def test_after_three_days_a_delivery_is_given_up_and_handed_on(incident: Incident, server) -> None:
    server.answers = {TAM: ConnectionRefusedError("refused")}
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    operations.deliver(BREACHED + timedelta(hours=71))
    assert delivery_to(TAM).state == "pending"
    operations.deliver(BREACHED + timedelta(hours=73))
    assert delivery_to(TAM).state == "dead"
    assert delivery_to(DUTY).state == "sent"


def test_a_message_to_the_duty_mailbox_that_is_given_up_is_told_to_the_operators_by_another_way(
    incident: Incident, server
) -> None:
    Endpoint.objects.create(name="Duty room", kind="slack", sealed_url="", hint="slack")
    server.answers = {TAM: refused(TAM), MANAGER: refused(MANAGER), DUTY: ConnectionRefusedError("refused")}
    operations.sweep(BREACHED)
    operations.deliver(BREACHED, channel="email")
    operations.deliver(BREACHED + timedelta(hours=73), channel="email")
    assert delivery_to(DUTY).state == "dead"
    told = Delivery.objects.filter(notice="operator")
    assert {one.channel for one in told} == {"email", "chat"}
    assert DUTY in told[0].body


def test_a_tam_who_left_between_breach_and_mail_is_passed_over(incident: Incident) -> None:
    operations.sweep(BREACHED)
    User.objects.filter(email=TAM).update(is_active=False)
    operations.deliver(BREACHED)
    assert (delivery_to(TAM).state, delivery_to(TAM).end_reason) == ("dead", "the recipient no longer works here")
    assert delivery_to(DUTY).state == "sent"


def test_what_is_no_mail_address_is_given_up_at_once(incident: Incident, server) -> None:
    User.objects.filter(email=TAM).update(email="nobody at all")
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    assert delivery_to("nobody at all").state == "dead"
    assert {message.to[0] for message in server.seen} == {MANAGER, DUTY}


def test_a_killed_sender_costs_one_lease_and_leaves_a_trace(incident: Incident) -> None:
    operations.sweep(BREACHED)
    Delivery.objects.exclude(address=TAM).delete()
    [taken] = delivering.claim(BREACHED)
    assert operations.deliver(BREACHED + delivering.LEASE / 2).claimed == 0
    assert operations.deliver(BREACHED + delivering.LEASE).sent == 1
    attempts = DeliveryAttempt.objects.filter(delivery=taken).values_list("number", "outcome")
    assert list(attempts) == [(1, "unknown"), (2, "ok")]


def test_who_lost_the_lease_records_no_end(incident: Incident, server, monkeypatch) -> None:
    """The first sender is slower than its lease; a second one takes over meanwhile, is refused, and its word stands."""
    operations.sweep(BREACHED)
    Delivery.objects.exclude(address=TAM).delete()

    def slowly(delivery, _mail):
        monkeypatch.undo()
        server.answers = {TAM: refused(TAM)}
        operations.deliver(BREACHED + 2 * delivering.LEASE)

    monkeypatch.setattr("alerts.mail.send", slowly)
    assert operations.deliver(BREACHED, limit=1).sent == 0
    assert delivery_to(TAM).state == "dead"
    assert [a.outcome for a in DeliveryAttempt.objects.filter(delivery=delivery_to(TAM))] == ["unknown", "permanent"]


def test_a_lease_left_far_in_the_future_by_a_clock_jump_is_free(incident: Incident) -> None:
    operations.sweep(BREACHED)
    Delivery.objects.update(lease_until=BREACHED + timedelta(hours=2))
    assert operations.deliver(BREACHED).sent == 2


def test_first_attempts_go_before_repeated_ones(incident: Incident) -> None:
    operations.sweep(BREACHED)
    Delivery.objects.filter(address=TAM).update(attempts=3, next_attempt_at=BREACHED - HOUR)
    [taken] = delivering.claim(BREACHED)
    assert taken.address == MANAGER


def test_a_mail_that_cannot_be_rendered_is_tried_again_and_holds_up_nobody(incident: Incident) -> None:
    operations.sweep(BREACHED)
    broken = an_incident(client=incident.client)
    operations.sweep(BREACHED)
    Alert.objects.filter(subject_id=broken.pk).update(snapshot={})
    result = operations.deliver(BREACHED)
    assert (result.claimed, result.sent) == (4, 2)
    assert set(Delivery.objects.filter(alert__subject_id=broken.pk).values_list("state", flat=True)) == {"pending"}

"""More than 20 alerts for one address go out as one mail; each stays a delivery of its own."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core import mail as outgoing
from django.core.mail.backends.base import BaseEmailBackend

from accounts.models import User
from alerts import operations
from alerts.models import Alert, Delivery, DeliveryAttempt
from alerts.operations import delivering
from incidents import operations as incidents
from incidents.models import Incident
from tests.factories import MONDAY, a_client, a_policy, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BREACHED = MONDAY + HOUR + timedelta(seconds=1)
TAM = "tam-of-castor@tamhub.example"


class Server(BaseEmailBackend):
    failing: Exception | None = None
    seen: list[outgoing.EmailMessage] = []

    def send_messages(self, email_messages):
        self.seen.extend(email_messages)
        if self.failing is not None:
            raise self.failing
        return len(email_messages)


@pytest.fixture(autouse=True)
def server(settings) -> type[Server]:
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    settings.SITE_URL = "https://tamhub.example"
    Server.failing, Server.seen = None, []
    return Server


def breached(count: int) -> list[Incident]:
    client = a_client("castor", policy=a_policy(resolution_s=360000))
    made = [an_incident(client=client) for _ in range(count)]
    operations.sweep(BREACHED)
    return made


def states() -> set[str]:
    return set(Delivery.objects.filter(notice="raised").values_list("state", flat=True))


def test_twenty_go_out_one_by_one(server) -> None:
    breached(20)
    assert operations.deliver(BREACHED).sent == 20
    assert len(server.seen) == 20


def test_twenty_one_share_a_mail_and_are_recorded_each(server) -> None:
    made = breached(21)
    assert operations.deliver(BREACHED).sent == 21
    (message,) = server.seen
    assert message.to == [TAM]
    assert message.subject == "21 alerts at once, 21 of them past their target"
    assert all(f"https://tamhub.example/incidents/{incident.pk}/" in message.body for incident in made)
    assert states() == {"sent"}
    assert set(DeliveryAttempt.objects.values_list("outcome", flat=True)) == {"ok"}
    assert DeliveryAttempt.objects.count() == 21


def test_what_waits_for_others_is_not_drawn_in(server) -> None:
    breached(21)
    other = an_incident(client=a_client("pollux", policy=a_policy(resolution_s=360000)))
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    assert sorted(message.to[0] for message in server.seen) == [TAM, f"tam-of-{other.client.slug}@tamhub.example"]


def test_a_shared_mail_that_was_not_taken_comes_again_as_the_same(server) -> None:
    made = breached(25)
    server.failing = smtplib.SMTPServerDisconnected("gone")
    operations.deliver(BREACHED)
    assert states() == {"pending"}
    incidents.acknowledge(incident=made[0], actor=None, now=BREACHED + HOUR, at=MONDAY + HOUR / 2)
    server.failing = None
    operations.deliver(BREACHED + HOUR)
    first, withdrawn, again = server.seen
    assert first.extra_headers["Message-ID"] == again.extra_headers["Message-ID"]
    assert again.subject.startswith("24 alerts at once")
    assert withdrawn.subject.startswith("Withdrawn")
    assert states() == {"sent", "cancelled"}


def test_a_sender_that_is_killed_leaves_a_mail_that_can_be_known_again(server) -> None:
    breached(25)
    claimed = delivering.claim(BREACHED)
    assert len(claimed) == 25
    assert operations.deliver(BREACHED + timedelta(seconds=1)).claimed == 0
    assert operations.deliver(BREACHED + delivering.LEASE).sent == 25
    (message,) = server.seen
    assert message.extra_headers["Message-ID"] == f"<{claimed[0].group}@tamhub.example>"
    assert DeliveryAttempt.objects.filter(outcome="unknown").count() == 25


def test_one_that_was_withdrawn_while_the_mail_was_under_way_is_withdrawn_again(server, monkeypatch) -> None:
    made = breached(25)

    def meanwhile(*_) -> None:
        monkeypatch.undo()
        incidents.acknowledge(incident=made[0], actor=None, now=BREACHED, at=MONDAY + HOUR / 2)

    monkeypatch.setattr("alerts.channels.send", meanwhile)
    assert operations.deliver(BREACHED, limit=1).sent == 24
    withdrawn = Alert.objects.get(clock__subject_id=made[0].pk, level=100).deliveries
    assert {d.notice: d.state for d in withdrawn.all()} == {"raised": "cancelled", "retracted": "pending"}


def test_a_reader_who_left_hands_all_of_them_on(server, settings) -> None:
    settings.DUTY_EMAIL = "duty@tamhub.example"
    breached(25)
    User.objects.filter(email=TAM).update(is_active=False)
    operations.deliver(BREACHED)
    assert dict(Delivery.objects.values_list("address", "state")) == {TAM: "dead", "duty@tamhub.example": "sent"}
    assert [message.to[0] for message in server.seen] == ["duty@tamhub.example"]

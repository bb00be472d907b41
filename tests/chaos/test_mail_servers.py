"""The mail server is away, silent, slow, or takes a mail and does not say so."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from alerts.models import Delivery, DeliveryAttempt
from alerts.operations.endpoints import add_endpoint
from alerts.retries import STEPS
from tests.chaos.crew import Crew
from tests.chaos.lengths import at_length
from tests.chaos.oracle import assert_kept, seconds
from tests.chaos.proxy import Mode, Proxy
from tests.chaos.sinks import Behaviour, HttpSink, Mailbox
from tests.chaos.worlds import a_world, breaches, let_time_pass, settle
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.any_database, pytest.mark.django_db(transaction=True)]
# A sender that rests looks every 2 s, and may have others to try first.
TURN_S = 8.0


mails = Delivery.objects.filter(channel=Delivery.Channel.EMAIL)
chats = Delivery.objects.filter(channel=Delivery.Channel.CHAT)


def a_chat_of(owner: User | None, outside: HttpSink, crew: Crew, settings: Any) -> None:
    """Breaches go to this person by chat, too."""
    place = outside.url.removeprefix("http://").rstrip("/")
    settings.OUTBOUND_ALLOWED_HOSTS = [place]
    crew.environment["OUTBOUND_ALLOWED_HOSTS"] = place
    address = f"http://{place}/hooks/k1canary9f3secret7tokenq2"
    assert owner is not None
    add_endpoint(owner=owner, kind="mattermost", name="Ops", address=address, actor=owner, at=timezone.now())


def gaps() -> Iterator[tuple[int, float]]:
    """For each repeated attempt which one it was, and how long after the end of the one before it began."""
    ends: dict[tuple[int, int], DeliveryAttempt] = {}
    for attempt in DeliveryAttempt.objects.order_by("number"):
        ends[attempt.delivery_id, attempt.number] = attempt
        before = ends.get((attempt.delivery_id, attempt.number - 1))
        if before is not None and before.ended_at is not None:
            yield before.number, (attempt.started_at - before.ended_at).total_seconds()


@pytest.mark.fault(
    "F34",
    "the mail server refuses every connection",
    "chat messages go out meanwhile; nothing is given up; attempts follow the schedule (5 s, 30 s, 2 min …, ± 20 %); "
    "all is sent after it is back",
)
@pytest.mark.parametrize(("refuses_s", "waits"), [(8.0, False), at_length(40.0, True)])
def test_refuses(
    crew: Crew,
    mailbox: Mailbox,
    mail_line: Proxy,
    measured: Callable,
    *,
    outside: HttpSink,
    settings: Any,
    refuses_s: float,
    waits: bool,
) -> None:
    mail_line.set(Mode.REFUSE)
    client = a_world()
    a_chat_of(client.tam, outside, crew, settings)
    incidents = breaches(client, 10, within_s=2)
    crew.alerts()
    assert wait_until(lambda: mails.filter(attempts__gte=2).count() >= 20, within_s=30)
    time.sleep(refuses_s)
    assert set(chats.values_list("state", flat=True)) == {Delivery.State.SENT}
    chat_s = seconds(one.sent_at - one.created_at for one in chats if one.sent_at)
    if not waits:
        let_time_pass(timedelta(seconds=36))
    mail_line.set(Mode.PASS)
    settle(incidents, within_s=180)
    found = [(number, gap) for number, gap in gaps() if waits or number == 1]
    for number, gap in found:
        step_s = STEPS[number - 1].total_seconds()
        assert step_s * 0.8 - 0.1 <= gap <= step_s * 1.2 + TURN_S, f"{gap} s after attempt {number}"
    assert not Delivery.objects.exclude(state=Delivery.State.SENT).exists()
    figures = assert_kept(incidents, mailbox, doubles=0)
    refused = DeliveryAttempt.objects.filter(outcome="retry").count()
    chat = {"chat messages meanwhile": len(outside.requests), "chat message after at most (s)": chat_s}
    measured(figures, **{"attempts refused": refused}, **chat)


@pytest.mark.fault(
    "F35",
    "the mail server accepts connections and never says a word",
    "each attempt ends by itself (10 s); recording goes on in time; all is sent afterwards",
)
@pytest.mark.parametrize("silent_s", [12.0, at_length(60.0)])
def test_is_silent(crew: Crew, mailbox: Mailbox, measured: Callable, silent_s: float) -> None:
    mailbox.behaviour = Behaviour.SILENT
    incidents = breaches(a_world(), 4, within_s=8, begin_s=3)
    process = crew.alerts()
    time.sleep(silent_s)
    mailbox.behaviour = Behaviour.TAKE
    let_time_pass(timedelta(seconds=36))
    settle(incidents, within_s=60)
    assert process.is_running()
    longest = longest_attempt_s()
    assert longest < 20
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True), **{"longest attempt (s)": longest})


def longest_attempt_s() -> float:
    ended = DeliveryAttempt.objects.exclude(ended_at=None)
    return seconds(attempt.ended_at - attempt.started_at for attempt in ended if attempt.ended_at)


@pytest.mark.fault(
    "F36",
    "the mail server takes a mail and closes the line before it says so",
    "sent again under the same Message-ID: one duplicate each, nothing lost",
)
@pytest.mark.parametrize("count", [4, at_length(20)])
def test_its_answer_is_lost(crew: Crew, mailbox: Mailbox, measured: Callable, count: int) -> None:
    mailbox.behaviour = Behaviour.LOSE_FIRST_ANSWER
    incidents = breaches(a_world(), count // 2, within_s=0, begin_s=-5)
    crew.alerts()
    settle(incidents, within_s=60)
    measured(assert_kept(incidents, mailbox, doubles=count), **{"answers lost": count})
    assert max(mailbox.message_ids.values()) == 2


@pytest.mark.fault(
    "F38",
    "the mail server answers for one recipient by one byte a second",
    "cut off after 20 s in all; the other recipients are not delayed",
)
def test_drips(crew: Crew, mailbox: Mailbox, measured: Callable) -> None:
    client = a_world()
    assert client.tam is not None
    mailbox.recipients[client.tam.email] = Behaviour.DRIP
    crew.alerts()
    incidents = breaches(client, 2, within_s=0, begin_s=-5)
    others = Delivery.objects.exclude(recipient=client.tam)
    assert wait_until(lambda: others.filter(state=Delivery.State.SENT).count() == 2, within_s=15)
    cut_off = DeliveryAttempt.objects.filter(outcome=DeliveryAttempt.Outcome.RETRY)
    assert wait_until(lambda: cut_off.count() >= 2, within_s=30)
    mailbox.recipients.clear()
    settle(incidents, within_s=60)
    longest = longest_attempt_s()
    assert 15 < longest < 25
    measured(assert_kept(incidents, mailbox, doubles=0), **{"longest attempt (s)": longest})

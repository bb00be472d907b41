"""Alert processes are killed, stopped, hung and overtaken: nothing that is owed is lost, little is doubled."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from alerts.beats import last_pass
from alerts.models import Alert, Delivery, DeliveryAttempt
from kernel.models import ProcessBeat
from tests.chaos.crew import Crew, Process
from tests.chaos.lengths import at_length
from tests.chaos.oracle import assert_kept
from tests.chaos.sinks import Behaviour, HttpSink, Mailbox
from tests.chaos.worlds import LEASE, a_world, breaches, let_time_pass, settle
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@pytest.mark.fault(
    "F1",
    "alert processes killed (`kill -9`) again and again while breaches come due: of three one about every second, "
    "which gives each time for little more than its start",
    "every breach recorded once, every mail arrives, at most one duplicate a kill",
)
@pytest.mark.parametrize(("count", "for_s", "waits"), [(60, 8.0, False), at_length(400, 60.0, True)])
def test_killed_again_and_again(
    crew: Crew, mailbox: Mailbox, measured: Callable, *, count: int, for_s: float, waits: bool
) -> None:
    incidents = breaches(a_world(), count, within_s=for_s)
    processes = [crew.alerts() for _ in range(3)]
    kills, until = 0, time.monotonic() + for_s
    while time.monotonic() < until:
        time.sleep(random.uniform(0.8, 1.6))
        victim = processes[kills % len(processes)]
        victim.kill()
        victim.start()
        kills += 1
    if not waits:
        for process in processes:
            process.kill()
            kills += 1
        let_time_pass(LEASE)
        crew.alerts()
    recorded = Alert.objects.filter(level=100).count()
    settle(incidents, within_s=90)
    measured(assert_kept(incidents, mailbox, kills=kills), **{"recorded while killed": recorded})


@pytest.mark.fault(
    "F2",
    "a process dies between claiming a mail and sending it",
    "another sends it after the lease of 30 s; no duplicate",
)
@pytest.mark.parametrize(("kills", "waits"), [(4, False), at_length(20, True)])
def test_killed_before_sending(crew: Crew, mailbox: Mailbox, measured: Callable, kills: int, waits: bool) -> None:
    incidents = [breach for _ in range(kills // 2) for breach in breaches(a_world(), 1, within_s=0, begin_s=-5)]
    for _ in range(kills):
        died = crew.manage("run_alerts", "--once", TAMHUB_TESTING="1", TAMHUB_FAILPOINT="after_claim_before_send:kill")
        assert died.returncode == -signal.SIGKILL, died.stderr
    assert mailbox.taken == []
    if not waits:
        let_time_pass(LEASE)
    crew.alerts()
    settle(incidents, within_s=60)
    assert DeliveryAttempt.objects.filter(outcome=DeliveryAttempt.Outcome.UNKNOWN).count() == kills
    measured(assert_kept(incidents, mailbox, kills=kills, doubles=0))


@pytest.mark.fault(
    "F3",
    "a process dies between the mail server's yes and its record",
    "sent again after the lease: exactly one duplicate each, under the same Message-ID",
)
@pytest.mark.parametrize(("kills", "waits"), [(4, False), at_length(20, True)])
def test_killed_after_sending(crew: Crew, mailbox: Mailbox, measured: Callable, kills: int, waits: bool) -> None:
    incidents = [breach for _ in range(kills // 2) for breach in breaches(a_world(), 1, within_s=0, begin_s=-5)]
    for _ in range(kills):
        died = crew.manage("run_alerts", "--once", TAMHUB_TESTING="1", TAMHUB_FAILPOINT="after_send_before_commit:kill")
        assert died.returncode == -signal.SIGKILL, died.stderr
    assert len(mailbox.taken) == kills
    if not waits:
        let_time_pass(LEASE)
    crew.alerts()
    settle(incidents, within_s=60)
    measured(assert_kept(incidents, mailbox, kills=kills, doubles=kills))
    assert max(mailbox.message_ids.values()) == 2


@pytest.mark.fault(
    "F5",
    "the process that recorded a breach dies at once, before anything is sent",
    "the other alert process sends it within 60 s",
)
def test_killed_after_recording(crew: Crew, mailbox: Mailbox, measured: Callable) -> None:
    incidents = breaches(a_world(), 1, within_s=0, begin_s=-2)
    recorded = crew.manage("run_alerts", "--once", TAMHUB_TESTING="1", TAMHUB_FAILPOINT="after_breach_commit:kill")
    assert recorded.returncode == -signal.SIGKILL
    assert (Alert.objects.filter(level=100).count(), mailbox.taken) == (1, [])
    crew.alerts()
    settle(incidents)
    measured(assert_kept(incidents, mailbox, kills=1, doubles=0))


@pytest.mark.fault(
    "F51",
    "a release adds columns to the tables of clocks, alerts and deliveries while the old program runs",
    "the old program goes on; nothing lost",
)
def test_new_columns_under_the_old_program(crew: Crew, mailbox: Mailbox, measured: Callable) -> None:
    tables = ("sla_clock", "alerts_alert", "alerts_delivery")
    incidents = breaches(a_world(), 40, within_s=6)
    processes = [crew.alerts() for _ in range(2)]
    assert wait_until(lambda: len(mailbox.taken) > 0, within_s=60)
    with connection.cursor() as cursor:
        try:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ADD COLUMN of_the_next_release integer NULL")
            settle(incidents)
        finally:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DROP COLUMN of_the_next_release")
    assert all(process.is_running() for process in processes)
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True))


@pytest.mark.fault(
    "F52",
    "a deploy: SIGTERM while mails are under way at a slow server",
    "ends by itself within 25 s with status 0; no duplicate",
)
def test_told_to_stop_while_sending(crew: Crew, mailbox: Mailbox, measured: Callable) -> None:
    mailbox.behaviour, mailbox.slow_s = Behaviour.SLOW, 3.0
    incidents = breaches(a_world(), 6, within_s=0, begin_s=-5)
    old = crew.alerts()
    assert wait_until(lambda: mailbox.connections > 0, within_s=30)
    told_at = time.monotonic()
    old.send(signal.SIGTERM)
    assert old.ends_within(25) == 0
    ended_after_s = round(time.monotonic() - told_at, 1)
    mailbox.behaviour = Behaviour.TAKE
    crew.alerts()
    settle(incidents)
    measured(assert_kept(incidents, mailbox, doubles=0), **{"ended after (s)": ended_after_s})


@pytest.mark.fault(
    "F61",
    "all alert processes hang (`kill -STOP`)",
    "`/health/alerts` answers 503 once no pass has ended for 60 s, and the calls to the outside monitor stop; "
    "both come back when they go on",
)
@pytest.mark.parametrize("waits", [False, at_length(True)])
def test_hung(crew: Crew, mailbox: Mailbox, outside: HttpSink, measured: Callable, waits: bool) -> None:
    process, web = crew.alerts(HEARTBEAT_URL=outside.url), crew.web()

    def health() -> int:
        return web.get("/health/alerts").status

    assert wait_until(lambda: health() == 200, within_s=30)
    assert wait_until(lambda: len(outside.requests) > 0, within_s=30)
    freeze_after_a_pass(process)
    hung_at, calls = time.monotonic(), len(outside.requests)
    if not waits:
        ProcessBeat.objects.update(pass_finished=F("pass_finished") - timedelta(seconds=58))
    assert wait_until(lambda: health() == 503, within_s=65)
    figures = {"503 after (s)": round(time.monotonic() - hung_at, 1)} if waits else {}
    assert len(outside.requests) == calls
    incidents = breaches(a_world(), 3, within_s=0, begin_s=-5)
    process.send(signal.SIGCONT)
    went_on_at = time.monotonic()
    assert wait_until(lambda: health() == 200, within_s=30)
    figures["200 again after (s)"] = round(time.monotonic() - went_on_at, 1)
    settle(incidents)
    measured(assert_kept(incidents, mailbox, doubles=0), **figures)


def freeze_after_a_pass(process: Process) -> None:
    """Not within a transaction, which on SQLite would keep everybody else from writing."""
    before = last_pass()
    assert wait_until(lambda: last_pass() != before, within_s=10)
    process.send(signal.SIGSTOP)


@pytest.mark.fault(
    "F64",
    "whoever reads the log of an alert process goes away (EPIPE)",
    "it goes on without its log",
)
def test_nobody_reads_the_log(crew: Crew, mailbox: Mailbox, measured: Callable) -> None:
    reading, writing = os.pipe()
    process = crew.alerts(stderr=writing, LOG_LEVEL="DEBUG")
    os.close(writing)
    os.close(reading)
    client = a_world()
    assert client.tam is not None
    mailbox.recipients[client.tam.email] = Behaviour.REFUSE_RECIPIENT  # of which it would say a word
    incidents = breaches(client, 5, within_s=2)
    settle(incidents)
    assert Delivery.objects.filter(state=Delivery.State.DEAD).count() >= 5
    assert process.is_running()
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True))

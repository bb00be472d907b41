"""One full pass, and the processes that run it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import operations, tasks
from alerts.audit import violations
from alerts.beats import last_pass
from alerts.loops import Loops
from alerts.models import Alert, Delivery
from alerts.operations.passes import REPAIR_EVERY
from kernel.clock import database_now
from kernel.models import OutboxEvent, ProcessBeat
from tests.factories import MONDAY, a_client, a_policy, an_incident

BREACHED = MONDAY + timedelta(hours=1, seconds=1)
# Within a pass the time goes on: what follows upon one is later by more than it may have taken.
LATER = timedelta(seconds=10)


@pytest.mark.django_db
def test_a_pass_notices_records_sends_and_leaves_its_pulse(mailoutbox) -> None:
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)))
    done = operations.run_pass(BREACHED, process_name="alerts:test")
    assert (done["breached"], done["sent"], len(mailoutbox)) == (1, 1, 1)
    pulse = ProcessBeat.objects.get(name="alerts:test")
    assert pulse.pass_started == BREACHED
    assert pulse.figures == done
    ended = last_pass()
    assert ended is not None
    assert BREACHED <= ended < BREACHED + timedelta(seconds=10)


@pytest.mark.django_db
def test_an_idle_pass_costs_the_same_few_queries_however_many_clocks_run() -> None:
    client = a_client(policy=a_policy())

    def cost(incidents: int) -> int:
        for _ in range(incidents):
            an_incident(client=client)
        operations.run_pass(MONDAY, process_name="alerts:test")
        with CaptureQueriesContext(connection) as queries:
            operations.run_pass(MONDAY + LATER, process_name="alerts:test")
        return len(queries)

    assert cost(1) == cost(19) <= 7  # with the question for the time at most 8


@pytest.mark.django_db
def test_repairs_run_once_a_minute_whoever_passes() -> None:
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)))
    operations.run_pass(BREACHED, process_name="alerts:one")
    Alert.objects.all().delete()
    assert operations.run_pass(BREACHED + REPAIR_EVERY / 2, process_name="alerts:two")["repaired"] == 0
    assert operations.run_pass(BREACHED + REPAIR_EVERY + LATER, process_name="alerts:two")["repaired"] == 1
    assert Alert.objects.get().level == 100


@pytest.mark.django_db
def test_a_pass_alone_keeps_every_invariant_though_nobody_reads_the_outbox() -> None:
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)))
    assert OutboxEvent.objects.filter(position=None).exists()
    operations.run_pass(BREACHED, process_name="alerts:test")
    assert list(violations(BREACHED + timedelta(minutes=10))) == []


@pytest.mark.django_db
def test_processes_that_ended_long_ago_are_forgotten() -> None:
    operations.run_pass(MONDAY, process_name="alerts:old")
    operations.run_pass(MONDAY + timedelta(days=8), process_name="alerts:new")
    assert list(ProcessBeat.objects.filter(name__startswith="alerts:").values_list("name", flat=True)) == ["alerts:new"]


@pytest.mark.django_db
def test_once_does_one_pass_and_says_what_it_did(mailoutbox) -> None:
    now = timezone.now().replace(microsecond=0)
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)), at=now - timedelta(hours=2), now=now)
    printed = StringIO()
    call_command("run_alerts", "--once", stdout=printed)
    done = json.loads(printed.getvalue())
    assert (done["breached"], done["claimed"], done["sent"]) == (1, 1, 1)


@pytest.mark.django_db
def test_hold_lists_what_would_be_done_and_does_nothing(mailoutbox) -> None:
    now = timezone.now().replace(microsecond=0)
    client = a_client("castor", policy=a_policy(resolution_s=360000))
    told = an_incident(client=client, at=now - timedelta(hours=2), now=now)
    operations.sweep(now)
    other = an_incident(client=client, at=now - timedelta(hours=2), now=now)
    printed = StringIO()
    call_command("run_alerts", "--hold", stdout=printed)
    lines = printed.getvalue().splitlines()
    assert lines[0].startswith(f"look at the response clock of incident {other.pk}, due ")
    assert any(line.startswith("send raised ") and f"incident {told.pk}" in line for line in lines)
    assert lines[-1] == f"{len(lines) - 1} things would be done. Nothing was."
    assert not mailoutbox
    assert not Alert.objects.filter(subject_id=other.pk).exists()


@pytest.mark.django_db
def test_celery_carries_the_same_pass(mailoutbox) -> None:
    now = timezone.now().replace(microsecond=0)
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)), at=now - timedelta(hours=2), now=now)
    assert tasks.run_pass.run()["sent"] == 1


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "It did not come to this within 20 s."
        time.sleep(0.05)


@pytest.fixture
def loops(monkeypatch):
    """`run_alerts` in this process, its signals left alone."""
    monkeypatch.setattr("alerts.loops.signal.signal", lambda *_: None)
    monkeypatch.setattr("alerts.loops.IDLE_S", 0.05)
    running = Loops("alerts:test")
    thread = threading.Thread(target=running.run)
    yield thread
    running.stopping.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_loops_go_on_after_the_database_was_away(loops, mailoutbox, monkeypatch, caplog) -> None:
    asked = []

    def away():
        asked.append(1)
        raise OperationalError("server closed the connection\nunexpectedly")

    monkeypatch.setattr("alerts.loops.database_now", away)
    loops.start()
    until(lambda: len(asked) > 20)
    now = timezone.now().replace(microsecond=0)
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)), at=now - timedelta(hours=2), now=now)
    monkeypatch.setattr("alerts.loops.database_now", database_now)
    until(
        lambda: (
            Delivery.objects.filter(state="sent").exists() and ProcessBeat.objects.filter(name="alerts:test").exists()
        )
    )
    complaints = [r.getMessage() for r in caplog.records if "does not answer" in r.getMessage()]
    assert complaints == ["The database does not answer: server closed the connection unexpectedly"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_mail_server_that_hangs_delays_no_record(loops, monkeypatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr("alerts.mail.send", lambda *_: answered.wait(20))
    client = a_client(policy=a_policy(resolution_s=360000))
    now = timezone.now().replace(microsecond=0)
    an_incident(client=client, at=now - timedelta(hours=2), now=now)
    loops.start()
    until(lambda: Delivery.objects.filter(lease_token__isnull=False).exists())
    an_incident(client=client, at=now - timedelta(hours=2), now=now)
    until(lambda: Alert.objects.filter(level=100).count() == 2)
    assert not Delivery.objects.filter(state="sent").exists()
    answered.set()
    until(lambda: Delivery.objects.filter(state="sent").count() == 2)


@pytest.mark.django_db
def test_without_moving_senders_there_is_no_pulse() -> None:
    running = Loops("alerts:test")
    running.sweep(timezone.now())
    assert ProcessBeat.objects.filter(name="alerts:test").exists()
    ProcessBeat.objects.all().delete()
    running._senders_moved[0] -= 61
    running.sweep(timezone.now())
    assert not ProcessBeat.objects.filter(name="alerts:test").exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_mail_server_that_hangs_delays_no_chat(loops, monkeypatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr("alerts.mail.send", lambda *_: answered.wait(20))
    monkeypatch.setattr("alerts.channels.chat.send", lambda *_: None)
    now = timezone.now()
    words = {"notice": "operator", "subject": "Look", "body": "Look", "next_attempt_at": now, "created_at": now}
    for number in range(10):
        Delivery.objects.create(channel="email", address=f"{number}@tamhub.example", **words)
    Delivery.objects.create(channel="chat", address="endpoint-1", **words)
    loops.start()
    until(lambda: Delivery.objects.filter(channel="chat", state="sent").exists())
    assert not Delivery.objects.filter(channel="email", state="sent").exists()
    answered.set()
    until(lambda: not Delivery.objects.exclude(state="sent").exists())

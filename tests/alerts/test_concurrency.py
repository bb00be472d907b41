"""Several workers at once on one backlog: nothing twice, nothing left. On PostgreSQL and on an SQLite file alike."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from alerts import operations
from alerts.models import Alert, Delivery, DeliveryAttempt
from alerts.operations import sweeping
from alerts.operations.escalating import escalate_unheard
from incidents import operations as incidents
from incidents.models import Incident
from kernel.models import OutboxEvent
from sla.models import Clock
from tests.factories import MONDAY, a_client, a_policy, an_incident

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
WORKERS = 4
INCIDENTS = 25
BREACHED = MONDAY + timedelta(hours=1, seconds=1)


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Run these in threads that start together; each closes its connection."""
    together = threading.Barrier(len(work))

    def run(job: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in work]]


@pytest.fixture
def backlog() -> None:
    """Every response is one second past its deadline."""
    policy = a_policy(resolution_s=360000)
    for _ in range(INCIDENTS):
        an_incident(client=a_client(policy=policy))


@pytest.mark.usefixtures("backlog")
def test_many_sweeps_raise_each_breach_once() -> None:
    def sweep_until_done() -> int:
        raised = 0
        while (result := operations.sweep(BREACHED, limit=5)).found:
            raised += result.breached
        return raised

    assert sum(at_once(*[sweep_until_done] * WORKERS)) == INCIDENTS
    assert Alert.objects.filter(level=100).count() == INCIDENTS
    assert Delivery.objects.count() == INCIDENTS
    assert OutboxEvent.objects.filter(topic="clock.breached").count() == INCIDENTS
    assert set(Clock.objects.filter(kind="response").values_list("state", "wake_errors")) == {("breached", 0)}


@pytest.mark.usefixtures("backlog")
def test_many_senders_take_no_delivery_twice(mailoutbox) -> None:
    operations.sweep(BREACHED)

    def send_until_done() -> int:
        sent = 0
        while Delivery.objects.due(BREACHED).exists():
            sent += operations.deliver(BREACHED, limit=3).sent
        return sent

    assert sum(at_once(*[send_until_done] * WORKERS)) == INCIDENTS
    sent = Counter(message.extra_headers["Message-ID"] for message in mailoutbox)
    assert len(sent) == INCIDENTS
    assert set(sent.values()) == {1}
    assert DeliveryAttempt.objects.count() == INCIDENTS


def test_many_senders_put_what_waits_for_one_address_into_mails_that_share_nothing(mailoutbox) -> None:
    client = a_client(policy=a_policy(resolution_s=360000))
    for _ in range(3 * INCIDENTS):
        an_incident(client=client)
    operations.sweep(BREACHED)

    def send_until_done() -> int:
        sent = 0
        while Delivery.objects.due(BREACHED).exists():
            sent += operations.deliver(BREACHED, limit=3).sent
        return sent

    assert sum(at_once(*[send_until_done] * WORKERS)) == 3 * INCIDENTS
    assert DeliveryAttempt.objects.count() == 3 * INCIDENTS
    told = [number for message in mailoutbox for number in re.findall(r"incidents/(\d+)/", message.body)]
    assert sorted(map(int, told)) == sorted(Incident.objects.values_list("pk", flat=True))
    assert len(mailoutbox) < INCIDENTS


@pytest.mark.usefixtures("backlog")
def test_many_escalate_each_alert_by_one_step() -> None:
    operations.sweep(BREACHED)
    later = BREACHED + timedelta(minutes=15)

    def escalate() -> int:
        return sum(escalate_unheard(later, limit=5) for _ in range(10))

    assert sum(at_once(*[escalate] * WORKERS)) == INCIDENTS
    assert set(Alert.objects.filter(level=100).values_list("escalations", flat=True)) == {1}
    assert Delivery.objects.filter(role="duty").count() == INCIDENTS


@pytest.mark.usefixtures("backlog")
def test_who_acknowledges_while_an_alert_goes_on_is_not_passed_over() -> None:
    operations.sweep(BREACHED)
    later = BREACHED + timedelta(minutes=15)
    tam = User.objects.earliest("pk")
    breaches = list(Alert.objects.filter(level=100).order_by("-pk"))

    def acknowledge() -> None:
        for alert in breaches:
            operations.acknowledge_alert(alert, actor=tam, at=later)

    at_once(acknowledge, lambda: escalate_unheard(later), lambda: escalate_unheard(later))
    assert set(Alert.objects.filter(level=100).values_list("state", "escalate_at")) == {("acked", None)}
    assert escalate_unheard(later + timedelta(hours=1)) == 0
    went_on = Alert.objects.filter(level=100, escalations=1).count()
    assert Delivery.objects.filter(role="duty").count() == went_on


@pytest.mark.usefixtures("backlog")
def test_a_response_just_in_time_and_a_sweep_at_the_same_moment_end_in_one_truth() -> None:
    """Half of the incidents were answered at the deadline, half one second late; the sweep runs meanwhile."""
    due_at = MONDAY + timedelta(hours=1)
    rows = list(Incident.objects.order_by("pk"))

    def answer() -> None:
        for number, incident in enumerate(rows):
            late = timedelta(seconds=number % 2)
            incidents.acknowledge(incident=incident, actor=None, now=BREACHED, at=due_at + late)

    def sweep() -> None:
        for _ in range(10):
            operations.sweep(BREACHED, limit=INCIDENTS)

    at_once(answer, sweep, sweep)
    operations.sweep(BREACHED)
    for number, incident in enumerate(rows):
        clock = Clock.objects.get(subject_id=incident.pk, kind="response")
        standing = Alert.objects.filter(clock=clock, level=100).exclude(state="retracted").count()
        assert (clock.state, standing) == (("breached", 1) if number % 2 else ("met", 0))


@pytest.mark.postgres
@pytest.mark.usefixtures("backlog")
def test_a_database_that_went_away_is_no_fault_of_a_clock(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is one line of the loop's, not a traceback and a wait for each clock that was being looked at."""

    def torn(*_args: object, **_kwargs: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(sweeping, "raise_levels", torn)
    with pytest.raises(OperationalError):
        operations.sweep(BREACHED)
    assert not caplog.records
    monkeypatch.undo()
    connection.close()
    assert not Clock.objects.filter(wake_errors__gt=0).exists()
    assert operations.sweep(BREACHED).breached == INCIDENTS

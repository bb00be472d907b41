"""What happens at the very moment of a deadline, and in any order: the events decide, whoever looks first."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alerts.models import Alert, DeliveryAttempt
from incidents import operations
from incidents.models import HoldReason, Incident
from kernel.errors import Conflict
from sla.models import Calendar, Clock
from sla.operations import TargetInput
from tests.chaos.crew import Crew
from tests.chaos.lengths import at_length
from tests.chaos.oracle import assert_kept
from tests.chaos.sinks import Mailbox
from tests.chaos.worlds import TARGET, a_world, breaches, is_settled, settle
from tests.factories import a_client, a_policy, an_incident
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@pytest.mark.fault(
    "F45",
    "answers at the second of the deadline, and one second after it, while two alert processes sweep",
    "in time is met, late is breached, never both; a breach alert stands exactly for the late ones",
)
@pytest.mark.parametrize(("count", "for_s"), [(40, 5.0), at_length(200, 30.0)])
def test_answered_at_the_deadline(
    crew: Crew, mailbox: Mailbox, measured: Callable, *, count: int, for_s: float
) -> None:
    for _ in range(2):
        crew.alerts()
    incidents = breaches(a_world(), count, within_s=for_s, begin_s=4)

    def answer(incident: Incident) -> None:
        due_at = incident.opened_at + TARGET
        late = timedelta(seconds=incident.pk % 2)
        moment = due_at + timedelta(seconds=random.uniform(1.0, 1.5))
        time.sleep(max(0.0, (moment - timezone.now()).total_seconds()))
        try:
            operations.acknowledge(incident=incident, actor=None, now=timezone.now(), at=due_at + late)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(answer, incidents))
    settle(incidents, look=lambda: is_settled() and not answered.filter(state=Clock.State.RUNNING).exists())
    late = [incident for incident in incidents if incident.pk % 2]
    states = dict(answered.values_list("subject_id", "state"))
    assert states == {one.pk: Clock.State.BREACHED if one.pk % 2 else Clock.State.MET for one in incidents}
    withdrawn = Alert.objects.filter(level=100, state=Alert.State.RETRACTED).count()
    unknown = DeliveryAttempt.objects.filter(outcome=DeliveryAttempt.Outcome.UNKNOWN).count()
    measured(assert_kept(late, mailbox, kills=unknown), pairs=count, withdrawn=withdrawn)


answered = Clock.objects.filter(kind="response")


@pytest.mark.fault(
    "F47",
    "held, resumed, changed in priority at random by four people at once while two alert processes sweep",
    "every clock is what a replay of its events says",
)
@pytest.mark.parametrize("for_s", [6.0, at_length(40.0)])
def test_moved_while_swept(crew: Crew, mailbox: Mailbox, measured: Callable, for_s: float) -> None:
    always = Calendar.objects.get(slug="always")
    targets = [TargetInput(priority, s, s, always) for priority, s in (("P1", 4), ("P2", 7), ("P3", 12), ("P4", 3600))]
    client = a_client(policy=a_policy(targets=targets))
    for _ in range(2):
        crew.alerts()
    now = timezone.now().replace(microsecond=0)
    incidents = [an_incident(client=client, at=now, now=now, priority="P3") for _ in range(10)]
    done: Counter[str] = Counter()
    together, until = threading.Lock(), time.monotonic() + for_s

    def work() -> None:
        try:
            while time.monotonic() < until:
                name = random.choice([*moves])
                try:
                    moves[name](random.choice(incidents))
                except Conflict:
                    name = "refused"
                with together:
                    done[name] += 1
                time.sleep(random.uniform(0, 0.05))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(work) for _ in range(4)]:
            future.result()
    for incident in incidents:
        operations.close(incident=incident, actor=None, now=timezone.now())
    assert wait_until(is_settled, within_s=60)
    audit = crew.manage("alert_audit", "--all")
    assert audit.returncode == 0, audit.stdout
    moved = sum(count for name, count in done.items() if name != "refused")
    breached = Clock.objects.filter(state=Clock.State.BREACHED).count()
    standing = Alert.objects.filter(level=100).exclude(state=Alert.State.RETRACTED)
    assert standing.count() == breached
    withdrawn = Alert.objects.filter(level=100, state=Alert.State.RETRACTED).count()
    measured(moves=moved, breaches=breached, withdrawn=withdrawn, duplicates=mailbox.doubles)


def _hold(incident: Incident) -> None:
    operations.hold(incident=incident, reason=HoldReason.CLIENT, actor=None, now=timezone.now())


def _resume(incident: Incident) -> None:
    operations.resume(incident=incident, actor=None, now=timezone.now())


def _change_priority(incident: Incident) -> None:
    changes = {"priority": random.choice(["P1", "P2", "P3", "P4"])}
    operations.edit(incident=incident, changes=changes, actor=None, now=timezone.now())


moves: dict[str, Callable[[Incident], None]] = {"hold": _hold, "resume": _resume, "priority": _change_priority}

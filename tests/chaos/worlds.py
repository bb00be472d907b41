"""What is owed in a case: incidents whose clocks come due while things break."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.models import Client, Role
from alerts.models import Delivery
from incidents.models import Incident
from sla.models import Clock
from tests.factories import a_client, a_policy, a_user, an_incident
from tests.processes import wait_until

TARGET = timedelta(hours=1)
# How long a mail waits whose sender died, and what a short case lets pass instead of waiting.
LEASE = timedelta(seconds=30)


def a_world() -> Client:
    """A client with a TAM and a service manager of its own: a breach owes two mails."""
    policy = a_policy(response_s=int(TARGET.total_seconds()))
    return a_client(policy=policy, service_manager=a_user("", Role.MANAGER))


def breaches(client: Client, count: int, *, within_s: float, begin_s: float = 0.0) -> list[Incident]:
    """So many incidents whose response is due one after the other within this time from now."""
    now = timezone.now().replace(microsecond=0)
    due = [now + timedelta(seconds=begin_s + within_s * number / count) for number in range(count)]
    return [an_incident(client=client, at=at - TARGET, now=now) for at in due]


def last_due(incidents: list[Incident]) -> datetime:
    return max(incident.opened_at for incident in incidents) + TARGET


def is_settled() -> bool:
    """Nothing is due to be noticed, and every message has come to its end."""
    if Clock.objects.filter(kind="response", state="running", due_at__lt=timezone.now()).exists():
        return False
    if Clock.objects.to_wake(timezone.now()).exists():
        return False
    return not Delivery.objects.filter(state=Delivery.State.PENDING).exists()


def settle(incidents: list[Incident], *, within_s: float = 60.0, look: Callable[[], bool] = is_settled) -> None:
    """Wait until all of it was told; fail with what is still owed."""
    left_s = (last_due(incidents) + timedelta(seconds=1) - timezone.now()).total_seconds()
    if wait_until(
        lambda: timezone.now() > last_due(incidents) + timedelta(seconds=1) and look(),
        within_s=within_s + max(left_s, 0),
    ):
        return
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    owed = [f"{d} at {d.next_attempt_at:%T}, leased until {d.lease_until}, {d.attempts} attempts" for d in pending[:5]]
    waking = Clock.objects.to_wake(timezone.now()).count()
    pytest.fail(f"After {within_s} s {waking} clocks and {pending.count()} deliveries were owed something: {owed}")


def let_time_pass(length: timedelta) -> None:
    """For what waits for its time: leases and repeated attempts come due by this much sooner."""
    pending = Delivery.objects.filter(state=Delivery.State.PENDING)
    pending.update(next_attempt_at=F("next_attempt_at") - length, lease_until=F("lease_until") - length)


def reconnect() -> None:
    """After the database was away: the test's own connection is broken, too."""
    connection.close()

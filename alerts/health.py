"""Is the alert machinery well? Ages and counts for monitors and for those who run the service; reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Min
from django.utils import timezone

from alerts import audit
from alerts.beats import PASS_MUST_END_WITHIN, REPAIR, beats, last_pass
from alerts.chores import PREFIX, intervals
from alerts.models import Alert, Delivery
from kernel.models import ProcessBeat
from sla.models import Clock


def vitals(now: datetime) -> dict[str, int]:
    """What the pulse of each process tells, in seconds: how long the longest overdue clock and the longest due message
    wait, and by how much the database's clock is ahead of this machine's. Two queries."""
    overdue = Clock.objects.to_wake(now).values_list("wake_at", flat=True).first()
    pending = Delivery.objects.due(now).order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    return {
        "oldest_overdue_s": _age(overdue, now),
        "oldest_pending_s": _age(pending, now),
        "clock_ahead_s": round((now - timezone.now()).total_seconds()),
    }


def troubles(now: datetime) -> list[str]:
    """What breaks the promise at this moment: no pass, or one of the rules R1 to R4; empty while all is well.

    R2 and R3 are those that the last repair, which comes once a minute, could not mend.
    """
    found = []
    ended = last_pass()
    if ended is None or now - ended > PASS_MUST_END_WITHIN:
        found.append(f"no full pass of the alerts since {ended}")
    if audit.overdue_unswept(now).exists():
        found.append("clocks are past their deadline and were not swept")
    if audit.late_deliveries(now).exists():
        found.append("messages are due and nobody sends them")
    if left := _left_unrepaired():
        found.append(f"{left} alerts or messages are missing")
    return found


def details(now: datetime) -> dict[str, Any]:
    """Everything that those who run the service want to know, as JSON."""
    waiting = Delivery.objects.filter(state=Delivery.State.PENDING)
    unheard = Alert.objects.to_escalate(now).aggregate(first=Min("escalate_at"))["first"]
    return {
        "now": now.isoformat(),
        "troubles": troubles(now),
        **vitals(now),
        "oldest_unescalated_s": _age(unheard, now),
        "pending": waiting.filter(in_digest=False).count(),
        "held": waiting.filter(in_digest=False, next_attempt_at__gt=now).count(),
        "dead": Delivery.objects.filter(state=Delivery.State.DEAD).count(),
        "open_alerts": Alert.objects.filter(state=Alert.State.OPEN, clock__stopped_at=None).count(),
        "processes": [
            {"name": beat.name, "pid": beat.pid, "last_pass_s": _age(beat.pass_finished, now), "figures": beat.figures}
            for beat in beats().order_by("name")
        ],
        "chores": [
            {"name": beat.name.removeprefix(PREFIX), "last_s": _age(beat.pass_started, now), "figures": beat.figures}
            for beat in ProcessBeat.objects.filter(name__in=intervals()).order_by("name")
        ],
    }


def _left_unrepaired() -> int:
    figures = ProcessBeat.objects.filter(name=REPAIR).values_list("figures", flat=True).first() or {}
    return int(figures.get("left", 0))


def _age(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else max(round((now - since).total_seconds()), 0)

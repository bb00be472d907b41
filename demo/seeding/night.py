"""A P1 at 03:00 on a public holiday: the TAM sleeps, and whoever is on duty is called."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Client
from alerts import operations as alerts
from alerts.models import Delivery
from demo.seeding.incidents import as_it_happened
from departments.models import Department
from incidents import operations
from incidents.models import Incident
from sla.models import Calendar

CLIENT, DEPARTMENT, OFFICE_HOURS = "aldgate-bank", "network", "business-at"
REFERENCE = "night-"
TITLE = "Both lines of the trading floor are down"
THREE_IN_THE_MORNING = time(3)
# Half of a gold P1's quarter of an hour to respond is used up; the first step of the ladder.
TOLD_AFTER = timedelta(seconds=451)


def seed_night(*, now: datetime) -> None:
    """The incident of the last public holiday, alerted at its own time; what is there already stays."""
    client = Client.objects.get(slug=CLIENT)
    if Incident.objects.filter(client=client, external_ref__startswith=REFERENCE).exists():
        return
    opened_at = _last_holiday_night(now=now)
    incident = operations.open_incident(
        client=client,
        department=Department.objects.get(slug=DEPARTMENT),
        title=TITLE,
        priority="P1",
        source="monitoring",
        external_ref=f"{REFERENCE}{opened_at:%Y%m%d}",
        opened_at=opened_at,
        actor=None,
        now=opened_at,
    )
    told_at = opened_at + TOLD_AFTER
    alerts.sweep(told_at)
    alerts.deliver(told_at)
    called = Delivery.objects.filter(alert__subject_id=incident.pk, role="on_duty").select_related("recipient").first()
    engineer = called.recipient if called is not None else None
    taken_at = told_at + timedelta(minutes=3)
    doing: dict[str, Any] = {"actor": engineer, "now": told_at + timedelta(hours=2)}
    operations.acknowledge(incident=incident, at=taken_at, **doing)
    if engineer is not None:
        operations.assign(incident=incident, assignee=engineer, at=taken_at, **doing)
    operations.resolve(
        incident=incident,
        resolution="The standby line took over after its router was restarted; carrier informed.",
        at=told_at + timedelta(minutes=52),
        **doing,
    )
    as_it_happened(incident)


def _last_holiday_night(*, now: datetime) -> datetime:
    """03:00 of the office's last public holiday before yesterday."""
    hours = Calendar.objects.select_related("current").get(slug=OFFICE_HOURS).current
    assert hours is not None
    yesterday = (now - timedelta(days=1)).date().isoformat()
    day = max(day for day in hours.holidays if day < yesterday)
    return datetime.combine(date.fromisoformat(day), THREE_IN_THE_MORNING, ZoneInfo(hours.timezone))

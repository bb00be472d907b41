"""The incidents that the story tells by name, played through the operations as they happened."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from accounts.models import Client, User
from alerts import operations as alerts
from alerts.models import Alert
from demo.seeding.content import load
from demo.seeding.people import username
from demo.seeding.times import instant
from departments.models import Department
from incidents import operations
from incidents.models import Incident
from incidents.settling import SUBJECT_KIND
from projects.models import Project
from sla.models import Clock, Vendor
from sla.operations import policy_for

_PAUSED = re.compile(r"paused (\d+) to (\d+) min, (.+)")
_ON_HOLD = re.compile(r"on hold for the (client|vendor) since (-\d+(?:wd \d\d:\d\d|min)): (.+)")


def seed_incidents(*, now: datetime) -> None:
    """Those that are not there yet; they are recognised by the story's number."""
    for row in load("story")["incidents"]:
        client = Client.objects.get(slug=row["client"])
        if not Incident.objects.filter(client=client, external_ref=row["id"]).exists():
            incident = _play(row, client, now=now)
            as_it_happened(incident)
            _lay_to_rest(incident)


def as_it_happened(incident: Incident) -> None:
    """The story was written down while it happened, not at the start of the demo."""
    incident.events.update(recorded_at=F("at"))


def _lay_to_rest(incident: Incident) -> None:
    """What ended before the demo began was told then: nobody gets a mail about it today."""
    if not incident.is_open:
        clocks = Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id=incident.pk)
        clocks.update(wake_at=None, alerted_level=Alert.BREACH)
        alerts.record_past(clocks, detected_at=incident.opened_at)


def _play(row: dict[str, Any], client: Client, *, now: datetime) -> Incident:
    def at(text: str) -> datetime:
        return instant(text, now=now, zone=client.time_zone)

    people = {person["id"]: username(person) for person in load("story")["staff"]}
    engineer = User.objects.get(username=people[row["assignee"]]) if row.get("assignee") else None
    story_projects = {project["id"]: project["slug"] for project in load("story")["projects"]}
    incident = operations.open_incident(
        client=client,
        project=Project.objects.filter(slug=story_projects.get(row.get("project"), "")).first(),
        department=Department.objects.get(slug=row["department"]),
        title=row["title"],
        priority=row["priority"],
        source=row["source"],
        external_ref=row["id"],
        is_major=row["priority"] == "P1" and row["status"] in {"resolved", "closed"},
        opened_at=at(row["opened"]),
        actor=None,
        now=now,
    )
    doing: dict[str, Any] = {"actor": engineer, "now": now}
    if row.get("responded"):
        incident = operations.acknowledge(incident=incident, at=at(row["responded"]), **doing)
    if engineer is not None:
        incident = operations.assign(incident=incident, assignee=engineer, at=at(row["responded"]), **doing)
    note = str(row.get("note", ""))
    if paused := _PAUSED.fullmatch(note):
        begin, end = (incident.opened_at + timedelta(minutes=int(minutes)) for minutes in paused.groups()[:2])
        incident = operations.hold(incident=incident, reason="client", at=begin, **doing)
        operations.comment(incident=incident, text=paused[3].capitalize() + ".", is_public=True, at=begin, **doing)
        incident = operations.resume(incident=incident, at=end, **doing)
    for update in row.get("updates", ()):
        operations.comment(incident=incident, text=update["text"], is_public=True, at=at(update["at"]), **doing)
    if waits := _ON_HOLD.fullmatch(note):
        vendor = Vendor.objects.get(slug=row["vendor"]) if row.get("vendor") else None
        incident = operations.hold(incident=incident, reason=waits[1], vendor=vendor, at=at(waits[2]), **doing)
        operations.comment(
            incident=incident, text=waits[3].capitalize() + ".", is_public=True, at=at(waits[2]), **doing
        )
    if row.get("resolved"):
        resolved_at = at(row["resolved"])
        incident = operations.resolve(
            incident=incident, resolution="Service restored and checked.", at=resolved_at, **doing
        )
        if row["status"] == "closed":
            incident = operations.close(incident=incident, at=min(resolved_at + timedelta(days=1), now), **doing)
    return incident


WATCH = "watch-"
# What one can watch: (client, department, priority, clock, seconds left at the start, title).
WATCHED = [
    ("helios-energy", "network", "P2", "response", 75, "Branch office Graz loses packets"),
    ("aldgate-bank", "cyber-defence", "P1", "response", 210, "Certificate warning on the payment page"),
    ("aldgate-bank", "dba", "P2", "resolution", 150, "Report database answers slowly"),
    ("helios-energy", "backup", "P1", "resolution", 420, "Restore of the grid archive does not start"),
]


def open_watched(*, now: datetime) -> None:
    """A few incidents whose clocks run out within minutes, so that whoever starts the demo sees alerts happen.

    Those of the last start, if nobody resolved them, are resolved.
    """
    for left in Incident.objects.open().filter(external_ref__startswith=WATCH):
        operations.resolve(incident=left, resolution="Service restored and checked.", actor=None, now=now)
    for client_slug, department, priority, kind, left_s, title in WATCHED:
        client = Client.objects.get(slug=client_slug)
        target = policy_for(client=client, at=now).targets.get(priority=priority)
        target_s = target.response_s if kind == "response" else target.resolution_s
        opened_at = now - timedelta(seconds=target_s - left_s)
        incident = operations.open_incident(
            client=client,
            department=Department.objects.get(slug=department),
            title=title,
            priority=priority,
            source="monitoring",
            external_ref=f"{WATCH}{kind}-{now:%Y%m%d%H%M%S}-{left_s}",
            opened_at=opened_at,
            actor=None,
            now=now,
        )
        if kind == "resolution":
            operations.acknowledge(incident=incident, actor=None, at=opened_at + timedelta(minutes=4), now=now)
        as_it_happened(incident)


def tell_as_it_happened(*, now: datetime) -> None:
    """What the open incidents of the story passed before the demo began was noticed then, not at its start."""
    alerts.sweep(now)
    Alert.objects.filter(detected_at=now, level=Alert.BREACH).update(detected_at=F("due_at") + timedelta(seconds=1))

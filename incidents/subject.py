"""What incidents promise to the clocks: replay, recipients, words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from incidents.models import REFERENCE_PREFIX, Incident, IncidentEvent
from incidents.permissions import incidents_answered_by, incidents_visible_to
from incidents.recipients import candidates_of
from incidents.settling import SUBJECT_KIND, calendars, measured, story_of
from incidents.silence import silent_since
from sla.measure import Measured
from sla.models import Clock
from sla.subjects import Candidate, Description


class IncidentClocks:
    """Implements `sla.subjects.SubjectOwner`."""

    kind = SUBJECT_KIND

    def replay(self, subject_ids: Sequence[int], *, now: datetime) -> Mapping[int, list[Measured]]:
        incidents = Incident.objects.in_bulk(subject_ids)
        events: dict[int, list[IncidentEvent]] = {pk: [] for pk in incidents}
        for event in IncidentEvent.objects.filter(incident__in=subject_ids).order_by("incident", "at", "pk"):
            events[event.incident_id].append(event)
        lookup = calendars(now=now)
        return {
            pk: measured(incident, story_of(incident, events[pk], until=now), now=now, calendar_version=lookup)
            for pk, incident in incidents.items()
        }

    def recipients(
        self, clocks: Sequence[Clock], *, at: datetime, named: Collection[str] = ()
    ) -> Mapping[int, list[Candidate]]:
        return candidates_of(clocks, at=at, named=named)

    def stale_since(self, subject_ids: Sequence[int], *, at: datetime) -> Mapping[int, datetime]:
        return silent_since(subject_ids, at=at)

    def describe(self, subject_ids: Sequence[int]) -> Mapping[int, Description]:
        rows = Incident.objects.filter(pk__in=subject_ids).values_list(
            "pk", "title", "priority", "client__name", "department__name"
        )
        return {
            pk: Description(f"{REFERENCE_PREFIX}{pk}", title, priority, client, department, f"/incidents/{pk}/")
            for pk, title, priority, client, department in rows
        }

    def visible_ids(self, user: User) -> QuerySet[Any, Any]:
        return incidents_visible_to(user).values("pk")

    def answered_ids(self, user: User) -> QuerySet[Any, Any]:
        return incidents_answered_by(user).values("pk")

    def open_without_clock(self) -> Iterable[int]:
        measured = Clock.objects.filter(subject_kind=self.kind, subject_id=OuterRef("pk"))
        return Incident.objects.open().filter(~Exists(measured)).values_list("pk", flat=True)

"""What incidents promise to the clocks: replay, recipients, words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from departments.queries import away
from incidents.models import REFERENCE_PREFIX, Incident
from incidents.permissions import incidents_answered_by, incidents_visible_to
from incidents.settling import SUBJECT_KIND, measured, story_of
from sla.measure import Measured
from sla.models import Clock
from sla.subjects import Candidate, Description


class IncidentClocks:
    """Implements `sla.subjects.SubjectOwner`."""

    kind = SUBJECT_KIND

    def replay(self, subject_id: int, *, now: datetime) -> list[Measured]:
        incident = Incident.objects.get(pk=subject_id)
        story = story_of(incident, incident.events.all(), until=now)
        clocks = list(Clock.objects.filter(subject_kind=self.kind, subject_id=subject_id))
        return measured(incident, story, clocks=clocks, now=now)

    def recipients(self, subject_id: int, *, at: datetime) -> list[Candidate]:
        """The client's TAM, or who stands in; the deputy; the head of the department; the service manager."""
        incident = Incident.objects.select_related(
            "client__tam", "client__deputy", "client__service_manager", "department__head"
        ).get(pk=subject_id)
        client = incident.client
        chain: list[tuple[str, User | None]] = [
            ("tam", client.tam),
            ("deputy", client.deputy),
            ("head", incident.department.head),
            ("service_manager", client.service_manager),
        ]
        absences = away([user.pk for _role, user in chain if user], at=at)
        candidates = []
        for role, user in chain:
            if user is None:
                continue
            absence = absences.get(user.pk)
            candidates.append(_candidate(role, user, absent=absence is not None))
            if absence is not None and absence.stand_in is not None:
                candidates.append(_candidate(f"{role}_stand_in", absence.stand_in, absent=False))
        return candidates

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


def _candidate(role: str, user: User, *, absent: bool) -> Candidate:
    if not user.is_active:
        skipped = "inactive"
    elif not user.email:
        skipped = "no address"
    else:
        skipped = "absent" if absent else ""
    return Candidate(role=role, user_id=user.pk, name=str(user), address=user.email, skipped=skipped)

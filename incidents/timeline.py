"""What happened to the incidents of a project, as a part of the project's timeline."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from accounts.permissions import Person
from incidents.models import EventKind, IncidentEvent
from incidents.permissions import incidents_visible_to
from incidents.queries import readable
from incidents.telling import LOOKS, title_of
from projects.models import Project
from projects.timeline import Entry, Kind, Span


class Incidents:
    """Events as they were told, without the updates of ticketing systems that said nothing new in words."""

    name = "incidents"
    kinds = frozenset({Kind.INCIDENT})

    def entries(
        self,
        project: Project,
        *,
        user: Person,
        kinds: Collection[Kind],  # noqa: ARG002 - there is but one
        span: Span,
        limit: int,
    ) -> list[Entry]:
        seen = incidents_visible_to(user).filter(project=project).values("pk")
        events = (
            IncidentEvent.objects.filter(span.of(), incident__in=seen)
            .exclude(kind=EventKind.IMPORTED, text="")
            .select_related("incident", "actor", "assignee", "department")
            .order_by("-at", "-id")
        )
        return [_told(event) for event in readable(events[:limit], user)]


def _told(event: IncidentEvent) -> Entry:
    icon, tone = LOOKS[event.kind]
    incident = event.incident
    return Entry(
        id=event.pk,
        at=event.at,
        kind=Kind.INCIDENT,
        icon=icon,
        tone=tone,
        title=title_of(event),
        subject=f"{incident.reference} {incident.title}",
        url=reverse("incident", args=[incident.pk]),
        who=f"{event.actor} ({event.via})" if event.actor and event.via else str(event.actor or ""),
        text=event.text,
    )

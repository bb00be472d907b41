"""Writes that leave the status alone: who has it, what is said of it, what it is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from departments.models import Department
from incidents.models import EventKind, Incident, IncidentEvent, Status
from incidents.operations.open import refuse_strangers
from incidents.operations.record import event, locked, moment, ola_version_of, settle, side_of
from kernel.errors import Conflict, Invalid
from kernel.versions import check
from sla.operations import policy_for

WORDS = ("title", "description", "category", "service", "is_major", "project", "parent")


@transaction.atomic
def assign(
    *,
    incident: Incident,
    department: Department | None = None,
    assignee: User | None = None,
    release: bool = False,
    actor: User | None,
    now: datetime,
    at: datetime | None = None,
) -> Incident:
    """Give it to a department, a person, or both; a new department without a person clears the person. Stops no clock.

    With `release` nobody has it any more.
    """
    incident = locked(incident)
    if department is None and assignee is None and not release:
        raise Invalid(_("Name a department, a person, or both."), field="department")
    moves = department is not None and department.pk != incident.department_id
    named = assignee is not None or release
    takes = named and incident.assignee_id != (assignee.pk if assignee is not None else None)
    if not moves and not takes:
        return incident
    if incident.status == Status.CLOSED:
        raise Conflict(_("The incident is closed."), code="transition")
    if moves and department is not None and department.archived_at is not None:
        raise Conflict(_("The department is archived."), field="department")
    if assignee is not None and not assignee.is_active:
        raise Conflict(_("%(person)s no longer works here.") % {"person": assignee}, field="assignee")
    at = moment(at, now=now, opened_at=incident.opened_at)
    given = event(
        incident,
        EventKind.ASSIGNED,
        at=at,
        now=now,
        actor=actor,
        department=department if moves else None,
        ola_version=ola_version_of(department, at=now) if moves and department is not None else None,
        assignee=assignee,
        assignee_changed=True,
    )
    return settle(incident, events=[given], now=now)


@transaction.atomic
def take(*, incident: Incident, actor: User, now: datetime) -> Incident:
    """Take what nobody has. Of two who reach for it at once, the second is told who was first."""
    incident = locked(incident)
    if incident.assignee_id not in {None, actor.pk}:
        message = _("%(person)s has %(reference)s already.")
        raise Conflict(message % {"person": incident.assignee, "reference": incident.reference}, field="assignee")
    return assign(incident=incident, assignee=actor, actor=actor, now=now)


@transaction.atomic
def comment(
    *,
    incident: Incident,
    text: str,
    is_public: bool = False,
    actor: User | None,
    now: datetime,
    at: datetime | None = None,
) -> IncidentEvent:
    """A note for colleagues, or a public answer that the client reads: then the update that was due has been given."""
    incident = locked(incident)
    if not text.strip():
        raise Invalid(_("Write something."), field="text")
    at = moment(at, now=now, opened_at=incident.opened_at)
    said = event(
        incident,
        EventKind.COMMENTED,
        at=at,
        now=now,
        actor=actor,
        text=text,
        is_public=is_public,
        said_by=side_of(actor),
    )
    settle(incident, events=[said], now=now)
    return said


@transaction.atomic
def edit(
    *,
    incident: Incident,
    changes: Mapping[str, Any],
    actor: User | None,
    now: datetime,
    expected_version: int | None = None,
) -> Incident:
    """Change words, priority, project, parent or the own policy; what stays the same is no change.

    A changed priority or policy counts from the opening on, with the pauses that were.
    """
    incident = locked(incident)
    check(incident, expected_version)
    changed = {f: v for f, v in changes.items() if getattr(incident, f) != v}
    if not changed:
        return incident
    refuse_strangers(
        incident.client,
        project=changed.get("project", incident.project),
        parent=changed.get("parent", incident.parent),
    )
    _refuse_circles(incident, changed.get("parent"))
    happened = []
    priority = changed.pop("priority", None)
    if priority is not None:
        happened.append(
            event(
                incident,
                EventKind.PRIORITY_CHANGED,
                at=moment(None, now=now),
                now=now,
                actor=actor,
                priority=priority,
                changes={"priority": [incident.priority, priority]},
            )
        )
    if changed:
        shown = {f: [_shown(getattr(incident, f)), _shown(v)] for f, v in changed.items()}
        happened.append(
            event(incident, EventKind.EDITED, at=moment(None, now=now), now=now, actor=actor, changes=shown)
        )
        for field, value in changed.items():
            setattr(incident, field, value)
        if "sla_policy" in changed or "project" in changed:
            happened += _change_policy(incident, actor=actor, now=now)
    return settle(incident, events=happened, now=now)


def _change_policy(incident: Incident, *, actor: User | None, now: datetime) -> list[IncidentEvent]:
    """Another policy counts, as it is in force now; the same one goes on as it was, whatever came after it."""
    project_policy = incident.project.sla_policy if incident.project else None
    version = policy_for(incident.sla_policy, project_policy, client=incident.client, at=now)
    before = incident.policy_version
    if version.policy_id == before.policy_id:
        return []
    return [
        event(
            incident,
            EventKind.POLICY_CHANGED,
            at=moment(None, now=now),
            now=now,
            actor=actor,
            policy_version=version,
            changes={"policy": [before.policy.slug, version.policy.slug]},
        )
    ]


def _refuse_circles(incident: Incident, parent: Incident | None) -> None:
    above_id = parent.pk if parent is not None else None
    while above_id is not None:
        if above_id == incident.pk:
            raise Conflict(_("An incident cannot stand above itself."), field="parent", code="cycle")
        above_id = Incident.objects.values_list("parent_id", flat=True).get(pk=above_id)


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool | int) else str(value)

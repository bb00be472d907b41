"""Opening an incident."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Client, User
from departments.models import Department
from incidents.models import EventKind, Incident, Status
from incidents.operations.record import event, moment, ola_version_of, settle
from kernel.errors import Conflict, Invalid
from projects.models import Project
from sla.models import SlaPolicy
from sla.operations import policy_for

FIRST_LINE = "support"


@transaction.atomic
def open_incident(
    *,
    client: Client,
    title: str,
    priority: str,
    opened_at: datetime,
    actor: User | None,
    now: datetime,
    project: Project | None = None,
    department: Department | None = None,
    assignee: User | None = None,
    description: str = "",
    category: str = "",
    service: str = "",
    parent: Incident | None = None,
    is_major: bool = False,
    source: str = "tamhub",
    external_ref: str = "",
    sla_policy: SlaPolicy | None = None,
) -> Incident:
    """A new incident with both clocks running since `opened_at`; without a department it stands with the first line.

    The policy version is fixed here: of the incident's own policy, the project's, the client's, or the default, as it
    is in force now, when the incident becomes known.
    """
    opened_at = moment(opened_at, now=now, field="opened_at")
    refuse_strangers(client, project=project, parent=parent)
    if client.archived_at is not None:
        raise Conflict(_("The client is archived."), field="client")
    department = department or Department.objects.get(slug=FIRST_LINE)
    if department.archived_at is not None:
        raise Conflict(_("The department is archived."), field="department")
    incident = Incident(
        client=client,
        project=project,
        department=department,
        assignee=assignee,
        title=title,
        description=description,
        priority=priority,
        category=category,
        service=service,
        parent=parent,
        is_major=is_major,
        source=source,
        external_ref=external_ref,
        opened_at=opened_at,
        sla_policy=sla_policy,
        policy_version=policy_for(sla_policy, project.sla_policy if project else None, client=client, at=now),
    )
    incident.save()
    opened = event(
        incident,
        EventKind.OPENED,
        at=opened_at,
        now=now,
        actor=actor,
        status=Status.NEW,
        priority=priority,
        department=department,
        assignee=assignee,
        assignee_changed=assignee is not None,
        policy_version=incident.policy_version,
        ola_version=ola_version_of(department, at=now),
    )
    return settle(incident, events=[opened], now=now, is_new=True)


def refuse_strangers(client: Client, *, project: Project | None, parent: Incident | None) -> None:
    """What an incident points to belongs to the same client."""
    if project is not None and project.client_id != client.pk:
        raise Invalid(_("The project is another client's."), field="project")
    if parent is not None and parent.client_id != client.pk:
        raise Invalid(_("The parent is another client's."), field="parent")

"""Two clients and somebody of every role: who is who in the tests of scopes and permissions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Client, Contact, Grant, Role, User
from accounts.operations import create_client, create_contact
from alerts.models import Alert, Delivery, Endpoint
from alerts.operations.raising import Passed, raise_levels
from departments.models import Absence, Department, DutyShift, GroupMapping
from departments.operations import map_group, plan_shift, record_absence, set_departments, set_head
from incidents import operations
from incidents.models import Incident
from projects import operations as work
from projects.models import Attachment, ChangeRequest, Clarification, Dependency, Document, Handover, Project, Task
from projects.operations import begin_handover, create_document, create_project
from sla.models import Clock, Vendor
from sla.operations import create_vendor, set_client_policy
from tests.factories import MONDAY, a_calendar, a_policy, a_user, grant

ROLES = (
    *("admin", "manager", "tam", "deputy", "engineer", "head", "architect", "integration", "contact", "nobody"),
    "anonymous",
)


@dataclass(frozen=True)
class Side:
    """One client with one of everything."""

    client: Client
    contact: Contact
    project: Project
    document: Document
    shown_document: Document
    handover: Handover
    incident: Incident
    ticket: Incident
    mapping: GroupMapping
    alert: Alert
    delivery: Delivery
    request: ChangeRequest
    delivered: ChangeRequest
    question: Clarification
    internal_question: Clarification
    task: Task
    follower: Task
    dependency: Dependency
    paper: Attachment
    sketch: Attachment


@dataclass(frozen=True)
class World:
    """`own` (acme) is the side of the TAM, deputy, contact and architect; its incidents lie with unix, where the
    engineer works under the head. `foreign` (globex) is nobody's of them; its incidents lie with the first line. One
    task of each side's request is shown to the client and lies with the same department; backup's waits for it."""

    people: dict[str, User | None]
    own: Side
    foreign: Side
    absence: Absence
    foreign_absence: Absence
    shift: DutyShift
    provider_shift: DutyShift
    vendor: Vendor
    endpoint: Endpoint
    shared_endpoint: Endpoint

    @property
    def names(self) -> Any:
        """What addresses and bodies of tests name."""
        return SimpleNamespace(
            own=self.own,
            foreign=self.foreign,
            absence=self.absence.pk,
            foreign_absence=self.foreign_absence.pk,
            shift=self.shift.pk,
            provider_shift=self.provider_shift.pk,
            endpoint=self.endpoint.pk,
            shared_endpoint=self.shared_endpoint.pk,
            paper=self.own.paper.pk,
            sketch=self.own.sketch.pk,
            foreign_paper=self.foreign.paper.pk,
        )


def a_world(*, now: datetime | None = None) -> World:
    now = (now or timezone.now()).replace(microsecond=0)
    people: dict[str, User | None] = {role: a_user(role, role) for role in ("admin", "manager", "integration")}
    people |= {"tam": a_user("tam", Role.TAM), "deputy": a_user("deputy", Role.TAM), "anonymous": None}
    people |= {role: a_user(role, role) for role in ("engineer", "head", "architect")}
    people |= {name: a_user(name) for name in ("contact", "nobody", "outsider")}
    people["stranger"] = a_user("stranger", Role.TAM)
    unix = Department.objects.get(slug="unix")
    set_departments(user=_of(people, "engineer"), departments=[unix], actor=None, at=MONDAY)
    set_head(department=unix, head=_of(people, "head"), actor=None, at=MONDAY)
    grant(_of(people, "outsider"), Role.ENGINEER, Grant.Scope.OWN)
    own = _side("acme", "gold", people, tam="tam", deputy="deputy", contact="contact", department=unix, now=now)
    grant(_of(people, "architect"), Role.ARCHITECT, Grant.Scope.PROJECT, own.project.pk)
    foreign = _side("globex", "silver", people, tam="stranger", deputy=None, contact=None, department=None, now=now)
    return World(
        people=people,
        own=own,
        foreign=foreign,
        absence=_absence(_of(people, "engineer"), now=now),
        foreign_absence=_absence(_of(people, "outsider"), now=now),
        shift=_shift(_of(people, "engineer"), unix, now=now),
        provider_shift=_shift(_of(people, "outsider"), None, now=now),
        vendor=create_vendor(slug="fiberco", name="Fiber Co", actor=None, at=MONDAY),
        endpoint=Endpoint.objects.create(owner=_of(people, "tam"), kind="mattermost", name="Ops", hint="Mattermost, …"),
        shared_endpoint=Endpoint.objects.create(owner=None, kind="slack", name="Duty", hint="Slack, …"),
    )


def _of(people: dict[str, User | None], name: str) -> User:
    user = people[name]
    assert user is not None
    return user


def _side(
    slug: str,
    tier: str,
    people: dict[str, User | None],
    *,
    tam: str,
    deputy: str | None,
    contact: str | None,
    department: Department | None,
    now: datetime,
) -> Side:
    client = create_client(
        slug=slug,
        name=slug.title(),
        tam=people[tam],
        deputy=people[deputy] if deputy else None,
        actor=None,
        at=MONDAY,
    )
    policy = a_policy(tier, calendar=a_calendar(f"{tier}-hours"))
    set_client_policy(client=client, policy=policy, actor=None, at=MONDAY)
    project = create_project(client=client, slug=f"{slug}-portal", name="Portal", actor=None, at=MONDAY)
    common: dict[str, Any] = {"client": client, "priority": "P2", "actor": None, "now": now}
    opened_at = now - timedelta(minutes=5)
    incident = operations.open_incident(
        title="Portal is slow", opened_at=opened_at, project=project, department=department, **common
    )
    ticket = operations.open_incident(
        title="Disk is full",
        opened_at=opened_at,
        project=project,
        department=department,
        source="jira",
        external_ref=f"{slug}-7",
        **common,
    )
    person = create_contact(
        client=client,
        name=f"Contact of {slug}",
        user=people[contact] if contact else None,
        actor=None,
        at=MONDAY,
    )
    backup = Department.objects.get(slug="backup")
    mapping = map_group(client=client, group="G 1", department=backup, actor=None, at=MONDAY)
    clock = Clock.objects.get(subject_id=incident.pk, kind=Clock.Kind.RESPONSE)
    [alert] = raise_levels([Passed(clock, [50])], now=now)
    handover = begin_handover(
        project=project,
        kind=Handover.Kind.CHANGE,
        receiver=_of(people, "outsider"),
        actor=None,
        at=MONDAY,
    )
    return Side(
        client=client,
        contact=person,
        project=project,
        document=_document(project, Document.Visibility.INTERNAL),
        shown_document=_document(project, Document.Visibility.CLIENT),
        handover=handover,
        incident=incident,
        ticket=ticket,
        mapping=mapping,
        alert=alert,
        delivery=alert.deliveries.get(),
        **_work(project, person, department or Department.objects.get(slug="support"), backup),
    )


def _work(project: Project, person: Contact, first: Department, then: Department) -> dict[str, Any]:
    asked: dict[str, Any] = {"actor": None, "at": MONDAY}
    request = work.record_request(project=project, title="Prepare the landscape", **asked)
    question = work.ask(request=request, text="How many?", contact=person, **asked)
    internal = work.ask(request=request, text="Which rack?", department=first, **asked)
    tasks = [
        work.NewTask(key="systems", title="Systems", department=first, estimate_h=Decimal(4), is_public=True),
        work.NewTask(key="saving", title="Backup", department=then, estimate_h=Decimal(2)),
    ]
    links = [work.NewDependency("systems", "saving")]
    task, follower = work.decompose(request=request, tasks=tasks, dependencies=links, **asked)
    delivered = work.record_request(project=project, title="One more disk", **asked)
    done = work.create_task(
        project=project, change_request=delivered, title="Disk", department=then, estimate_h=Decimal(1), **asked
    )
    work.complete_task(task=done, **asked)
    work.deliver(request=delivered, **asked)
    return {
        "request": request,
        "delivered": delivered,
        "question": question,
        "internal_question": internal,
        "task": task,
        "follower": follower,
        "dependency": task.outgoing.get(),
        "paper": _attached(request, Attachment.Visibility.CLIENT),
        "sketch": _attached(request, Attachment.Visibility.DEPARTMENTS),
    }


def _document(project: Project, visibility: str) -> Document:
    return create_document(
        project=project,
        title=f"Plan, {visibility}",
        kind="Runbook",
        visibility=visibility,
        content=work.Content(upload=SimpleUploadedFile("notes.txt", b"in words")),
        actor=None,
        at=MONDAY,
    )


def _attached(request: ChangeRequest, visibility: str) -> Attachment:
    upload = SimpleUploadedFile("notes.txt", b"in words")
    return work.attach(request=request, upload=upload, visibility=visibility, actor=None, at=MONDAY)


def _absence(user: User, *, now: datetime) -> Absence:
    return record_absence(user=user, starts_at=now, ends_at=now + timedelta(days=3), actor=None, at=now)


def _shift(user: User, department: Department | None, *, now: datetime) -> DutyShift:
    ends_at = now + timedelta(hours=8)
    return plan_shift(user=user, department=department, starts_at=now, ends_at=ends_at, actor=None, at=now)

"""What Today shows: what is over, what is close, who waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Client
from accounts.permissions import clients_visible_to
from accounts.reach import reach_of
from alerts.models import Alert
from alerts.permissions import alerts_visible_to
from alerts.queries import AlertRow, described, loudest
from desk.queries.clocks import at_risk_by_client
from desk.queries.counts import WAITS_OUTSIDE, counts_by, counts_of
from desk.queries.rows import Clocks, Row, clocks_of, rows_of
from desk.scopes import MINE, Scope, incidents_in
from incidents.models import Incident, IncidentEvent, IncidentQuerySet, Status
from incidents.permissions import Person, incidents_visible_to, sees_internal_side
from incidents.queries import incident_list
from incidents.settling import SUBJECT_KIND
from projects.lifecycle import TaskStatus
from projects.models import ChangeRequest, Task
from projects.permissions import projects_planned_by
from projects.queries.queues import Queue, queue_of, tasks_of
from projects.queries.requests import needing_first
from projects.queries.tasks import with_names
from sla.models import PROMISED

SOME_OVER, SOME_AHEAD, SOME_FREE, SOME_WAITING, SOME_ALERTS, SOME_CLIENTS, SOME_STUCK = 6, 12, 6, 8, 6, 8, 6
SOME_REQUESTS = 6


@dataclass(frozen=True, slots=True)
class Needs:
    """How many incidents of the scope need somebody; `free` are those of the own departments that nobody has, `alerts`
    are about promises to clients, `alerts_between_us` about our departments and vendors."""

    open: int
    over: int
    at_risk: int
    new: int
    waiting: int
    waiting_for_client: int
    free: int
    alerts: int
    alerts_between_us: int


@dataclass(frozen=True, slots=True)
class ClientLine:
    client: Client
    open: int
    over: int


@dataclass(frozen=True, slots=True)
class Board:
    """Each list holds the first few; how many there are in all stands in `needs`.

    `tasks` are the person's own; `stuck` those that hold up the projects one plans: blocked, or sent back; `requests`
    go on only when the person does something.
    """

    scope: Scope
    needs: Needs
    clocks: Clocks
    free: list[Row]
    waiting: list[Incident]
    alerts: list[AlertRow]
    clients: list[ClientLine]
    tasks: Queue | None
    stuck: list[Task]
    requests: list[ChangeRequest]
    is_internal: bool

    @property
    def mark(self) -> tuple[object, ...]:
        """Changes whenever the board would look different, not with every second of its countdowns."""
        rows = tuple(row.mark for row in (*self.clocks.over, *self.clocks.ahead, *self.free))
        waiting = tuple((incident.pk, incident.version) for incident in self.waiting)
        return (
            self.scope.key,
            self.needs,
            rows,
            waiting,
            tuple(shown.alert.pk for shown in self.alerts),
            tuple(self.clients),
            self.tasks and self.tasks.mark,
            tuple((task.pk, task.version, task.frees) for task in self.stuck),
            tuple((one.pk, one.version, one.open_to_client) for one in self.requests),  # type: ignore[attr-defined]
        )


def today_board(user: Person, *, scope: Scope, now: datetime) -> Board:
    """Constant cost: two dozen queries however many rows."""
    inside = incidents_in(scope, user).open()
    free = _free(user) if scope.key == MINE else Incident.objects.none()
    alerts = _open_alerts(user, inside)
    promised = alerts.filter(kind__in=PROMISED)
    counts = counts_of(inside, "open", "over", "new", "waiting", "waiting_for_client", now=now)
    listed = incident_list(user).filter(pk__in=inside.order_by().values("pk"))
    is_internal = sees_internal_side(user)
    clocks = clocks_of(listed, user, some_over=SOME_OVER, some_ahead=SOME_AHEAD, now=now)
    return Board(
        scope=scope,
        needs=Needs(
            **counts,
            at_risk=at_risk_by_client(inside, now=now).total(),
            free=free.count(),
            alerts=promised.count(),
            alerts_between_us=alerts.exclude(kind__in=PROMISED).count(),
        ),
        clocks=clocks,
        free=_free_rows(user, free, now=now),
        waiting=list(_waiting(listed)[:SOME_WAITING]),
        alerts=described(promised[:SOME_ALERTS]),
        clients=_clients(user, inside, now=now),
        tasks=queue_of(tasks_of(user), user, now=now) if is_internal else None,
        stuck=_stuck(user) if is_internal else [],
        requests=list(needing_first(user)[:SOME_REQUESTS]),
        is_internal=is_internal,
    )


def _stuck(user: Person) -> list[Task]:
    """What does not go on by itself, those that hold up most in front; of the projects that the person plans, but not
    of all there are."""
    if reach_of(user).everything:
        return []
    rows = Task.objects.filter(project__in=projects_planned_by(user).values("pk"))
    stuck = rows.filter(Q(status=TaskStatus.BLOCKED) | Q(status=TaskStatus.PLANNED, returned_at__isnull=False))
    return list(with_names(stuck).order_by("-frees", "due_at", "pk")[:SOME_STUCK])


def _free(user: Person) -> IncidentQuerySet:
    departments = reach_of(user).department_ids
    return incidents_visible_to(user).open().filter(assignee=None, department__in=departments)


def _free_rows(user: Person, free: IncidentQuerySet, *, now: datetime) -> list[Row]:
    some = incident_list(user).filter(pk__in=free.order_by().values("pk"))[:SOME_FREE]
    return rows_of(some, user, now=now, offers_taking=True)


def _waiting(listed: IncidentQuerySet) -> IncidentQuerySet:
    """Those that wait for somebody outside, the longest first; `waits_since` is when they began to."""
    began = IncidentEvent.objects.filter(incident=OuterRef("pk"), status=Status.ON_HOLD).order_by("-at", "-id")
    return (
        listed.filter(hold_reason__in=WAITS_OUTSIDE)
        .annotate(waits_since=Subquery(began.values("at")[:1]))
        .order_by("waits_since", "id")
    )


def _open_alerts(user: Person, inside: IncidentQuerySet) -> QuerySet[Alert]:
    ids = inside.order_by().values("pk")
    alerts = loudest(alerts_visible_to(user)).filter(subject_kind=SUBJECT_KIND, subject_id__in=ids)
    return alerts.order_by("-detected_at", "-id")


def _clients(user: Person, inside: IncidentQuerySet, *, now: datetime) -> list[ClientLine]:
    """The clients of the scope that have something open, those over first."""
    counted = counts_by("client", inside.filter(client__in=clients_visible_to(user)), "open", "over", now=now)
    lines = sorted(counted.items(), key=lambda line: (-line[1]["over"], -line[1]["open"], line[0]))[:SOME_CLIENTS]
    clients = Client.objects.in_bulk([client_id for client_id, _counts in lines])
    return [ClientLine(clients[client_id], **counts) for client_id, counts in lines]

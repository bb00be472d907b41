"""Made-up requests and the work on them by the hundred thousand: drawn, run by the gates' rules, inserted in bulk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random

from django.db import transaction

from accounts.models import Contact, Grant, Role
from demo.volume.schedules import DAY_S, HOUR_S, Piece, draw_edges, give_up, run, settle
from demo.volume.words import draw_request, draw_task
from demo.volume.world import Served, engineers_by_department
from departments.models import Department
from kernel import bulk
from kernel.history import kind_of
from kernel.models import History
from projects.lifecycle import BINDING, BlockReason, RequestStatus, TaskStatus
from projects.models import FAR_FUTURE, ChangeRequest, Check, Clarification, Dependency, Project, ReadyItem, Task
from projects.operations.tasks import WORKS_ON
from projects.queries.gates import instant, working_time

PROJECTS_AT_ONCE = 25
PAST_S, CLOSED_BEFORE_S = 300 * DAY_S, 120 * DAY_S
TASKS_PER_REQUEST = (3, 18)
WITHDRAWN_SHARE, BLOCKED_SHARE, RETURNED_SHARE, GIVEN_SHARE = 0.05, 0.15, 0.03, 0.4
FRESH_REQUESTS = (0, 0, 1, 1, 2)

_request = bulk.maker(ChangeRequest, source="mail")
_task = bulk.maker(Task)
_dependency = bulk.maker(Dependency)
_check = bulk.maker(Check, kind=Check.Kind.READY)
_question = bulk.maker(Clarification, to_client=True)
_history = bulk.maker(History)
_grant = bulk.maker(Grant, role=Role.ENGINEER, scope_kind=Grant.Scope.PROJECT, reason=WORKS_ON)


@dataclass
class Asked:
    """One request as it shall stand, and which pieces of its project it takes."""

    row: ChangeRequest
    pieces: range
    questions: list[Clarification] = field(default_factory=list)


@dataclass(frozen=True)
class Provider:
    """Who may do the work, and in which hours."""

    engineers: dict[int, list[int]]
    working: dict[int, Callable[[int, int], int]]
    needs: dict[int, list[str]]

    @classmethod
    def read(cls) -> Provider:
        engineering = Department.objects.active().filter(kind=Department.Kind.ENGINEERING)
        ids = list(engineering.values_list("pk", flat=True))
        needs: dict[int, list[str]] = {pk: [] for pk in ids}
        for pk, text in ReadyItem.objects.filter(department__in=ids).values_list("department", "text"):
            needs[pk].append(text)
        known = engineers_by_department()
        return cls({pk: known[pk] for pk in ids}, working_time(ids), needs)


def fill_work(
    chance: Random,
    served: Sequence[Served],
    *,
    tasks: int,
    now: datetime,
    progress: Callable[[int], object] = lambda _tasks: None,
) -> None:
    """So many tasks, spread evenly over the projects, as they stand at `now`; nobody is owed a word."""
    projects = list(Project.objects.filter(pk__in=[pk for one in served for pk in one.project_ids]).order_by("pk"))
    contacts = dict(Contact.objects.values_list("client", "pk"))
    provider = Provider.read()
    shares = [tasks // len(projects) + (place < tasks % len(projects)) for place in range(len(projects))]
    for begin in range(0, len(projects), PROJECTS_AT_ONCE):
        batch = [
            Drawn(chance, project, provider, contact_id=contacts.get(project.client_id), now=now, tasks=share)
            for project, share in zip(
                projects[begin : begin + PROJECTS_AT_ONCE], shares[begin : begin + PROJECTS_AT_ONCE], strict=True
            )
        ]
        store(batch)
        progress(sum(len(one.tasks) for one in batch))


class Drawn:
    """The work of one project, drawn request by request in the order they came."""

    def __init__(
        self, chance: Random, project: Project, provider: Provider, *, contact_id: int | None, now: datetime, tasks: int
    ) -> None:
        self.chance = chance
        self.project = project
        self.provider = provider
        self.contact_id = contact_id
        self.now = int(now.timestamp())
        self.departments = chance.sample(sorted(provider.engineers), min(8, len(provider.engineers)))
        self.pieces: list[Piece] = []
        self.asked = [self._worked_on(size, opened_at) for size, opened_at in self._requests(tasks)]
        if project.phase != Project.Phase.CLOSED:
            self.asked += [self._fresh() for _ in range(chance.choice(FRESH_REQUESTS))]
        settle(self.pieces, working=provider.working)
        self.tasks = [task for one in self.asked for task in self._rows(one)]

    def _requests(self, tasks: int) -> list[tuple[int, int]]:
        """Sizes and when each came."""
        sizes = []
        while tasks:
            sizes.append(min(tasks, self.chance.randint(*TASKS_PER_REQUEST)))
            tasks -= sizes[-1]
        latest = self.now - (CLOSED_BEFORE_S if self.project.phase == Project.Phase.CLOSED else DAY_S)
        return list(zip(sizes, sorted(self.chance.randrange(self.now - PAST_S, latest) for _ in sizes), strict=True))

    def _worked_on(self, size: int, opened_at: int) -> Asked:
        chance = self.chance
        decomposed_at = min(self.now, opened_at + chance.randrange(HOUR_S, 8 * DAY_S))
        agreed_at = decomposed_at + chance.randrange(HOUR_S, 3 * DAY_S)
        first = len(self.pieces)
        for place in range(first, first + size):
            department_id, hours = chance.choice(self.departments), chance.choice((1, 2, 3, 4, 6, 8, 12, 16))
            self.pieces.append(Piece(department_id, hours, decomposed_at, draw_edges(chance, place, first)))
        new = self.pieces[first:]
        is_over = self.project.phase == Project.Phase.CLOSED
        withdrawn_at = None
        if is_over or chance.random() < WITHDRAWN_SHARE:
            withdrawn_at = min(self.now, agreed_at + (CLOSED_BEFORE_S // 2 if is_over else 10 * DAY_S))
        run(
            chance,
            self.pieces,
            new,
            begins=agreed_at,
            until=withdrawn_at or self.now,
            working=self.provider.working,
        )
        has_ended = all(piece.ended_at is not None for piece in new)
        if withdrawn_at is not None and not has_ended:
            give_up(new, at=withdrawn_at)
        row = self._request(opened_at)
        self._take_its_way(row, new, agreed_at=agreed_at, withdrawn_at=None if has_ended else withdrawn_at)
        return Asked(row, range(first, first + size), self._questions(opened_at, decomposed_at))

    def _take_its_way(
        self, row: ChangeRequest, new: Sequence[Piece], *, agreed_at: int, withdrawn_at: int | None
    ) -> None:
        """The status that its tasks lead to, and since when."""
        row.status, since = RequestStatus.DECOMPOSING, new[0].planned_at
        if agreed_at <= self.now:
            row.status, since = RequestStatus.AGREED, agreed_at
            row.agreed_at = instant(agreed_at)
            row.promised_at = instant(agreed_at + self.chance.randrange(10 * DAY_S, 60 * DAY_S))
        begun = [piece.started_at for piece in new if piece.started_at is not None]
        if withdrawn_at is not None:
            row.status, since = RequestStatus.WITHDRAWN, withdrawn_at
            row.ended_reason = "No longer needed."
        elif begun:
            row.status, since = RequestStatus.IN_WORK, min(begun)
            ended = [piece.ended_at for piece in new if piece.ended_at is not None]
            delivered_at = max(ended, default=self.now) + self.chance.randrange(HOUR_S, 2 * DAY_S)
            accepted_at = delivered_at + self.chance.randrange(HOUR_S, 6 * DAY_S)
            if len(ended) == len(new) and delivered_at <= self.now:
                row.status, since = RequestStatus.DELIVERED, delivered_at
                row.delivered_at = instant(delivered_at)
                if accepted_at <= self.now:
                    row.status, since = RequestStatus.ACCEPTED, accepted_at
                    row.accepted_at, row.accepted_by_id = instant(accepted_at), self.contact_id
        row.status_since = instant(since)

    def _fresh(self) -> Asked:
        """One that nobody has cut into tasks yet."""
        opened_at = self.now - self.chance.randrange(5 * DAY_S)
        row = self._request(opened_at)
        questions = self._questions(opened_at, self.now + DAY_S)
        row.status = RequestStatus.CLARIFYING if questions else RequestStatus.NEW
        return Asked(row, range(0), questions)

    def _request(self, opened_at: int) -> ChangeRequest:
        at = instant(opened_at)
        return _request(
            client_id=self.project.client_id,
            project_id=self.project.pk,
            title=draw_request(self.chance),
            requested_by_id=self.contact_id,
            recorded_by_id=self.project.client.tam_id,
            opened_at=at,
            status_since=at,
        )

    def _questions(self, opened_at: int, until: int) -> list[Clarification]:
        found = []
        for _ in range(self.chance.choice((0, 0, 1, 2))):
            asked_at = opened_at + self.chance.randrange(HOUR_S)
            answered_at = self.chance.randrange(asked_at, max(asked_at + 1, until))
            is_answered = answered_at <= self.now
            found.append(
                _question(
                    client_id=self.project.client_id,
                    text="Which hours suit you?",
                    contact_id=self.contact_id,
                    asked_by_id=self.project.client.tam_id,
                    asked_at=instant(asked_at),
                    answer="At night, please." if is_answered else "",
                    answered_at=instant(answered_at) if is_answered else None,
                )
            )
        return found

    def _rows(self, asked: Asked) -> list[Task]:
        return [
            self._task(asked.row, self.pieces[place], position) for position, place in enumerate(asked.pieces, start=1)
        ]

    def _task(self, request: ChangeRequest, piece: Piece, position: int) -> Task:
        chance = self.chance
        planned_at = instant(piece.planned_at)
        is_given = not piece.is_planned or chance.random() < GIVEN_SHARE
        engineers = self.provider.engineers[piece.department_id]
        task = _task(
            client_id=self.project.client_id,
            project_id=self.project.pk,
            key=f"t{position}",
            position=position,
            title=draw_task(chance),
            department_id=piece.department_id,
            assignee_id=chance.choice(engineers) if is_given and engineers else None,
            status=_status(piece),
            estimate_h=Decimal(piece.hours),
            optimistic_h=Decimal(piece.hours) / 2,
            pessimistic_h=Decimal(piece.hours) * 2,
            actual_h=Decimal(piece.hours) if piece.ended_at is not None and not piece.is_cancelled else None,
            started_at=instant(piece.started_at) if piece.started_at is not None else None,
            finished_at=instant(piece.ended_at) if piece.ended_at is not None else None,
            planned_at=planned_at,
            last_word_at=instant(piece.ended_at or piece.started_at or piece.planned_at),
            due_at=request.promised_at or FAR_FUTURE,
            unmet=len(piece.gate.waiting_for) if piece.is_planned else 0,
            ready_at=planned_at,
            frees=piece.frees,
        )
        if task.status == TaskStatus.PLANNED:
            task.ready_at = None if task.unmet else max(instant(piece.gate.opens_at), planned_at)
            is_told = request.status in BINDING and task.is_ready(instant(self.now))
            task.announced_at = task.ready_at if is_told else None
            if is_told and chance.random() < RETURNED_SHARE:
                task.returned_at, task.return_reason, task.returns = task.ready_at, "The access is missing.", 1
        elif task.status == TaskStatus.IN_PROGRESS:
            task.silence_told_at = task.last_word_at
            if chance.random() < BLOCKED_SHARE:
                task.status, task.blocked_at = TaskStatus.BLOCKED, task.started_at
                task.block_reason = chance.choice(BlockReason.values)
        return task


def _status(piece: Piece) -> TaskStatus:
    if piece.is_cancelled:
        return TaskStatus.CANCELLED
    if piece.ended_at is not None:
        return TaskStatus.DONE
    return TaskStatus.PLANNED if piece.started_at is None else TaskStatus.IN_PROGRESS


@transaction.atomic
def store(batch: Sequence[Drawn]) -> None:
    """The work of some projects with all that belongs to it, in one transaction."""
    bulk.insert([one.row for drawn in batch for one in drawn.asked])
    for drawn in batch:
        placed = iter(drawn.tasks)
        for one in drawn.asked:
            for question in one.questions:
                question.request_id = one.row.pk
            for _ in one.pieces:
                next(placed).change_request_id = one.row.pk
    bulk.insert([question for drawn in batch for one in drawn.asked for question in one.questions])
    bulk.insert([task for drawn in batch for task in drawn.tasks])
    bulk.insert([row for drawn in batch for row in _dependencies(drawn)])
    bulk.insert([row for drawn in batch for row in _checks(drawn)])
    bulk.insert([row for drawn in batch for row in _histories(drawn)])
    bulk.insert([row for drawn in batch for row in _grants(drawn)])


def _dependencies(drawn: Drawn) -> list[Dependency]:
    return [
        _dependency(
            predecessor_id=drawn.tasks[edge.before].pk,
            successor_id=task.pk,
            kind=edge.kind,
            lag_h=Decimal(edge.lag_h),
            lag_calendar="24x7" if edge.is_always else "successor",
        )
        for task, piece in zip(drawn.tasks, drawn.pieces, strict=True)
        for edge in piece.edges
    ]


def _checks(drawn: Drawn) -> list[Check]:
    return [
        _check(
            task_id=task.pk,
            text=text,
            position=position,
            done_at=task.started_at,
            done_by_id=task.assignee_id if task.started_at else None,
        )
        for task in drawn.tasks
        for position, text in enumerate(drawn.provider.needs[task.department_id])
    ]


def _histories(drawn: Drawn) -> list[History]:
    place = f"{kind_of(Project)}:{drawn.project.pk}"
    same = {"tenant_id": drawn.project.client_id, "place": place}
    rows = []
    for one in drawn.asked:
        rows.append(
            _history(
                subject_kind=kind_of(ChangeRequest),
                subject_id=one.row.pk,
                verb="recorded",
                at=one.row.opened_at,
                **same,
            )
        )
    for task in drawn.tasks:
        ended = "cancelled" if task.status == TaskStatus.CANCELLED else "completed"
        for verb, at in (("created", task.planned_at), ("started", task.started_at), (ended, task.finished_at)):
            if at is not None:
                actor_id = None if verb == "created" else task.assignee_id
                rows.append(
                    _history(
                        subject_kind=kind_of(Task), subject_id=task.pk, verb=verb, at=at, actor_id=actor_id, **same
                    )
                )
    return rows


def _grants(drawn: Drawn) -> list[Grant]:
    """Who has an open task in hand sees the project."""
    since: dict[int, datetime] = {}
    for task in drawn.tasks:
        if task.finished_at is None and task.assignee_id is not None:
            since[task.assignee_id] = min(task.planned_at, since.get(task.assignee_id, task.planned_at))
    return [
        _grant(user_id=user_id, client_id=drawn.project.client_id, scope_id=drawn.project.pk, valid_from=at)
        for user_id, at in sorted(since.items())
    ]

"""What the story's clients asked for, played through the operations as it happened, each step at its own time.

All in one transaction, so that nobody is told today of what happened then: before it ends, what is owed of the past
counts as told.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, Subquery

from accounts.models import Client, Contact, User
from alerts.models import Delivery
from alerts.operations.telling import settle_past
from demo.seeding.content import load
from demo.seeding.courses import Course
from demo.seeding.people import username
from departments.models import Department
from kernel.errors import Conflict
from projects import operations
from projects.lifecycle import BINDING
from projects.models import Blueprint, BlueprintVersion, ChangeRequest, Check, Clarification, Feedback, Project, Task
from projects.operations import NewDependency, NewTask
from projects.queries.blueprints import rows_of

ASKED_BY = ("mail", "phone", "meeting")
OVER_THE_HOLIDAYS = "Agreed with both departments: no need to wait over the holidays."


@dataclass(frozen=True, order=True)
class Moment:
    """One step of the story; those of one instant in the order they are told."""

    at: datetime
    place: int
    step: Callable[[datetime], object] = field(compare=False)


def seed_requests(*, now: datetime) -> None:
    """Those that are not there yet; they are recognised by the story's number."""
    known = set(ChangeRequest.objects.values_list("external_ref", flat=True))
    rows = [row for row in load("requests")["change_requests"] if row["id"] not in known]
    if not rows:
        return
    cast = Cast()
    with transaction.atomic():
        last_told = Delivery.objects.aggregate(last=Max("pk"))["last"] or 0
        moments = [moment for row in rows for moment in Tale(row, cast, now=now).moments()]
        for moment in sorted(moments):
            moment.step(moment.at)
        settle_past(Delivery.objects.filter(pk__gt=last_told))
        _as_it_happened(now=now)


class Cast:
    """Who and what the story names."""

    def __init__(self) -> None:
        accounts = {user.username: user for user in User.objects.all()}
        self.people = {row["id"]: accounts[username(row)] for row in load("story")["staff"]}
        by_email = {contact.email: contact for contact in Contact.objects.select_related("user")}
        self.contacts = {row["id"]: by_email[row["email"]] for row in load("story")["contacts"]}
        self.departments = {row.slug: row for row in Department.objects.select_related("calendar", "head")}
        self.clients = {row.slug: row for row in Client.objects.all()}
        leaders = ("client__tam", "client__service_manager", "tam")
        self.projects = {row.slug: row for row in Project.objects.select_related(*leaders)}
        self.blueprints = {row.slug: row.current for row in Blueprint.objects.select_related("current")}


class Tale:
    """One request of the story."""

    def __init__(self, row: dict[str, Any], cast: Cast, *, now: datetime) -> None:
        self.row = row
        self.cast = cast
        self.project = cast.projects[row["project"]]
        self.course = Course(row, cast.clients[row["client"]].time_zone, now)
        self.lead = self.project.tam_in_charge or self.project.client.service_manager
        self.request: ChangeRequest | None = None
        self.questions: dict[str, Clarification] = {}
        self.tasks: dict[str, Task] = {}

    def moments(self) -> Iterator[Moment]:
        """Every step, in any order."""
        for place, (at, step) in enumerate(self._steps()):
            yield Moment(at, place, step)

    def _steps(self) -> Iterator[tuple[datetime, Callable[[datetime], object]]]:
        row, course = self.row, self.course
        yield course.opened_at, self._record
        for question in row.get("clarifications", ()):
            yield course.at(question["asked"]), self._ask(question)
            if question["state"] == "answered":
                yield course.answered_at(question), self._answer(question)
        if "tasks" in row or ("blueprint" in row and row["state"] != "clarifying"):
            yield course.decomposed_at, self._decompose
        if course.agreed_at is not None:
            yield course.agreed_at, self._agree
        for key, task in self._told_tasks().items():
            yield from self._steps_of(key, task)
        if course.delivered_at is not None:
            yield course.delivered_at, self._deliver
        if "accepted" in row:
            yield course.at(row["accepted"]), self._accept
        if "feedback" in row:
            yield course.at(row["feedback"]["answered"]), self._give_feedback
        if row["state"] == "rejected":
            yield course.at(row["rejected"]), self._end(operations.reject)
        if row["state"] == "withdrawn":
            yield course.said_at(course.opened_at), self._end(operations.withdraw)

    def _told_tasks(self) -> dict[str, dict[str, Any]]:
        told = {task["key"]: task for task in self.row.get("tasks", ())}
        return {**told, **self.row.get("progress", {})}

    def _steps_of(self, key: str, task: dict[str, Any]) -> Iterator[tuple[datetime, Callable[[datetime], object]]]:
        at, who = self.course.at, self.cast.people.get(task.get("assignee", ""))
        begun_at = at(task["started"]) if "started" in task else None
        if begun_at is not None:
            yield begun_at, lambda at: self._go_on(operations.start_task, key, actor=who, at=at)
        if "finished" in task:
            hours = Decimal(str(task["actual_h"])) if "actual_h" in task else None
            note = task.get("note", "") if task["status"] == "done" else ""
            yield (
                at(task["finished"]),
                lambda at: self._go_on(operations.complete_task, key, note=note, actual_h=hours, actor=who, at=at),
            )
        if "return" in task:
            yield at(task["return"]["at"]), self._return(key, task)
        if "blocked" in task:
            needs = {"reason": task["block_reason"], "text": task["note"]}
            yield (
                at(task["blocked"]),
                lambda at: operations.block_task(task=self.tasks[key], actor=who, at=at, **needs),
            )
        elif "note" in task and task["status"] != "done":
            yield (
                self.course.said_at(begun_at or self.course.agreed_at or self.course.decomposed_at),
                lambda at: operations.say(task=self.tasks[key], text=task["note"], actor=who or self.lead, at=at),
            )

    def _go_on(self, verb: Callable[..., object], key: str, *, actor: User | None, **words: Any) -> None:
        """The story counts working days without holidays: a pause that is longer for one is cut short by who leads."""
        try:
            verb(task=self.tasks[key], actor=actor, **words)
        except Conflict as conflict:
            if conflict.code != "waiting":
                raise
            verb(task=self.tasks[key], override=OVER_THE_HOLIDAYS, actor=self.lead, **words)

    def _record(self, at: datetime) -> None:
        contact = self.cast.contacts[self.row["requested_by"]]
        wanted = self.course.due(self.row.get("wanted"))
        source = "portal" if contact.user else ASKED_BY[zlib.crc32(self.row["id"].encode()) % len(ASKED_BY)]
        self.request = operations.record_request(
            project=self.project,
            external_ref=self.row["id"],
            title=self.row["title"],
            text=self.row["text"],
            requested_by=contact,
            source=source,
            wanted_on=wanted.date() if wanted else None,
            actor=contact.user or self.lead,
            at=at,
        )

    def _ask(self, question: dict[str, Any]) -> Callable[[datetime], object]:
        to = question.get("to")

        def step(at: datetime) -> None:
            self.questions[question["q"]] = operations.ask(
                request=self._known(),
                text=question["q"],
                contact=self.cast.contacts[to] if to else None,
                department=None if to else self.cast.departments[question["department"]],
                actor=self.lead,
                at=at,
            )

        return step

    def _answer(self, question: dict[str, Any]) -> Callable[[datetime], object]:
        contact = self.cast.contacts[question["to"]] if "to" in question else None
        who = contact.user if contact is not None else self.cast.departments[question["department"]].head
        return lambda at: operations.answer(
            question=self.questions[question["q"]], text=question["answer"], actor=who or self.lead, at=at
        )

    def _decompose(self, at: datetime) -> None:
        version = self.cast.blueprints[self.row["blueprint"]] if "blueprint" in self.row else None
        tasks, dependencies = self._by_blueprint(version) if version is not None else self._by_hand()
        made = operations.decompose(
            request=self._known(),
            tasks=tasks,
            dependencies=dependencies,
            blueprint=version,
            actor=self.lead,
            at=at,
        )
        self.tasks = {task.key: task for task in made}

    def _by_blueprint(self, version: BlueprintVersion) -> tuple[list[NewTask], list[NewDependency]]:
        rows = rows_of(version)
        progress = self.row.get("progress", {})
        tasks = [replace(task, **self._told(task.key, progress.get(task.key, {}))) for task in rows.tasks]
        return tasks, list(rows.dependencies)

    def _by_hand(self) -> tuple[list[NewTask], list[NewDependency]]:
        tasks = [
            NewTask(
                key=task["key"],
                title=task["title"],
                department=self.cast.departments[task["department"]],
                estimate_h=Decimal(task["estimate_h"]["likely"]),
                optimistic_h=Decimal(task["estimate_h"]["low"]),
                pessimistic_h=Decimal(task["estimate_h"]["high"]),
                **self._told(task["key"], task),
            )
            for task in self.row["tasks"]
        ]
        links = [NewDependency(d["from"], d["to"], d["kind"], Decimal(d["lag_h"])) for d in self.row["dependencies"]]
        return tasks, links

    def _told(self, key: str, task: dict[str, Any]) -> dict[str, Any]:
        """What the story says of a task beside what it is."""
        return {
            "assignee": self.cast.people.get(task.get("assignee", "")),
            "deadline": self.course.due(task.get("due")),
            "is_public": key in self.row.get("public", ()),
        }

    def _agree(self, at: datetime) -> None:
        promised_at = self.course.due(self.row["promised"])
        operations.agree(request=self._known(), promised_at=promised_at, actor=self.lead, at=at)

    def _return(self, key: str, task: dict[str, Any]) -> Callable[[datetime], object]:
        told = task["return"]
        who = self.cast.people.get(task.get("assignee", ""))

        def step(at: datetime) -> None:
            mine = self.tasks[key]
            operations.return_task(
                task=mine,
                reason=told["reason"],
                to=self.tasks[told["to"]] if "to" in told else None,
                actor=who or mine.department.head,
                at=at,
            )

        return step

    def _deliver(self, at: datetime) -> None:
        operations.deliver(request=self._known(), note=self.row.get("delivery_note", ""), actor=self.lead, at=at)

    def _accept(self, at: datetime) -> None:
        operations.accept(request=self._known(), actor=self.lead, at=at)

    def _give_feedback(self, at: datetime) -> None:
        told = self.row["feedback"]
        asked = Feedback.objects.get(request=self._known())
        operations.give_feedback(feedback=asked, score=told["score"], comment=told["comment"], at=at)

    def _end(self, verb: Callable[..., object]) -> Callable[[datetime], object]:
        return lambda at: verb(request=self._known(), reason=self.row["reason"], actor=self.lead, at=at)

    def _known(self) -> ChangeRequest:
        assert self.request is not None
        return self.request


def _as_it_happened(*, now: datetime) -> None:
    """Whoever began had what was needed, whoever ended had checked; who could start was told when it was so, and whose
    silence was noticed, too."""
    begun = Task.objects.filter(pk=OuterRef("task"))
    for kind, instant in ((Check.Kind.READY, "started_at"), (Check.Kind.DONE, "finished_at")):
        Check.objects.filter(kind=kind, done_at=None, **{f"task__{instant}__isnull": False}).update(
            done_at=Subquery(begun.values(instant)), done_by=Subquery(begun.values("assignee"))
        )
    binding = Q(change_request=None) | Q(change_request__status__in=BINDING)
    Task.objects.ready(now).filter(binding, announced_at=None, returned_at=None).update(announced_at=F("ready_at"))
    Task.objects.open().exclude(started_at=None).update(silence_told_at=F("last_word_at"))

"""REST: tasks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import retrying
from kernel.api.bulk import REFUSALS, items_of
from kernel.api.permissions import signed_in
from kernel.api.problems import problem_of
from kernel.api.views import Creates, Updates, verb
from kernel.errors import Forbidden, Invalid
from projects import operations
from projects.api.task_serializers import (
    AssignTaskInput,
    BlockInput,
    CompleteInput,
    HandOverInput,
    PackageInput,
    ReasonInput,
    ReturnInput,
    SayInput,
    StartInput,
    TaskEdit,
    TaskEditResults,
    TaskEdits,
    TaskSerializer,
    TickInput,
)
from projects.filters import TaskFilter
from projects.models import Task
from projects.permissions import (
    may_create_task_in,
    may_create_tasks,
    may_edit_task,
    may_take_task,
    may_work_on,
    tasks_visible_to,
)
from projects.queries.gates import waiting_for

MAX_ITEMS = 200
_NUMBER = re.compile(r"t-([0-9]{1,18})", re.IGNORECASE)


class TaskViewSet(Creates, Updates):
    """Departments' pieces of work. What is due next comes first."""

    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    search_fields = ["title", "reference"]
    ordering_fields = ["due_at", "id", "planned_at", "title"]
    ordering = ["due_at"]
    answers_not_modified = False
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": may_create_tasks,
        "update": may_edit_task,
        "partial_update": may_edit_task,
        **dict.fromkeys(("start", "complete", "block", "unblock", "hand_over", "send_back", "reopen"), may_work_on),
        **dict.fromkeys(("say", "tick", "package"), may_work_on),
        **dict.fromkeys(("assign", "cancel"), may_edit_task),
        "take": may_take_task,
        "bulk": may_create_tasks,
    }

    def scope(self, user: Any) -> QuerySet[Task]:
        rows = tasks_visible_to(user).select_related("client", "project__client", "department", "assignee")
        return rows.prefetch_related("checks__done_by")

    def search_condition(self, word: str) -> Q:
        found, number = Q(title__icontains=word), _NUMBER.fullmatch(word)
        return found | Q(pk=int(number[1])) if number else found

    # ------------------------------------------------------------------------------------------------ reading
    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self._waiting = waiting_for(page or ())
        return page

    def waiting_for(self, task: Task) -> list[int]:
        """Whose end or start it waits for now; for a whole page they are read at once."""
        known: Mapping[int, list[int]] = getattr(self, "_waiting", {})
        return known[task.pk] if task.pk in known else waiting_for([task])[task.pk]

    # ------------------------------------------------------------------------------------------------ writing
    def perform_create(self, data: dict[str, Any]) -> Task:
        if not may_create_task_in(self.actor, data["project"], data["department"]):
            raise Forbidden(_("Here you may give work to the departments you head, and no others."), field="department")
        return operations.create_task(actor=self.actor, at=self.now, **data)

    def perform_update(self, task: Task, data: dict[str, Any], *, expected_version: int | None) -> None:
        changes = {name: value for name, value in data.items() if name not in TaskSerializer.Meta.create_only}
        operations.update_task(
            task=task, changes=changes, actor=self.actor, at=self.now, expected_version=expected_version
        )

    @verb(StartInput)
    def start(self, task: Task, data: dict[str, Any]) -> None:
        """Work begins. A task that still waits is 409 with `waiting_for`, unless `override` says why, by one who leads
        the project."""
        operations.start_task(task=task, actor=self.actor, at=self.now, **data)

    @verb(CompleteInput)
    def complete(self, task: Task, data: dict[str, Any]) -> None:
        """The piece is done; whoever waits for it may go on. The note goes to them with the work."""
        operations.complete_task(task=task, actor=self.actor, at=self.now, **data)

    @verb(BlockInput)
    def block(self, task: Task, data: dict[str, Any]) -> None:
        """It cannot go on and needs help."""
        operations.block_task(task=task, actor=self.actor, at=self.now, **data)

    @verb()
    def unblock(self, task: Task, data: dict[str, Any]) -> None:
        """What it needed is there: it goes on where it was."""
        operations.unblock_task(task=task, actor=self.actor, at=self.now)

    @verb(AssignTaskInput)
    def assign(self, task: Task, data: dict[str, Any]) -> None:
        """Give it to somebody; null takes it from whoever has it."""
        operations.assign_task(task=task, actor=self.actor, at=self.now, **data)

    @verb()
    def take(self, task: Task, data: dict[str, Any]) -> None:
        """Somebody of the department takes what nobody has."""
        operations.take_task(task=task, actor=self.actor, at=self.now)

    @verb(HandOverInput, url_path="hand-over")
    def hand_over(self, task: Task, data: dict[str, Any]) -> None:
        """Pass the work on to a colleague, another department, or both, with what the next one must know."""
        operations.hand_over(task=task, actor=self.actor, at=self.now, **data)

    @verb(ReturnInput, url_path="return")
    def send_back(self, task: Task, data: dict[str, Any]) -> None:
        """The department cannot work with what it got. `to` names the predecessor that is opened again; without it the
        task goes back to who leads the project."""
        operations.return_task(task=task, actor=self.actor, at=self.now, **data)

    @verb(ReasonInput)
    def reopen(self, task: Task, data: dict[str, Any]) -> None:
        """It was not done after all: who waits for it and has not started waits again."""
        operations.reopen_task(task=task, actor=self.actor, at=self.now, **data)

    @verb(ReasonInput)
    def cancel(self, task: Task, data: dict[str, Any]) -> None:
        """It will not be done; nobody waits for it any longer."""
        operations.cancel_task(task=task, actor=self.actor, at=self.now, **data)

    @verb(SayInput)
    def say(self, task: Task, data: dict[str, Any]) -> None:
        """A word on how it goes; it stands in the project's history."""
        operations.say(task=task, actor=self.actor, at=self.now, **data)

    @verb(TickInput)
    def tick(self, task: Task, data: dict[str, Any]) -> None:
        """A line of the definition of ready or done is seen to, or not after all."""
        if not task.checks.filter(pk=data["check"]).exists():
            raise Invalid(_("The task has no such line."), field="check", code="does_not_exist")
        operations.tick(check_id=data["check"], task=task, is_done=data["done"], actor=self.actor, at=self.now)

    @verb(PackageInput)
    def package(self, task: Task, data: dict[str, Any]) -> None:
        """What the next department gets with the work: results, links, access."""
        operations.keep_package(task=task, actor=self.actor, at=self.now, **data)

    # ------------------------------------------------------------------------------------------------ many at once
    @extend_schema(request=TaskEdits, responses=TaskEditResults)
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 200 edits, each for itself: one that is refused does not stop the others. A bare list will do."""
        items = items_of(request.data, most=MAX_ITEMS)
        return Response({"results": [self._one_of_many(index, item) for index, item in enumerate(items)]})

    def _one_of_many(self, index: int, item: Any) -> dict[str, Any]:
        try:
            before, after = retrying.run(partial(self._edit, item))
        except REFUSALS as error:
            named = item.get("id") if isinstance(item, dict) else None
            return {
                "index": index,
                "status": "error",
                "id": named if type(named) is int else None,
                "version": None,
                "errors": problem_of(error).listed,
            }
        outcome = "unchanged" if after.version == before else "updated"
        return {"index": index, "status": outcome, "id": after.pk, "version": after.version, "errors": []}

    def _edit(self, item: Any) -> tuple[int, Task]:
        """The version before, and the task after it."""
        told = self.read_input(TaskEdit, data=item)
        task = (
            tasks_visible_to(self.actor).select_related("project__client", "department").filter(pk=told["id"]).first()
        )
        if task is None:
            raise NotFound
        if not may_edit_task(self.actor, task):
            raise Forbidden(_("You may not change this task."))
        changes = {name: value for name, value in told.items() if name not in {"id", "version"}}
        changed = operations.update_task(
            task=task, changes=changes, actor=self.actor, at=self.now, expected_version=told.get("version")
        )
        return task.version, changed

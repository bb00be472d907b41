"""What a person may do with a task as it stands: by its state and by the person's rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from accounts.permissions import Person, is_staff_member
from projects.lifecycle import ENDED_TASK, OPEN_TASK, TaskStatus
from projects.models import Task
from projects.permissions import may_edit_task, may_override_gate, may_take_task, may_work_on

Allowed = Callable[[Person, Task], bool]

T = TaskStatus
MAY: dict[str, Allowed] = {
    "start": may_work_on,
    "block": may_work_on,
    "complete": may_work_on,
    "unblock": may_work_on,
    "take": may_take_task,
    "hand-over": may_work_on,
    "return": may_work_on,
    "reopen": may_work_on,
    "assign": may_edit_task,
    "cancel": may_edit_task,
    "edit": may_edit_task,
    "depends-on": may_edit_task,
    "note": lambda user, _task: is_staff_member(user),
    "tick": may_work_on,
    "package": may_work_on,
}
_RULES = frozenset(MAY.values())
_FROM: dict[str, frozenset[str]] = {
    "start": frozenset({T.PLANNED}),
    "block": frozenset({T.PLANNED, T.IN_PROGRESS}),
    "complete": OPEN_TASK,
    "unblock": frozenset({T.BLOCKED}),
    "take": OPEN_TASK,
    "hand-over": OPEN_TASK,
    "return": OPEN_TASK,
    "reopen": ENDED_TASK,
    "assign": OPEN_TASK,
    "cancel": OPEN_TASK,
    "depends-on": OPEN_TASK,
}
_BEHIND_THE_GATE = frozenset({"start", "complete"})
# The one thing to do next, by state.
_PRIMARY = {T.PLANNED: "start", T.IN_PROGRESS: "complete", T.BLOCKED: "unblock"}


@dataclass(frozen=True)
class Offers:
    """The names of the actions that make sense now and are allowed; `primary` is the first of them, or empty."""

    names: frozenset[str]
    primary: str

    def __contains__(self, name: str) -> bool:
        return name in self.names


NOTHING = Offers(frozenset(), "")


def may(user: Person, task: Task, action: str) -> bool:
    return MAY[action](user, task)


def offers_for(user: Person, task: Task, *, at: datetime) -> Offers:
    """Starting and ending what still waits is offered only to who may go past it."""
    allowed = {rule for rule in _RULES if rule(user, task)}  # each asked once: a list has many rows
    names = {
        name for name, rule in MAY.items() if rule in allowed and (name not in _FROM or task.status in _FROM[name])
    }
    if task.assignee_id is not None:
        names.discard("take")
    waits = task.status == T.PLANNED and not task.is_ready(at)
    if waits and not may_override_gate(user, task):
        names -= _BEHIND_THE_GATE
    if task.status in {T.PLANNED, T.IN_PROGRESS} and task.assignee_id is None and "take" in names:
        primary = "take"
    else:
        primary = "" if waits else _PRIMARY.get(T(task.status), "")
    return Offers(frozenset(names), primary if primary in names else "")

"""What a person can do with a task: words, icons, keys, and which form asks for what is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from kernel.verbs import Verb
from projects import operations
from projects.dependencyforms import DependsOnForm
from projects.models import Dependency, Task
from projects.taskforms import (
    AssignForm,
    BlockForm,
    CancelForm,
    CompleteForm,
    EditForm,
    HandOverForm,
    NoteForm,
    ReopenForm,
    ReturnForm,
    StartForm,
    TaskForm,
)


@dataclass(frozen=True, kw_only=True)
class TaskVerb(Verb[TaskForm]):
    """One tap does what is done `at_once`; its form shows only what was refused. `undo` is the verb that truly takes
    the step back."""

    at_once: bool = False
    undo: str = ""

    @property
    def asks(self) -> bool:
        return not self.at_once

    @property
    def asks_with(self) -> type[TaskForm]:
        return self.form or TaskForm


def _wait_for(*, task: Task, actor: User, at: datetime, **how: Any) -> Dependency:
    return operations.add_dependency(successor=task, actor=actor, at=at, **how)


VERBS = {
    verb.name: verb
    for verb in (
        TaskVerb(
            name="start",
            perform=operations.start_task,
            label=_("Start"),
            done=_("%(reference)s started"),
            icon="play",
            form=StartForm,
            title=_("Start %(reference)s"),
            at_once=True,
            key="s",
        ),
        TaskVerb(
            name="block",
            perform=operations.block_task,
            label=pgettext_lazy("button", "Blocked"),
            done=_("%(reference)s is blocked"),
            icon="octagon-alert",
            form=BlockForm,
            title=_("%(reference)s cannot go on"),
            key="b",
            button=_("Say that it is blocked"),
            undo="unblock",
        ),
        TaskVerb(
            name="complete",
            perform=operations.complete_task,
            label=pgettext_lazy("button", "Done"),
            done=_("%(reference)s done"),
            icon="check",
            form=CompleteForm,
            title=_("%(reference)s is done"),
            key="d",
            button=_("It is done"),
            undo="reopen",
        ),
        TaskVerb(
            name="unblock",
            perform=operations.unblock_task,
            label=_("It goes on"),
            done=_("%(reference)s goes on"),
            icon="play",
            title=_("%(reference)s goes on"),
            at_once=True,
            key="s",
        ),
        TaskVerb(
            name="take",
            perform=operations.take_task,
            label=_("Take"),
            done=_("You took %(reference)s"),
            icon="user-plus",
            title=_("Take %(reference)s"),
            at_once=True,
        ),
        TaskVerb(
            name="hand-over",
            perform=operations.hand_over,
            label=pgettext_lazy("button", "Hand over"),
            done=_("%(reference)s handed over"),
            icon="arrow-right-left",
            form=HandOverForm,
            title=_("Hand %(reference)s over"),
        ),
        TaskVerb(
            name="return",
            perform=operations.return_task,
            label=_("Return"),
            done=_("%(reference)s returned"),
            icon="undo-2",
            form=ReturnForm,
            title=_("Return %(reference)s"),
        ),
        TaskVerb(
            name="reopen",
            perform=operations.reopen_task,
            label=_("Reopen"),
            done=_("%(reference)s opened again"),
            icon="undo-2",
            form=ReopenForm,
            title=_("Reopen %(reference)s"),
        ),
        TaskVerb(
            name="cancel",
            perform=operations.cancel_task,
            label=_("Cancel the task"),
            done=_("%(reference)s cancelled"),
            icon="circle-x",
            form=CancelForm,
            title=_("Cancel %(reference)s"),
            undo="reopen",
        ),
        TaskVerb(
            name="assign",
            perform=operations.assign_task,
            label=_("Assign"),
            done=_("%(reference)s assigned"),
            icon="user",
            form=AssignForm,
            title=_("Assign %(reference)s"),
        ),
        TaskVerb(
            name="note",
            perform=operations.say,
            label=_("Note"),
            done=_("Note added to %(reference)s"),
            icon="plus",
            form=NoteForm,
            title=_("Note on %(reference)s"),
            key="n",
            button=_("Add note"),
        ),
        TaskVerb(
            name="edit",
            perform=operations.update_task,
            label=_("Edit"),
            done=_("%(reference)s saved"),
            icon="pencil",
            form=EditForm,
            title=_("Edit %(reference)s"),
            button=_("Save changes"),
        ),
        TaskVerb(
            name="depends-on",
            perform=_wait_for,
            label=_("Depends on"),
            done=_("%(reference)s waits for it"),
            icon="git-branch",
            form=DependsOnForm,
            title=_("%(reference)s depends on"),
            key="w",
            button=_("Wait for it"),
        ),
    )
}
# What stands in the head of the page, in this order; the rest follows under "More".
IN_THE_HEAD = ("take", "start", "unblock", "block", "complete", "reopen")
BESIDE = ("hand-over", "return", "assign", "edit", "cancel")

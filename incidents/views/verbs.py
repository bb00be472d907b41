"""What a person can do on an incident's page: words, icons, keys, and which form asks for what is needed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from incidents import operations
from incidents.forms import ActionForm, AssignForm, CommentForm, EditForm, HoldForm, ReopenForm, ResolveForm
from kernel.verbs import Verb

VERBS: dict[str, Verb[ActionForm]] = {
    verb.name: verb
    for verb in (
        Verb(
            name="take",
            perform=operations.take,
            label=_("Take it"),
            done=_("You took %(reference)s"),
            icon="user-plus",
        ),
        Verb(
            name="hold",
            perform=operations.hold,
            label=_("Put on hold"),
            done=_("%(reference)s put on hold"),
            icon="circle-pause",
            key="p",
            form=HoldForm,
            title=_("Put %(reference)s on hold"),
        ),
        Verb(
            name="resolve",
            perform=operations.resolve,
            label=_("Resolve"),
            done=_("%(reference)s resolved"),
            icon="check",
            key="r",
            form=ResolveForm,
            title=_("Resolve %(reference)s"),
        ),
        Verb(
            name="acknowledge",
            perform=operations.acknowledge,
            label=_("Acknowledge"),
            done=_("%(reference)s acknowledged"),
            icon="circle-check",
            key="a",
        ),
        Verb(
            name="resume",
            perform=operations.resume,
            label=_("Resume"),
            done=_("%(reference)s goes on"),
            icon="play",
            key="p",
        ),
        Verb(
            name="reopen",
            perform=operations.reopen,
            label=_("Reopen"),
            done=_("%(reference)s reopened"),
            icon="undo-2",
            form=ReopenForm,
            title=_("Reopen %(reference)s"),
        ),
        Verb(name="close", perform=operations.close, label=_("Close"), done=_("%(reference)s closed"), icon="lock"),
        Verb(
            name="assign",
            perform=operations.assign,
            label=_("Assign"),
            done=_("%(reference)s assigned"),
            icon="user",
            form=AssignForm,
            title=_("Assign %(reference)s"),
        ),
        Verb(
            name="comment",
            perform=operations.comment,
            label=_("Add note"),
            done=_("Note added to %(reference)s"),
            icon="plus",
            key="n",
            form=CommentForm,
            title=_("Note on %(reference)s"),
        ),
        Verb(
            name="edit",
            perform=operations.edit,
            label=_("Edit"),
            done=_("%(reference)s saved"),
            icon="pencil",
            form=EditForm,
            title=_("Edit %(reference)s"),
            button=_("Save changes"),
        ),
    )
}
# What stands in the head of the page, in this order, the one that is next at the end.
IN_THE_HEAD = ("take", "hold", "reopen", "resume", "acknowledge", "resolve", "close")

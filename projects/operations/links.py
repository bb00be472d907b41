"""Using a one-time link: one step on one task without signing in."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.errors import Conflict
from kernel.locking import lock
from projects.lifecycle import BlockReason
from projects.models import ActionLink, Task
from projects.operations.verbs import block_task, complete_task, start_task
from projects.permissions import may_work_on, tasks_visible_to


@transaction.atomic
def use_link(*, link: ActionLink, at: datetime, reason: str = BlockReason.OTHER, text: str = "") -> Task:
    """Take the step as the person the link was sent to, once. What the person may no longer do is refused, and the link
    stays unused where the step itself is refused."""
    link = lock(ActionLink.objects.select_related("user", "task")).get(pk=link.pk)
    if link.used_at is not None:
        raise Conflict(_("This link has been used already."), code="used")
    refuse_unusable(link, at=at)
    link.used_at = at
    link.save(update_fields=["used_at"])
    if link.step == ActionLink.Step.START:
        return start_task(task=link.task, actor=link.user, at=at)
    if link.step == ActionLink.Step.COMPLETE:
        return complete_task(task=link.task, note=text, actor=link.user, at=at)
    return block_task(task=link.task, reason=reason, text=text, actor=link.user, at=at)


def refuse_unusable(link: ActionLink, *, at: datetime) -> None:
    """Raise Conflict for a link that is over, or whose person may no longer do this: rights are asked for anew."""
    if link.expires_at <= at:
        raise Conflict(_("This link is too old. Sign in to go on."), code="expired")
    seen = tasks_visible_to(link.user).filter(pk=link.task_id).exists()
    if not link.user.is_active or not seen or not may_work_on(link.user, link.task):
        raise Conflict(_("This task is no longer with you. Sign in to see where it is."), code="not_yours")

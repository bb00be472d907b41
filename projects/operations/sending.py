"""A request that is cut and promised in one step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from kernel.errors import Stale
from projects.models import BlueprintVersion, ChangeRequest, Task
from projects.operations.decomposing import NewDependency, decompose
from projects.operations.moving import locked
from projects.operations.requests import agree
from projects.operations.tasks import NewTask


@transaction.atomic
def send_to_departments(
    *,
    request: ChangeRequest,
    tasks: Sequence[NewTask],
    dependencies: Sequence[NewDependency],
    blueprint: BlueprintVersion | None = None,
    promised_at: datetime | None = None,
    tasks_before: int | None = None,
    actor: User | None,
    at: datetime,
) -> list[Task]:
    """The tasks are stored and, where a day is promised, the request is agreed: all of it or nothing.

    `tasks_before`: how many tasks the sender saw; Stale where there are others now, so that nothing is sent twice.
    """
    request = locked(request)
    if tasks_before is not None and request.tasks.count() != tasks_before:
        raise Stale(_("Tasks were sent to departments meanwhile. Look at the request before you send more."))
    made = decompose(request=request, tasks=tasks, dependencies=dependencies, blueprint=blueprint, actor=actor, at=at)
    if promised_at is not None:
        agree(request=request, promised_at=promised_at, actor=actor, at=at)
    return made

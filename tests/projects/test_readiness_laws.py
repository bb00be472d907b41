"""What tasks keep of others equals what follows from the dependencies, whatever people do in whatever order."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest

from kernel.errors import DomainError
from projects import operations
from projects.lifecycle import ENDED_TASK
from projects.models import Dependency, Task
from tests.factories import MONDAY, a_dependency, a_project, a_task, a_user

pytestmark = pytest.mark.django_db
TASKS, MOVES = 7, 40


def stored() -> dict[int, tuple[int, datetime | None, int]]:
    return {task.pk: (task.unmet, task.ready_at, task.frees) for task in Task.objects.filter(finished_at=None)}


def expected() -> dict[int, tuple[int, datetime | None, int]]:
    """By the definitions of the contract, one dependency after the other; lags here are plain hours."""
    found = {}
    for task in Task.objects.filter(finished_at=None):
        holding, opens = 0, [task.planned_at, task.not_before or task.planned_at]
        for one in Dependency.objects.filter(successor=task, kind__in=["FS", "SS"]).select_related("predecessor"):
            before = one.predecessor
            happened = before.finished_at if one.kind == "FS" else before.started_at
            lag = timedelta(hours=max(0.0, float(one.lag_h)))
            if before.status == "cancelled":
                happened, lag = before.finished_at, timedelta()
            if happened is None or (one.kind == "FS" and before.status not in ENDED_TASK):
                holding += 1
            else:
                opens.append(happened + lag)
        if task.status != "planned":
            holding, opens = 0, [task.planned_at]
        held = Dependency.objects.filter(predecessor=task, kind__in=["FS", "SS"], successor__status="planned")
        found[task.pk] = (holding, None if holding else max(opens), held.count())
    return found


def a_move(chance: random.Random, tasks: list[Task], *, at: datetime) -> None:
    """Something that somebody might try; what is refused must change nothing."""
    task, other = Task.objects.get(pk=chance.choice(tasks).pk), chance.choice(tasks)
    kind, lag_h = chance.choice(["FS", "SS", "FF", "SF"]), Decimal(chance.choice([-2, 0, 0, 3]))
    edges = list(Dependency.objects.all())
    moves = [
        lambda: operations.start_task(task=task, actor=None, at=at),
        lambda: operations.start_task(task=task, override="must be", actor=None, at=at),
        lambda: operations.complete_task(task=task, actor=None, at=at),
        lambda: operations.complete_task(task=task, override="must be", actor=None, at=at),
        lambda: operations.block_task(task=task, reason="vendor", actor=None, at=at),
        lambda: operations.unblock_task(task=task, actor=None, at=at),
        lambda: operations.reopen_task(task=task, actor=None, at=at),
        lambda: operations.cancel_task(task=task, actor=None, at=at),
        lambda: operations.return_task(task=task, reason="no", to=chance.choice([None, other]), actor=None, at=at),
        lambda: operations.update_task(task=task, changes={"not_before": at}, actor=None, at=at),
        lambda: a_dependency(task, other, kind, at=at, lag_h=lag_h, lag_calendar="24x7"),
        lambda: operations.remove_dependency(dependency=chance.choice(edges), actor=None, at=at) if edges else None,
    ]
    before = stored()
    try:
        chance.choice(moves)()
    except DomainError:
        assert stored() == before


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_done_each_task_keeps_what_follows(seed: int) -> None:
    chance, at = random.Random(seed), MONDAY
    project = a_project()
    tasks = [a_task(project, at=at, assignee=a_user()) for _ in range(TASKS)]
    for one, other in combinations(tasks, 2):
        if chance.random() < 0.3:
            a_dependency(one, other, chance.choice(["FS", "FS", "SS", "FF"]), at=at, lag_calendar="24x7")
    for _ in range(MOVES):
        at += timedelta(minutes=chance.randrange(1, 300))
        a_move(chance, tasks, at=at)
        assert stored() == expected()

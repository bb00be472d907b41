"""Several people at once on one graph: nothing is missed, nothing is closed to a circle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection

from kernel import retrying
from kernel.errors import Conflict, Stale
from projects import operations
from projects.models import Dependency, Task
from projects.operations import NewTask
from projects.planning.graph import find_cycle
from tests.factories import MONDAY, a_department, a_dependency, a_project, a_request, a_task

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ROUNDS = 10


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Run these in threads that start together, each as a request is run; answers what they return or refuse with."""
    together = threading.Barrier(len(work))

    def run(job: Callable[[], Any]) -> Any:
        together.wait()
        try:
            return retrying.run(job)
        except (Conflict, Stale) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in work]]


def test_whoever_ends_last_frees_who_waits_for_both() -> None:
    project = a_project()
    for _ in range(ROUNDS):
        one, two, after = (a_task(project) for _ in range(3))
        a_dependency(one, after)
        a_dependency(two, after)
        at_once(*(partial(operations.complete_task, task=task, actor=None, at=MONDAY) for task in (one, two)))
        assert Task.objects.get(pk=after.pk).is_ready(MONDAY)


def test_a_neighbour_that_starts_meets_a_dependency_that_is_added() -> None:
    """Either it has begun and cannot wait any more, or it waits and cannot begin."""
    project = a_project()
    for _ in range(ROUNDS):
        before, after = a_task(project), a_task(project)
        at_once(partial(operations.start_task, task=after, actor=None, at=MONDAY), partial(a_dependency, before, after))
        after.refresh_from_db()
        assert (after.status, after.unmet, Dependency.objects.filter(successor=after).exists()) in {
            ("in_progress", 0, False),
            ("planned", 1, True),
        }


def test_two_people_never_close_a_circle_together() -> None:
    project = a_project()
    for _ in range(ROUNDS):
        tasks = [a_task(project) for _ in range(4)]
        ring = list(zip(tasks, [*tasks[1:], tasks[0]], strict=True))
        answers = at_once(*(partial(a_dependency, *pair) for pair in ring))
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        assert find_cycle(Dependency.objects.values_list("predecessor", "successor")) is None


def test_two_who_send_the_same_table_send_it_once() -> None:
    project = a_project()
    piece = NewTask(title="Piece", department=a_department("network"), estimate_h=Decimal(1))
    for _ in range(ROUNDS):
        request = a_request(project)
        send = partial(
            operations.send_to_departments,
            request=request,
            tasks=[piece],
            dependencies=[],
            tasks_before=0,
            actor=None,
            at=MONDAY,
        )
        answers = at_once(send, send)
        assert sorted(type(answer).__name__ for answer in answers) == ["Stale", "list"]
        assert request.tasks.count() == 1

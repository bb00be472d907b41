"""A chain of ten thousand tasks is a chain like any other."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from kernel.errors import Conflict
from projects.models import Dependency, Task
from projects.operations.refreshing import refresh
from tests.factories import MONDAY, a_dependency, a_project, a_task

pytestmark = pytest.mark.django_db
LENGTH = 10_000


def test_closing_it_is_refused_by_name_and_in_time() -> None:
    project = a_project()
    first = a_task(project, title="First")
    rest = [
        Task(
            client=project.client,
            project=project,
            department=first.department,
            title=f"Link {number}",
            estimate_h=1,
            planned_at=MONDAY,
            last_word_at=MONDAY,
        )
        for number in range(2, LENGTH + 1)
    ]
    Task.objects.bulk_create(rest, batch_size=1000)
    chain = [first, *rest]
    Dependency.objects.bulk_create(
        (Dependency(predecessor=chain[n], successor=chain[n + 1]) for n in range(LENGTH - 1)), batch_size=1000
    )
    refresh([task.pk for task in chain[:500]], at=MONDAY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself soon after so many rows
    began = time.perf_counter()
    with pytest.raises(Conflict) as refused:
        a_dependency(chain[-1], first)
    assert time.perf_counter() - began < 5
    assert refused.value.extra["cycle"] == [task.pk for task in chain]
    assert "First" in refused.value.message
    assert len(refused.value.message) < 1000

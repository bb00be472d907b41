"""The graph of all dependencies, read by the database: it crosses projects and may be long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db import connection

# Everything behind some tasks, one edge a row, whatever the depth. Without statistics, as after an import, PostgreSQL
# would read the whole table for each step of a chain; so that it cannot, it is asked for each task's own edges.
_BEHIND = """
WITH RECURSIVE behind(task) AS (
    SELECT id FROM projects_task WHERE id IN ({places})
    UNION
    SELECT step.successor_id FROM behind {step}
)
SELECT projects_dependency.predecessor_id, projects_dependency.successor_id FROM projects_dependency JOIN behind
    ON projects_dependency.predecessor_id = behind.task
"""
_STEP = "JOIN projects_dependency AS step ON step.predecessor_id = behind.task"
_STEP_BY_INDEX = """CROSS JOIN LATERAL (
        SELECT successor_id FROM projects_dependency WHERE predecessor_id = behind.task OFFSET 0
    ) AS step"""


def successors_behind(task_ids: Collection[int]) -> dict[int, list[int]]:
    """Successors of these tasks and of all that follow on them, by the task, ascending; one query."""
    if not task_ids:
        return {}
    found: dict[int, list[int]] = defaultdict(list)
    step = _STEP_BY_INDEX if connection.vendor == "postgresql" else _STEP
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND.format(places=", ".join(["%s"] * len(task_ids)), step=step), list(task_ids))
        for predecessor, successor in cursor.fetchall():
            found[predecessor].append(successor)
    return {task: sorted(successors) for task, successors in found.items()}

"""The graph of all dependencies, read by the database: it crosses projects and may be long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from django.db import connection

# Everything behind some tasks, one edge a row; works alike on SQLite and PostgreSQL, whatever the depth.
_BEHIND = """
WITH RECURSIVE behind(task) AS (
    SELECT id FROM projects_task WHERE id IN ({places})
    UNION
    SELECT projects_dependency.successor_id FROM projects_dependency JOIN behind
        ON projects_dependency.predecessor_id = behind.task
)
SELECT projects_dependency.predecessor_id, projects_dependency.successor_id FROM projects_dependency JOIN behind
    ON projects_dependency.predecessor_id = behind.task
"""


def successors_behind(task_ids: Collection[int]) -> dict[int, list[int]]:
    """Successors of these tasks and of all that follow on them, by the task, ascending; one query."""
    if not task_ids:
        return {}
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_BEHIND.format(places=", ".join(["%s"] * len(task_ids))), list(task_ids))
        for predecessor, successor in cursor.fetchall():
            found[predecessor].append(successor)
    return {task: sorted(successors) for task, successors in found.items()}

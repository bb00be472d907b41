"""What a task could wait for."""

from __future__ import annotations

from django.db.models import Case, Q, Value, When

from accounts.permissions import Person
from projects.lifecycle import OPEN_TASK
from projects.models import Task
from projects.permissions import tasks_planned_by
from projects.queries.tasks import with_names

SOME, MOST_WORDS, LONGEST_ID = 12, 6, 18


def tasks_to_wait_for(task: Task, user: Person, words: str) -> list[Task]:
    """Without words, the open ones of the same request, else of the same project; with a number, that one. Those of the
    same request stand in front, then those of the project, then what is due first."""
    rows = with_names(tasks_planned_by(user)).exclude(pk=task.pk)
    rows = rows.exclude(outgoing__successor=task).exclude(incoming__predecessor=task)
    said = words.split()[:MOST_WORDS]
    number = words.strip().upper().removeprefix("T-").removeprefix("#")
    if number.isdecimal() and len(number) <= LONGEST_ID:
        rows = rows.filter(pk=int(number))
    elif said:
        rows = rows.filter(status__in=sorted(OPEN_TASK))
        for word in said:
            place = Q(project__name__icontains=word) | Q(client__name__icontains=word)
            whose = Q(department__name__icontains=word) | Q(department__short_name__icontains=word)
            rows = rows.filter(Q(title__icontains=word) | whose | place)
    else:
        near = Q(project=task.project_id)
        if task.change_request_id is not None:
            near = Q(change_request=task.change_request_id)
        rows = rows.filter(near, status__in=sorted(OPEN_TASK))
    nearest = Case(
        When(change_request=task.change_request_id, change_request__isnull=False, then=Value(0)),
        When(project=task.project_id, then=Value(1)),
        default=Value(2),
    )
    return list(rows.order_by(nearest, "due_at", "pk")[:SOME])

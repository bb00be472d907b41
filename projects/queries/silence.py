"""Silence: nobody has said anything about a task that somebody is at, for longer than its slack bears."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from projects.lifecycle import TaskStatus
from projects.models import Task
from projects.queries.gates import working_calendars
from projects.queries.slack import slack_of

# Working hours: who has no slack says something every working day, others every week.
CRITICAL_H, OTHERS_H = 8, 40
NO_SLACK_H = 8.0
HOUR = 3600


def silent_since(tasks: Collection[Task], *, at: datetime) -> dict[int, datetime]:
    """By the ids of those that went silent, since when nobody said anything; three queries however many.

    Counted in the working hours of the task's department. One without a request has slack enough.
    """
    going = [task for task in tasks if task.status in {TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED}]
    if not going:
        return {}
    slack = slack_of(going)
    calendars = working_calendars({task.department_id for task in going})
    found = {}
    for task in going:
        threshold_h = CRITICAL_H if slack.get(task.pk, OTHERS_H) <= NO_SLACK_H else OTHERS_H
        since, until = int(task.last_word_at.timestamp()), int(at.timestamp())
        calendar = calendars[task.department_id]
        quiet_s = calendar.between(since, until) if calendar is not None else until - since
        if quiet_s >= threshold_h * HOUR:
            found[task.pk] = task.last_word_at
    return found

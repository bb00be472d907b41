"""Silence: nobody has said anything about a task that somebody is at, for longer than its slack bears."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from projects.lifecycle import TaskStatus
from projects.models import Task
from projects.queries.gates import working_calendars
from projects.queries.slack import slack_of
from sla.businesstime import BusinessCalendar

# Working hours: who has no slack says something every working day, others every week.
CRITICAL_H, OTHERS_H = 8, 40
NO_SLACK_H = 8.0
HOUR = 3600


def silent_since(tasks: Collection[Task], *, at: datetime) -> dict[int, datetime]:
    """By the ids of those that went silent, since when nobody said anything; three queries however many.

    Counted in the working hours of the task's department. One without a request has slack enough. Slack is asked only
    of those for which it decides.
    """
    going = [task for task in tasks if task.status in {TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED}]
    calendars = working_calendars({task.department_id for task in going}) if going else {}
    quiet_h = {task.pk: _quiet_h(task, calendars[task.department_id], at=at) for task in going}
    open_to_doubt = [task for task in going if CRITICAL_H <= quiet_h[task.pk] < OTHERS_H]
    slack = slack_of(open_to_doubt)
    critical = {task.pk for task in open_to_doubt if slack.get(task.pk, OTHERS_H) <= NO_SLACK_H}
    return {task.pk: task.last_word_at for task in going if quiet_h[task.pk] >= OTHERS_H or task.pk in critical}


def _quiet_h(task: Task, calendar: BusinessCalendar | None, *, at: datetime) -> float:
    since, until = int(task.last_word_at.timestamp()), int(at.timestamp())
    return (calendar.between(since, until) if calendar is not None else until - since) / HOUR

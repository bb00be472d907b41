"""Where things are within the site, for those who tell people of them."""

from __future__ import annotations

from django.urls import reverse

from projects.models import ChangeRequest, Task


def my_tasks_path() -> str:
    return reverse("my-tasks")


def task_path(task: Task) -> str:
    return reverse("task", args=[task.pk])


def request_path(request: ChangeRequest) -> str:
    return reverse("request", args=[request.pk])


def step_path(token: str) -> str:
    """A one-time link."""
    return reverse("task-by-link", args=[token])


def feedback_path(token: str) -> str:
    return reverse("feedback", args=[token])

"""Where things are within the site, for those who tell people of them."""

from __future__ import annotations

from projects.models import ChangeRequest, Task

MY_TASKS = "/my-tasks/"


def task_path(task: Task) -> str:
    return f"/tasks/{task.pk}/"


def request_path(request: ChangeRequest) -> str:
    return f"/requests/{request.pk}/"


def step_path(token: str) -> str:
    """A one-time link."""
    return f"/act/t/{token}/"


def feedback_path(token: str) -> str:
    return f"/feedback/{token}/"

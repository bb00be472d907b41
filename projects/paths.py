"""Where things are within the site, for those who tell people of them."""

from __future__ import annotations

from django.urls import reverse

from projects.models import ChangeRequest, Document, Project, Task


def my_tasks_path() -> str:
    return reverse("my-tasks")


def task_path(task: Task) -> str:
    return reverse("task", args=[task.pk])


def request_path(request: ChangeRequest) -> str:
    return reverse("request", args=[request.pk])


def project_path(project: Project) -> str:
    return reverse("project", args=[project.slug])


def people_path(project: Project) -> str:
    return reverse("project-people", args=[project.slug])


def documents_path(project: Project) -> str:
    return reverse("project-documents", args=[project.slug])


def document_path(document: Document) -> str:
    return reverse("document", args=[document.pk])


def handover_path(project: Project) -> str:
    return reverse("project-handover", args=[project.slug])


def step_path(token: str) -> str:
    """A one-time link."""
    return reverse("task-by-link", args=[token])


def feedback_path(token: str) -> str:
    return reverse("feedback", args=[token])

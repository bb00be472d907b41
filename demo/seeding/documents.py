"""The papers of the story's projects: when they were verified last, and what has touched them since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from demo.seeding.content import load
from demo.seeding.people import username
from demo.seeding.times import instant
from projects import operations
from projects.lifecycle import TaskStatus
from projects.models import Document, Project, Task
from projects.operations import Content
from projects.operations.documents import suspect_by_task

A_QUARTER = timedelta(days=90)


def seed_documents(*, now: datetime) -> None:
    """Those that are not there yet; they are recognised by project and title."""
    people = {row["id"]: User.objects.get(username=username(row)) for row in load("story")["staff"]}
    projects = {project.slug: project for project in Project.objects.select_related("client")}
    known = set(Document.objects.values_list("project__slug", "title"))
    for row in load("documents")["documents"]:
        if (row["project"], row["title"]) not in known:
            _register(row, projects[row["project"]], people[row["owner"]], now=now)


def _register(row: dict[str, Any], project: Project, owner: User, *, now: datetime) -> None:
    verified_at = instant(row["verified"], now=now, zone=project.client.time_zone)
    link = f"https://wiki.{project.client.slug}.example/{row['id'].lower()}"
    first, *later = row.get("versions") or [{"link": link}]
    document = operations.create_document(
        project=project,
        title=row["title"],
        kind=row["kind"],
        service=row.get("service", ""),
        owner=owner,
        review_every_days=row["review_every_days"],
        visibility=row.get("visibility", Document.Visibility.INTERNAL),
        content=Content(**first),
        actor=owner,
        at=verified_at - A_QUARTER,
    )
    for one in later:
        operations.add_version(document=document, content=Content(**one), actor=owner, at=verified_at)
    operations.verify_document(document=document, actor=owner, at=verified_at)
    touched_by = row.get("touched_by", "")
    if touched_by.startswith("INC"):
        _touched_by_incident(document, touched_by, now=now)
    elif touched_by:
        _touched_by_request(document, touched_by)


def _touched_by_request(document: Document, reference: str) -> None:
    """By what was done last for the request."""
    done = Task.objects.filter(change_request__external_ref=reference, status=TaskStatus.DONE)
    task = done.select_related("assignee", "client", "project").order_by("-finished_at").first()
    if task is not None and task.finished_at is not None:
        task.touches = [document.kind]
        Task.objects.filter(pk=task.pk).update(touches=task.touches)
        suspect_by_task(task, actor=task.assignee, at=task.finished_at)


def _touched_by_incident(document: Document, reference: str, *, now: datetime) -> None:
    [row] = [row for row in load("story")["incidents"] if row["id"] == reference]
    operations.suspect_by_incident(
        client=document.client,
        project=document.project,
        names={document.service},
        reason=f"{reference} {row['title']}",
        actor=None,
        at=instant(row["resolved"], now=now, zone=document.client.time_zone),
    )

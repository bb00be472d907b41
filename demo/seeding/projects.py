"""The story's projects with the people who lead them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.models import Client, User
from demo.seeding.content import load
from demo.seeding.people import username
from demo.seeding.times import instant
from projects.models import Project
from projects.operations import create_project, update_project


def seed_projects(*, now: datetime) -> None:
    """Those that are not there yet. One that is over is open until what was asked for in it has been told."""
    clients = {client.slug: client for client in Client.objects.all()}
    people = {row["id"]: User.objects.get(username=username(row)) for row in load("story")["staff"]}
    known = set(Project.objects.values_list("slug", flat=True))
    for row in load("story")["projects"]:
        if row["slug"] not in known:
            _begin(row, clients[row["client"]], people, now=now)


def close_projects(*, now: datetime) -> None:
    """Those that were over before the demo began."""
    over = [row for row in load("story")["projects"] if row["phase"] == Project.Phase.CLOSED]
    for row in over:
        project = Project.objects.select_related("client").get(slug=row["slug"])
        if project.phase != Project.Phase.CLOSED:
            at = instant(row["promised_go_live"], now=now, zone=project.client.time_zone)
            update_project(project=project, changes={"phase": Project.Phase.CLOSED}, actor=None, at=at)


def _begin(row: dict[str, Any], client: Client, people: dict[str, User], *, now: datetime) -> None:
    """What is in operation by now, or over, was built before: how it was handed over is told by itself."""
    is_built = row["phase"] in {Project.Phase.OPERATION, Project.Phase.CLOSED}
    create_project(
        client=client,
        slug=row["slug"],
        name=row["name"],
        goal=row["goal"],
        phase=Project.Phase.IMPLEMENTATION if is_built else row["phase"],
        architect=people.get(row.get("architect") or ""),
        tam=people.get(row.get("tam") or ""),
        deputy=people.get(row.get("deputy_tam") or ""),
        promised_go_live=instant(row["promised_go_live"], now=now, zone=client.time_zone).date(),
        actor=None,
        at=instant(row["started"], now=now, zone=client.time_zone),
    )

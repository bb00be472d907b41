"""The story's projects, as far as incidents need them; their architects see them."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Client, Grant, Role, User
from accounts.operations import give_grant
from demo.seeding.content import load
from demo.seeding.people import username
from demo.seeding.times import LONG_AGO
from projects.models import Project
from projects.operations import create_project


def seed_projects(*, now: datetime) -> None:
    clients = {client.slug: client for client in Client.objects.all()}
    people = {row["id"]: username(row) for row in load("story")["staff"]}
    for row in load("story")["projects"]:
        if Project.objects.filter(slug=row["slug"]).exists():
            continue
        client = clients[row["client"]]
        project = create_project(
            client=client, slug=row["slug"], name=row["name"], phase=row["phase"], actor=None, at=now - LONG_AGO
        )
        if row.get("architect"):
            give_grant(
                user=User.objects.get(username=people[row["architect"]]),
                role=Role.ARCHITECT,
                scope_kind=Grant.Scope.PROJECT,
                scope_id=project.pk,
                client=client,
                at=now - LONG_AGO,
                reason="architect",
            )

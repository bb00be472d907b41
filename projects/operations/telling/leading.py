"""Who hears what the lead of a project should."""

from __future__ import annotations

from datetime import datetime

from accounts.models import User
from departments.queries.duty import Stead
from projects.models import Project


def leader_of(project: Project, stead: Stead, *, at: datetime) -> User | None:
    """Who hears what the project's TAM should: the deputy in the deputy's days, the TAM, a deputy without days, the
    service manager; each or who stands in."""
    people = (project.stands_in(at), project.tam_in_charge, project.deputy_in_charge, project.client.service_manager)
    for person in people:
        found = stead.of(person) if person is not None else None
        if found is not None:
            return found
    return None

"""Who hears what the lead of a project should."""

from __future__ import annotations

from accounts.models import User
from departments.queries.duty import Stead
from projects.models import Project


def leader_of(project: Project, stead: Stead) -> User | None:
    """Who hears what the project's TAM should: the TAM or who stands in, the deputy, the service manager."""
    for person in (project.tam_in_charge, project.deputy_in_charge, project.client.service_manager):
        found = stead.of(person) if person is not None else None
        if found is not None:
            return found
    return None

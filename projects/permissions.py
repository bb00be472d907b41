"""Who may see which projects and change them (the table stands in docs/permissions.md)."""

from django.db.models import Q, QuerySet

from accounts.models import Role
from accounts.permissions import Person, runs_service
from accounts.reach import reach_of
from projects.models import Project


def projects_visible_to(user: Person) -> QuerySet[Project]:
    """Projects of one's clients, and those one works on; a token narrows it to its clients."""
    reach = reach_of(user)
    rows = Project.objects.all()
    if not reach.everything:
        rows = rows.filter(Q(client__in=reach.client_ids | reach.contact_client_ids) | Q(pk__in=reach.project_ids))
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def may_create_projects(user: Person) -> bool:
    """Those who run the service, and TAMs for the clients they serve (their scope holds no others)."""
    return runs_service(user) or reach_of(user).has_role(Role.TAM)


def may_edit_project(user: Person, project: Project) -> bool:
    reach = reach_of(user)
    return runs_service(user) or (reach.has_role(Role.TAM) and project.client_id in reach.client_ids)

"""Who may see which incidents and do what to them (the table stands in docs/permissions.md)."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.models import Client, Role, User
from accounts.permissions import clients_named_to, clients_visible_to
from accounts.reach import Reach, reach_of
from incidents.models import Incident, IncidentQuerySet

Person = User | AnonymousUser


def incidents_visible_to(user: Person) -> IncidentQuerySet:
    """Incidents of one's clients, projects and departments, and those assigned to oneself; a token narrows it to its
    clients."""
    reach = reach_of(user)
    rows = Incident.objects.all()
    if not reach.everything:
        rows = rows.filter(
            Q(client__in=reach.client_ids | reach.contact_client_ids)
            | Q(department__in=reach.department_ids)
            | Q(project__in=reach.project_ids)
            | Q(assignee=reach.user_id, assignee__isnull=False)
        )
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def incidents_answered_by(user: Person) -> IncidentQuerySet:
    """Of those one sees: one's clients' as their TAM or system, one's departments' as their head, and the own."""
    reach = reach_of(user)
    rows = incidents_visible_to(user)
    if reach.everything:
        return rows
    return rows.filter(
        Q(client__in=reach.client_ids)
        | Q(department__in=reach.headed_department_ids)
        | Q(assignee=reach.user_id, assignee__isnull=False)
    )


def sees_internal_side(user: Person) -> bool:
    """A client's contact sees public comments only, and no names of who was assigned when."""
    return not reach_of(user).is_contact_only


def sees_internal_notes(user: Person) -> bool:
    """Notes for colleagues are for people of the house: neither contacts nor the client's systems get them."""
    return not reach_of(user).roles <= {Role.CONTACT, Role.INTEGRATION}


def may_give_work(user: Person) -> bool:
    """Name somebody else for an incident that is being opened."""
    return reach_of(user).has_role(Role.ADMIN, Role.MANAGER, Role.TAM, Role.HEAD, Role.INTEGRATION)


def may_call(user: Person) -> bool:
    """Open an incident for some client; which ones, `clients_to_open_for` says."""
    return bool(reach_of(user).roles - {Role.ARCHITECT})


def clients_to_open_for(user: Person) -> QuerySet[Client]:
    """A call may come in for any client, whoever of the engineers answers it; the others open for their own."""
    is_engineer = reach_of(user).has_role(Role.ENGINEER, Role.HEAD)
    return clients_named_to(user) if is_engineer else clients_visible_to(user)


def may_report(user: Person) -> bool:
    """Tell what another system says of its tickets, for the clients one answers for (`clients_led_by`)."""
    return reach_of(user).has_role(Role.ADMIN, Role.MANAGER, Role.TAM, Role.INTEGRATION)


def may_edit(user: Person, incident: Incident) -> bool:
    """Words, priority, project: who answers for the client, or the system that reported it."""
    return _leads(reach_of(user), incident) or _heads(reach_of(user), incident)


def may_work(user: Person, incident: Incident) -> bool:
    """Acknowledge, resume, resolve: also the engineer who has it, or whose department has it while nobody does."""
    reach = reach_of(user)
    return _leads(reach, incident) or _heads(reach, incident) or _works(reach, incident)


def may_hold(user: Person, incident: Incident) -> bool:
    """Putting on hold can stop the client's clock: the TAM, the head and the service manager decide that."""
    return may_edit(user, incident)


def may_reopen(user: Person, incident: Incident) -> bool:
    return may_edit(user, incident)


def may_assign(user: Person, incident: Incident) -> bool:
    return may_edit(user, incident)


def may_assign_or_take(user: Person, incident: Incident) -> bool:
    return may_assign(user, incident) or may_take(user, incident)


def may_take(user: Person, incident: Incident) -> bool:
    """What nobody has yet, an engineer of the department that has it takes without asking."""
    reach = reach_of(user)
    return reach.has_role(Role.ENGINEER, Role.HEAD) and incident.department_id in reach.department_ids


def may_comment(user: Person, incident: Incident) -> bool:
    """Whoever sees the incident; a contact writes public comments only."""
    return not reach_of(user).has_role(Role.ARCHITECT) or may_work(user, incident)


def _leads(reach: Reach, incident: Incident) -> bool:
    answers = reach.has_role(Role.ADMIN, Role.MANAGER) and reach.everything
    reports = reach.has_role(Role.INTEGRATION) and (reach.everything or incident.client_id in reach.client_ids)
    return answers or reports or (reach.has_role(Role.TAM) and incident.client_id in reach.client_ids)


def _heads(reach: Reach, incident: Incident) -> bool:
    return incident.department_id in reach.headed_department_ids


def _works(reach: Reach, incident: Incident) -> bool:
    if not reach.has_role(Role.ENGINEER, Role.TAM, Role.HEAD):
        return False
    mine = incident.assignee_id == reach.user_id
    free = incident.assignee_id is None and incident.department_id in reach.department_ids
    return mine or free

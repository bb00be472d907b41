"""Who may see alerts and their deliveries, and acknowledge (the table stands in docs/permissions.md)."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import Role, User
from accounts.permissions import Person, clients_visible_to, has_role, is_staff_member
from accounts.reach import reach_of
from alerts.models import Alert, Delivery
from sla.subjects import owners

READS_LOG = frozenset({Role.ADMIN, Role.MANAGER, Role.TAM, Role.HEAD})
REQUEUES = frozenset({Role.ADMIN, Role.MANAGER, Role.TAM})


def alerts_visible_to(user: Person) -> QuerySet[Alert]:
    """Who answers for a subject reads its alerts, and whoever was told of one; the client's own people are told by
    people, not by alerts."""
    if not isinstance(user, User) or not reads_alerts(user):
        return Alert.objects.none()
    told = told_to(user)
    seen = Q(pk__in=told.values("alert"))
    for kind, owner in owners():
        seen |= Q(subject_kind=kind, subject_id__in=owner.answered_ids(user))
    return Alert.objects.filter(seen)


def deliveries_visible_to(user: Person) -> QuerySet[Delivery]:
    """The log is for those who answer for clients and departments, alerts as they see them, messages about work by
    their clients; everybody sees what went to oneself."""
    reach = reach_of(user)
    seen = Q(recipient=reach.user_id, recipient__isnull=False)
    if reads_log(user):
        seen |= Q(alert__in=alerts_visible_to(user))
        seen |= Q(notice=Delivery.Notice.WORK, client__in=clients_visible_to(user))
    rows = Delivery.objects.filter(seen)
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def reads_alerts(user: Person) -> bool:
    return is_staff_member(user) or has_role(user, Role.INTEGRATION)


def reads_log(user: Person) -> bool:
    return has_role(user, *READS_LOG)


def told_to(user: Person) -> QuerySet[Delivery]:
    """The messages that went to this person because of an alert; with a token, about the clients it names."""
    reach = reach_of(user)
    rows = Delivery.objects.filter(recipient=reach.user_id, recipient__isnull=False, alert__isnull=False)
    return rows if reach.only_clients is None else rows.filter(client__in=reach.only_clients)


def acknowledges(user: Person) -> bool:
    """Some alerts at least; which ones, `may_acknowledge` says."""
    return is_staff_member(user)


def may_acknowledge(user: Person, alert: Alert) -> bool:
    """Of the alerts one sees: the client's TAM, a head of department, those who run the service, whoever was told."""
    return answers_for(user, alert) or told_to(user).filter(alert=alert).exists()


def answers_for(user: Person, alert: Alert) -> bool:
    """By office, whether told of it or not; without a query."""
    reach = reach_of(user)
    if reach.has_role(Role.ADMIN, Role.MANAGER, Role.HEAD):
        return True
    return reach.has_role(Role.TAM) and alert.client_id in reach.client_ids


def requeues(user: Person) -> bool:
    """Some messages at least; which ones, `may_requeue` says."""
    return has_role(user, *REQUEUES)


def may_requeue(user: Person, delivery: Delivery) -> bool:
    """Of the messages one sees: those who run the service, and the TAM of the client it is about."""
    reach = reach_of(user)
    if reach.has_role(Role.ADMIN, Role.MANAGER):
        return True
    return reach.has_role(Role.TAM) and delivery.client_id in reach.client_ids

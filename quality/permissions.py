"""Who may read the figures, and of which clients."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import Client, Role
from accounts.permissions import Person, clients_visible_to, has_role, is_staff_member
from incidents.permissions import incidents_visible_to


def reads_reports(user: Person) -> bool:
    """The provider's people and programs. What a client is shown, its service manager chooses."""
    return is_staff_member(user) or has_role(user, Role.INTEGRATION)


def clients_reported_to(user: Person) -> QuerySet[Client]:
    """The clients one serves, and those of whom one sees an incident."""
    served = Q(pk__in=clients_visible_to(user).values("pk"))
    return Client.objects.filter(served | Q(pk__in=incidents_visible_to(user).order_by().values("client")))

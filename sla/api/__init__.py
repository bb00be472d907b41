"""REST: clients with the policy of their contract, calendars and what they compute, SLA policies, vendors."""

from rest_framework.viewsets import ViewSetMixin

from sla.api.calendars import CalendarViewSet
from sla.api.clients import ClientViewSet
from sla.api.policies import PolicyViewSet
from sla.api.vendors import VendorViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("clients", ClientViewSet),
    ("calendars", CalendarViewSet),
    ("sla-policies", PolicyViewSet),
    ("vendors", VendorViewSet),
]

"""Query parameters of clients, calendars and policies."""

from accounts.models import Client
from accounts.permissions import users_visible_to
from kernel.api.filters import BooleanFilter, FilterSet, ScopedFilter
from sla.models import SlaPolicy
from sla.permissions import policies_visible_to


class ClientFilter(FilterSet):
    tam = ScopedFilter(scope=users_visible_to, key="username")
    deputy = ScopedFilter(scope=users_visible_to, key="username")
    service_manager = ScopedFilter(scope=users_visible_to, key="username")
    sla_policy = ScopedFilter(scope=policies_visible_to, key="slug", field_name="sla__policy")
    is_archived = BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Client
        fields = ["country", "industry"]


class PolicyFilter(FilterSet):
    class Meta:
        model = SlaPolicy
        fields = ["is_default", "scope"]

"""Query parameters of contacts."""

from accounts.models import Contact
from accounts.permissions import clients_visible_to
from kernel.api.filters import FilterSet, ScopedFilter


class ContactFilter(FilterSet):
    client = ScopedFilter(scope=clients_visible_to, key="slug")

    class Meta:
        model = Contact
        fields = ["kind"]

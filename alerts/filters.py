"""Query parameters of alerts and deliveries."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from accounts.permissions import Person, clients_named_to, users_visible_to
from alerts.models import Alert, Delivery
from alerts.permissions import alerts_visible_to, deliveries_visible_to
from kernel.api.filters import FilterSet, IntegerFilter, ScopedFilter
from sla.subjects import owner_of

INCIDENT = "incident"


class AlertFilter(FilterSet):
    """`level` is a threshold in percent of the target; 100 is the breach."""

    incident = IntegerFilter(method="about_incident")
    client = ScopedFilter(scope=clients_named_to, key="slug")
    state = django_filters.MultipleChoiceFilter(choices=Alert.State.choices, distinct=False)

    class Meta:
        model = Alert
        fields = ["level", "kind"]

    def about_incident(self, alerts: QuerySet[Alert], name: str, incident_id: int) -> QuerySet[Alert]:
        if not owner_of(INCIDENT).visible_ids(self.request.user).filter(pk=incident_id).exists():
            message = _("There is no such thing, or it is not yours to see.")
            raise ValidationError({name: [message]}, code="invalid_choice")
        return alerts.filter(subject_kind=INCIDENT, subject_id=incident_id)


def alerts_to_filter_by(user: Person) -> QuerySet[Alert]:
    """Those one reads, and those one was told of."""
    told = deliveries_visible_to(user).values("alert")
    return Alert.objects.filter(Q(pk__in=alerts_visible_to(user).values("pk")) | Q(pk__in=told))


class DeliveryFilter(FilterSet):
    alert = ScopedFilter(scope=alerts_to_filter_by)
    recipient = ScopedFilter(scope=users_visible_to, key="username")
    state = django_filters.MultipleChoiceFilter(choices=Delivery.State.choices, distinct=False)

    class Meta:
        model = Delivery
        fields = ["channel", "notice"]

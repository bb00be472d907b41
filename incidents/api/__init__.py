"""REST: incidents, their verbs, clocks and history; what other systems report of their tickets; rules tried on the
past."""

from django.urls import URLPattern, path
from rest_framework.viewsets import ViewSetMixin

from incidents.api.incidents import IncidentViewSet
from incidents.api.recalculation import urlpatterns as recalculations
from incidents.api.trying import TryView

__all__ = ["routes", "urlpatterns"]

routes: list[tuple[str, type[ViewSetMixin]]] = [("incidents", IncidentViewSet)]
urlpatterns: list[URLPattern] = [*recalculations, path("sla-policies/try/", TryView.as_view(), name="try-policy")]

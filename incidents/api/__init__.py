"""REST: incidents, their verbs and history; what other systems report of their tickets."""

from rest_framework.viewsets import ViewSetMixin

from incidents.api.incidents import IncidentViewSet
from incidents.api.recalculation import urlpatterns

__all__ = ["routes", "urlpatterns"]

routes: list[tuple[str, type[ViewSetMixin]]] = [("incidents", IncidentViewSet)]

"""REST: incidents, their verbs and history; what other systems report of their tickets."""

from rest_framework.viewsets import ViewSetMixin

from incidents.api.incidents import IncidentViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [("incidents", IncidentViewSet)]

"""REST: departments and the people in them, absences, group mappings."""

from rest_framework.viewsets import ViewSetMixin

from departments.api.absences import AbsenceViewSet
from departments.api.catalogue import DepartmentViewSet
from departments.api.mappings import GroupMappingViewSet
from departments.api.people import UserViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("departments", DepartmentViewSet),
    ("users", UserViewSet),
    ("absences", AbsenceViewSet),
    ("group-mappings", GroupMappingViewSet),
]

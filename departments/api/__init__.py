"""REST: departments and the people in them, absences, duty, group mappings."""

from django.urls import URLPattern, path
from rest_framework.viewsets import ViewSetMixin

from departments.api.absences import AbsenceViewSet
from departments.api.catalogue import DepartmentViewSet
from departments.api.duty import DutyRosterViewSet, OnDutyNowView
from departments.api.mappings import GroupMappingViewSet
from departments.api.people import UserViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("departments", DepartmentViewSet),
    ("users", UserViewSet),
    ("absences", AbsenceViewSet),
    ("duty-roster", DutyRosterViewSet),
    ("group-mappings", GroupMappingViewSet),
]

urlpatterns: list[URLPattern] = [path("duty-roster/now/", OnDutyNowView.as_view(), name="duty-roster-now")]

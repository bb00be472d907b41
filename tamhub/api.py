"""The REST API's addresses under /api/v1/; each room brings its resources as `routes` in its api module."""

from django.urls import URLPattern, URLResolver, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from accounts.api import routes as accounts
from alerts.api import routes as alerts
from alerts.notify.api import routes as endpoints
from alerts.notify.api import urlpatterns as preferences
from departments.api import routes as departments
from departments.api import urlpatterns as duty
from incidents.api import routes as incidents
from incidents.api import urlpatterns as recalculations
from projects.api import routes as projects
from quality.api import urlpatterns as quality_reports
from sla.api import routes as sla

router = SimpleRouter()
for address, viewset in [*accounts, *sla, *departments, *projects, *incidents, *alerts, *endpoints]:
    router.register(address, viewset, basename=address)

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    *duty,
    *preferences,
    *quality_reports,
    *recalculations,
    *router.urls,
]

"""Every address of TamHub. Rooms bring their own lists."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from kernel.api import problems

handler500 = "kernel.failing.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tamhub.health")),
    path("", include("desk.urls")),
    path("", include("accounts.urls")),
    path("", include("alerts.urls")),
    path("", include("incidents.urls")),
    path("", include("sla.urls")),  # after incidents, which has policies/try/
    path("", include("projects.urls")),
    path("", include("departments.urls")),
    path("", include("quality.urls")),
    path("api/v1/", include("tamhub.api")),
    re_path(r"^api/", problems.not_found),
    path("admin/", admin.site.urls),
]

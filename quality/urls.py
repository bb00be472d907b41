"""Pages of quality."""

from django.urls import path

from quality import views

urlpatterns = [
    path("quality/", views.report, name="quality"),
    path("quality/export.csv", views.export, name="quality-export"),
]

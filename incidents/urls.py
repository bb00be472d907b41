"""Pages of incidents."""

from django.urls import path

from incidents import views

urlpatterns = [
    path("incidents/", views.incidents, name="incidents"),
    path("incidents/new/", views.new_incident, name="new-incident"),
    path("incidents/<int:pk>/", views.incident, name="incident"),
    path("incidents/<int:pk>/clocks/<slug:kind>/", views.explain_clock, name="clock"),
    path("incidents/<int:pk>/clocks/<slug:kind>.txt", views.explain_clock_as_text, name="clock-text"),
    path("policies/try/", views.try_rule, name="try-rule"),
    path("incidents/<int:pk>/<str:verb>/", views.act, name="incident-act"),
]

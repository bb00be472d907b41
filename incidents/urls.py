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
    path("policies/<slug:slug>/recalculate/", views.recalculate_policy, name="policy-recalculation"),
    path("calendars/<slug:slug>/recalculate/", views.recalculate_calendar, name="calendar-recalculation"),
    path("incidents/<int:pk>/<str:verb>/", views.act, name="incident-act"),
]

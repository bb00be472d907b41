"""Pages of policies and calendars."""

from django.urls import path

from sla.views import calendars, policies

urlpatterns = [
    path("policies/", policies.policies, name="policies"),
    path("policies/new/", policies.new_policy, name="policy-new"),
    path("policies/new/example/", policies.policy_example, name="policy-new-example"),
    path("policies/<slug:slug>/", policies.policy, name="policy"),
    path("policies/<slug:slug>/example/", policies.policy_example, name="policy-example"),
    path("policies/<slug:slug>/default/", policies.make_default, name="policy-default"),
    path("policies/<slug:slug>/versions/<int:number>/withdraw/", policies.withdraw_policy, name="policy-withdraw"),
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/new/", calendars.new_calendar, name="calendar-new"),
    path("calendars/new/example/", calendars.calendar_example, name="calendar-new-example"),
    path("calendars/<slug:slug>/", calendars.calendar, name="calendar"),
    path("calendars/<slug:slug>/example/", calendars.calendar_example, name="calendar-example"),
    path(
        "calendars/<slug:slug>/versions/<int:number>/withdraw/", calendars.withdraw_calendar, name="calendar-withdraw"
    ),
]

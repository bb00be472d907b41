"""Pages of incidents."""

from incidents.views.actions import act
from incidents.views.explain import explain_clock, explain_clock_as_text
from incidents.views.list import incidents
from incidents.views.new import new_incident
from incidents.views.page import incident
from incidents.views.recalculating import recalculate_calendar, recalculate_policy
from incidents.views.trying import try_rule

__all__ = [
    "act",
    "explain_clock",
    "explain_clock_as_text",
    "incident",
    "incidents",
    "new_incident",
    "recalculate_calendar",
    "recalculate_policy",
    "try_rule",
]

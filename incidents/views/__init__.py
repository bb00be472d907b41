"""Pages of incidents."""

from incidents.views.actions import act
from incidents.views.list import incidents
from incidents.views.new import new_incident
from incidents.views.page import incident

__all__ = ["act", "incident", "incidents", "new_incident"]

"""Pages of incidents."""

from incidents.views.actions import act
from incidents.views.incident import incident
from incidents.views.list import incidents
from incidents.views.new import new_incident

__all__ = ["act", "incident", "incidents", "new_incident"]

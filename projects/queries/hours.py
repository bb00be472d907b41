"""In whose hours a request's time is counted."""

from __future__ import annotations

from datetime import datetime

from projects.models import ChangeRequest
from sla.businesstime import BusinessCalendar
from sla.models import Priority
from sla.operations import policy_for
from sla.terms import business_calendar, terms_of
from sla.versions import calendar_version_at


def client_hours(request: ChangeRequest, *, now: datetime) -> BusinessCalendar:
    """The hours in which the client is served with what is not urgent, by the policy of the project or the client."""
    version = policy_for(request.project.sla_policy, client=request.client, at=now)
    target = terms_of(version.pk).targets[Priority.P4]
    return business_calendar(calendar_version_at(target.calendar_id, now, now=now))

"""What a clock is called, the same on every page."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from departments.models import Department
from sla.models import Clock

BETWEEN_DEPARTMENTS = (Clock.Kind.ACCEPT, Clock.Kind.FINISH)


def clock_name(clock: Clock, hops: Mapping[int, Department]) -> str:
    """`hops` are the departments by the numbers of their hops: clocks between departments are named for theirs."""
    kind = str(Clock.Kind(clock.kind).label)
    if clock.kind in BETWEEN_DEPARTMENTS:
        department = hops.get(clock.cycle)
        return _("%(clock)s: %(department)s") % {"clock": kind, "department": department.short if department else "–"}
    if clock.cycle > 1:
        return _("%(clock)s, round %(number)d") % {"clock": kind, "number": clock.cycle}
    return kind

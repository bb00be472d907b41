"""What a clock is called, the same on every page."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from departments.models import Department
from sla.models import Clock


def clock_name(clock: Clock, hops: Mapping[int, Department]) -> str:
    """`hops` are the departments by the numbers of their hops: clocks between departments are named for theirs."""
    if clock.kind in {Clock.Kind.ACCEPT, Clock.Kind.FINISH}:
        department = hops.get(clock.cycle)
        words = _("Accepted: %(department)s") if clock.kind == Clock.Kind.ACCEPT else _("Finished: %(department)s")
        return words % {"department": department.short if department else "–"}
    kind = str(Clock.Kind(clock.kind).label)
    if clock.cycle > 1:
        return _("%(clock)s, round %(number)d") % {"clock": kind, "number": clock.cycle}
    return kind

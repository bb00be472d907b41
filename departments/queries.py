"""Reads of departments: the catalogue with its figures, who is away."""

from collections.abc import Iterable
from datetime import datetime

from departments.models import Absence


def away(user_ids: Iterable[int], *, at: datetime) -> dict[int, Absence]:
    """Who of these people is away at an instant, with the absence; one query."""
    rows = Absence.objects.filter(user__in=list(user_ids), starts_at__lte=at, ends_at__gt=at).select_related("stand_in")
    return {absence.user_id: absence for absence in rows}

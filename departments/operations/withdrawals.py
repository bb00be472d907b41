"""What goes from a person's calendar stays in feeds for a while as cancelled: programs keep what only vanishes."""

from __future__ import annotations

from datetime import datetime, timedelta

from departments.models import Absence, DutyShift, WithdrawnEntry

KEPT = timedelta(days=30)


def withdraw(entry: DutyShift | Absence, *, at: datetime) -> None:
    """Call it in the transaction of the change, with the entry as it was shown until now."""
    is_absence = isinstance(entry, Absence)
    WithdrawnEntry.objects.filter(withdrawn_at__lt=at - KEPT).delete()
    WithdrawnEntry.objects.create(
        uid=entry.uid,
        version=entry.version,
        user_id=entry.user_id,
        department_id=None if isinstance(entry, Absence) else entry.department_id,
        is_absence=is_absence,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        withdrawn_at=at,
    )

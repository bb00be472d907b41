"""What goes from a person's calendar stays in feeds for a while as cancelled: programs keep what only vanishes."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from departments.models import Absence, DutyShift, WithdrawnEntry

KEPT = timedelta(days=30)


def withdraw(entry: DutyShift | Absence, *, at: datetime) -> None:
    """Call it in the transaction of the change, with the entry as it was shown until now."""
    if isinstance(entry, Absence):
        _keep(entry, entry.uid, entry.user_id, at=at)
        withdraw_stand_in(entry, at=at)
    else:
        _keep(entry, entry.uid, entry.user_id, department_id=entry.department_id, at=at)


def withdraw_stand_in(absence: Absence, *, at: datetime) -> None:
    """Whoever stood in so far, if anybody, does so no longer."""
    if absence.stand_in_id is not None:
        _keep(absence, absence.stand_in_uid, absence.stand_in_id, at=at)


def _keep(
    entry: DutyShift | Absence, uid: UUID, user_id: int, *, at: datetime, department_id: int | None = None
) -> None:
    WithdrawnEntry.objects.filter(withdrawn_at__lt=at - KEPT).delete()
    WithdrawnEntry.objects.create(
        uid=uid,
        version=entry.version,
        user_id=user_id,
        department_id=department_id,
        is_absence=isinstance(entry, Absence),
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        withdrawn_at=at,
    )

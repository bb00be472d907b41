"""What a calendar feed shows: shifts and absences as entries, and for a while what was withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from departments.ical.writing import Entry
from departments.models import Absence, Department, DutyShift, WithdrawnEntry

BACK = timedelta(days=30)
MOST = 5000


def person_entries(user: User, *, now: datetime) -> list[Entry]:
    """The person's own shifts and absences, and those of others while the person stands in; three queries."""
    withdrawn = WithdrawnEntry.objects.filter(user=user)
    absences = Absence.objects.filter(Q(user=user) | Q(stand_in=user), ends_at__gt=now - BACK)
    told = [
        _of_absence(one) if one.user_id == user.pk else _of_stand_in(one)
        for one in absences.select_related("user", "stand_in")
    ]
    return _entries(DutyShift.objects.filter(user=user), withdrawn, now=now, others=told)


def department_entries(department: Department, *, now: datetime) -> list[Entry]:
    """The shifts of a department's own roster; two queries."""
    withdrawn = WithdrawnEntry.objects.filter(department=department, is_absence=False)
    return _entries(DutyShift.objects.filter(department=department), withdrawn, now=now)


def provider_entries(*, now: datetime) -> list[Entry]:
    """Every shift, of the provider and of all departments; two queries."""
    return _entries(DutyShift.objects.all(), WithdrawnEntry.objects.filter(is_absence=False), now=now)


def _entries(
    shifts: QuerySet[DutyShift],
    withdrawn: QuerySet[WithdrawnEntry],
    *,
    now: datetime,
    others: Iterable[Entry] = (),
) -> list[Entry]:
    since = now - BACK
    shown = shifts.filter(ends_at__gt=since).select_related("user", "department")[:MOST]
    entries = [*(_of_shift(shift) for shift in shown), *others]
    there = {entry.uid for entry in entries}
    gone = withdrawn.filter(withdrawn_at__gt=since, ends_at__gt=since).select_related("user", "department")
    return [*entries, *(entry for entry in _newest(gone.order_by("version", "pk")) if entry.uid not in there)]


def _newest(rows: Iterable[WithdrawnEntry]) -> Iterator[Entry]:
    """One entry for what went from several people in turn: of the last."""
    yield from {row.uid: _of_withdrawn(row) for row in rows}.values()


def _of_shift(shift: DutyShift) -> Entry:
    return Entry(
        uid=shift.uid,
        summary=duty_summary(shift.user, shift.department),
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        sequence=shift.version - 1,
        changed_at=shift.updated_at,
        person=str(shift.user),
        mail=shift.user.email,
        department=str(shift.department or ""),
        note=shift.note,
    )


def _of_absence(absence: Absence) -> Entry:
    stand_in = _("%(person)s stands in.") % {"person": absence.stand_in} if absence.stand_in else ""
    return Entry(
        uid=absence.uid,
        summary=_("Away: %(person)s") % {"person": absence.user},
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        sequence=absence.version - 1,
        changed_at=absence.updated_at,
        person=str(absence.user),
        mail=absence.user.email,
        note=". ".join(filter(None, [absence.reason, stand_in])),
        is_absence=True,
        is_busy=True,
    )


def _of_stand_in(absence: Absence) -> Entry:
    return Entry(
        uid=absence.stand_in_uid,
        summary=_("Standing in for %(person)s") % {"person": absence.user},
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        sequence=absence.version - 1,
        changed_at=absence.updated_at,
        person=str(absence.stand_in),
        is_absence=True,
    )


def _of_withdrawn(row: WithdrawnEntry) -> Entry:
    words = _("Absence cancelled") if row.is_absence else duty_summary(row.user, row.department)
    return Entry(
        uid=row.uid,
        summary=words,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sequence=row.version,
        changed_at=row.withdrawn_at,
        person=str(row.user),
        department=str(row.department or ""),
        is_cancelled=True,
        is_absence=row.is_absence,
    )


def duty_summary(user: User, department: Department | None) -> str:
    if department is None:
        return _("On duty for everything: %(person)s") % {"person": user}
    return _("On duty for %(department)s: %(person)s") % {"department": department, "person": user}

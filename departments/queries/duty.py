"""Who is on duty at an instant, absences and stand-ins taken into account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import User
from departments.models import Absence, DutyShift

# No shift lasts longer (`operations.duty` refuses it), so the index finds those of an instant without reading the past.
LONGEST_SHIFT = timedelta(days=32)


def on_duty(at: datetime, departments: Collection[int]) -> Mapping[int | None, list[User]]:
    """Who is on duty for each of these departments (ids), and under None for the whole provider; two queries.

    A department's own shift wins; where there is none, or nobody of it can be reached, the provider's counts. Who is
    absent is replaced by the stand-in, who by theirs; without one, and when their account is closed, they are left out.
    """
    shifts = list(
        DutyShift.objects.filter(
            Q(department=None) | Q(department__in=departments),
            starts_at__gt=at - LONGEST_SHIFT,
            starts_at__lte=at,
            ends_at__gt=at,
        )
        .select_related("user")
        .order_by("starts_at", "pk")
    )
    stead = Stead.at(at) if shifts else Stead([])
    found: dict[int | None, list[User]] = {None: [], **{pk: [] for pk in departments}}
    for shift in shifts:
        person = stead.of(shift.user)
        if person is not None and person not in found[shift.department_id]:
            found[shift.department_id].append(person)
    return {pk: people or found[None] for pk, people in found.items()}


class Stead:
    """Who does a person's work at one instant: the person, or whoever stands in."""

    def __init__(self, absences: Iterable[Absence]) -> None:
        self._away: dict[int, User | None] = {}
        for absence in absences:
            self._away[absence.user_id] = absence.stand_in or self._away.get(absence.user_id)

    @classmethod
    def at(cls, at: datetime) -> Stead:
        """As absences stand at an instant; one query."""
        return cls(Absence.objects.filter(starts_at__lte=at, ends_at__gt=at).select_related("stand_in").order_by("pk"))

    def of(self, user: User) -> User | None:
        """The person to turn to instead of `user`; None when nobody is left. Stand-ins in a circle are nobody."""
        asked = set()
        person: User | None = user
        while person is not None and person.pk in self._away and person.pk not in asked:
            asked.add(person.pk)
            person = self._away[person.pk]
        return person if person is not None and person.pk not in asked and person.is_active else None

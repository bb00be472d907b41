"""Days and months of the installation: a date is midnight in TIME_ZONE, a month is twelve a year of them.

A midnight that a change of the clocks leaves out is the first instant of that day; of one that comes twice, the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from numpy.typing import NDArray

from kernel.errors import Invalid

Instants = NDArray[np.int64]


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone())


def today(now: datetime) -> date:
    return timezone.localdate(now, zone())


def next_month(month: date, months: int = 1) -> date:
    """The first day of the month that many months on, or back."""
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def months_of(instants: Instants) -> tuple[list[date], NDArray[np.int64]]:
    """The months from the first instant to the last, and which of them each instant lies in."""
    if not instants.size:
        return [], np.zeros(0, np.int64)
    first, last = (_local_date(value).replace(day=1) for value in (instants.min(), instants.max()))
    months = [first]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    return months, _among(months, instants)


def days_of(instants: Instants) -> tuple[list[date], NDArray[np.int64]]:
    """The days from the first instant to the last, and which of them each instant lies in."""
    if not instants.size:
        return [], np.zeros(0, np.int64)
    first, last = (_local_date(value) for value in (instants.min(), instants.max()))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return days, _among(days, instants)


def _local_date(epoch_s: np.int64) -> date:
    return datetime.fromtimestamp(int(epoch_s), zone()).date()


def _among(starts: list[date], instants: Instants) -> NDArray[np.int64]:
    edges = np.array([int(midnight(start).timestamp()) for start in starts], np.int64)
    return np.searchsorted(edges, instants, side="right").astype(np.int64) - 1


@dataclass(frozen=True)
class Period:
    """Whole months `[since, until)`; both None is all time. `slug` is its name in an address."""

    slug: str
    label: str
    since: date | None = None
    until: date | None = None

    @property
    def months(self) -> int:
        """How many; 0 is all time."""
        if self.since is None or self.until is None:
            return 0
        return (self.until.year - self.since.year) * 12 + self.until.month - self.since.month

    @property
    def last_day(self) -> date | None:
        return None if self.until is None else self.until - timedelta(days=1)

    @property
    def before(self) -> tuple[date, date] | None:
        """As many months right before it; nothing is before all time."""
        return None if self.since is None else (next_month(self.since, -self.months), self.since)


LATEST = {"12-months": 12, "3-months": 3}
ALL_TIME = "all"
FIRST_YEAR = 1970


def period_named(slug: str, *, now: datetime) -> Period:
    """`12-months` and `3-months` end with the present month, `2026-03` is one month, `all` is all time.

    Raises Invalid for anything else.
    """
    this_month = today(now).replace(day=1)
    if slug in LATEST:
        months = LATEST[slug]
        label = ngettext("Last %(months)d month", "Last %(months)d months", months) % {"months": months}
        return Period(slug, label, next_month(this_month, 1 - months), next_month(this_month))
    if slug == ALL_TIME:
        return Period(slug, _("All time"))
    try:
        first = date.fromisoformat(f"{slug}-01")
    except ValueError:
        first = date.min
    if f"{first:%Y-%m}" != slug or not FIRST_YEAR <= first.year <= this_month.year + 1:
        message = _("There is no period “%(period)s”. A month is written 2026-03.")
        raise Invalid(message % {"period": slug[:40]}, field="period")
    return Period(slug, month_name(first), first, next_month(first))


def periods_to_choose(*, now: datetime, chosen: Period) -> list[Period]:
    """The latest months together, then one by one, then all time; and the chosen one, whatever it is."""
    this_month = today(now).replace(day=1)
    slugs = [*LATEST, *(f"{next_month(this_month, -back):%Y-%m}" for back in range(12)), ALL_TIME]
    if chosen.slug not in slugs:
        slugs.append(chosen.slug)
    return [period_named(slug, now=now) for slug in slugs]


def month_name(month: date) -> str:
    return formats.date_format(month, "F Y")

"""Days and months of the installation: a date is midnight in TIME_ZONE, a month is twelve a year of them.

A midnight that a change of the clocks leaves out is the first instant of that day; of one that comes twice, the first.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.utils import timezone
from numpy.typing import NDArray

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

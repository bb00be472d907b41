"""Business time against plain day tables, in one run: `python bench/business_time.py [--deadlines N]`.

A day table is the least a calendar of one interval a day in UTC needs: the open seconds before each day, looked up
by the number of the day and one binary search. It knows neither zones nor breaks: "speed" is ours as a share of its.
The package businesstimedelta, which knows zones, breaks and holidays, answers some of the same questions, too.
"""

from __future__ import annotations

import argparse
import sys
import time
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from functools import partial
from pathlib import Path
from typing import Any

import businesstimedelta
import numpy as np
import pytz
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sla import _compile
from sla.businesstime import BusinessCalendar, CalendarSpec

DAY_S = 86_400
TIMES_AS_FAST = 100
OPENS_S, CLOSES_S = 9 * 3600, 18 * 3600
HOURS = {weekday: [("09:00", "18:00")] for weekday in ("mon", "tue", "wed", "thu", "fri")}
HOLIDAYS = frozenset(
    date(year, month, day)
    for year in range(2015, 2041)
    for month, day in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
)
FIRST_DAY = date(2015, 1, 1)
DAYS = (date(2041, 1, 1) - FIRST_DAY).days
BEGIN = int(datetime(2015, 1, 1, tzinfo=UTC).timestamp())


class DayTable:
    """Open 09:00 to 18:00 UTC from Monday to Friday, less the holidays, from 2015 to 2040."""

    def __init__(self) -> None:
        days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
        open_seconds = [(CLOSES_S - OPENS_S) * (day.weekday() < 5 and day not in HOLIDAYS) for day in days]
        self.open_array = np.array(open_seconds)
        self.before_array = np.concatenate(([0], np.cumsum(self.open_array)))
        self.open: list[int] = self.open_array.tolist()
        self.before: list[int] = self.before_array.tolist()

    def add(self, start: int, seconds: int) -> int:
        day, second = divmod(start - BEGIN, DAY_S)
        spent = second - OPENS_S
        target = self.before[day] + (0 if spent < 0 else min(spent, self.open[day])) + seconds
        day = bisect_left(self.before, target) - 1
        return BEGIN + day * DAY_S + OPENS_S + target - self.before[day]

    def add_many(self, starts: NDArray[np.int64], seconds: NDArray[np.int64]) -> NDArray[np.int64]:
        days, second = np.divmod(starts - BEGIN, DAY_S)
        target = self.before_array[days] + np.clip(second - OPENS_S, 0, self.open_array[days]) + seconds
        days = np.searchsorted(self.before_array, target) - 1
        due: NDArray[np.int64] = BEGIN + days * DAY_S + OPENS_S + target - self.before_array[days]
        return due


def best_of(rounds: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest round: what disturbs a measurement only ever adds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def compare(
    name: str, ours: Callable[[], object], plain: Callable[[], object], *, per: int, target: float | None
) -> None:
    """One line of the table; speed is relative to the plain table, measured in turns."""
    plain_s = best_of(3, plain)
    ours_s = best_of(5, ours)
    plain_s = min(plain_s, best_of(3, plain))
    wanted = f"{target:.2f}" if target else "-"
    print(f"{name:<34}{ours_s / per * 1e9:>10.0f} ns{plain_s / per * 1e9:>10.0f} ns{plain_s / ours_s:>9.2f}{wanted:>9}")


def compare_with_businesstimedelta(
    name: str, calendar: BusinessCalendar, some: list[tuple[int, int]], *, zone: str, lunch: bool
) -> None:
    """The same hours as rules of businesstimedelta; says how often the two agree."""
    tz = pytz.timezone(zone)
    rules: list[Any] = [
        businesstimedelta.WorkDayRule(start_time=clock(9), end_time=clock(18), working_days=range(5), tz=tz),
        businesstimedelta.HolidayRule(dict.fromkeys(HOLIDAYS, "holiday"), tz=tz),
    ]
    if lunch:
        noon = {"start_time": clock(12, 30), "end_time": clock(13, 30)}
        rules.append(businesstimedelta.LunchTimeRule(**noon, working_days=range(5), tz=tz))
    together = businesstimedelta.Rules(rules)

    def theirs() -> list[int]:
        return [
            int(
                (
                    datetime.fromtimestamp(start, UTC) + businesstimedelta.BusinessTimeDelta(together, seconds=seconds)
                ).timestamp()
            )
            for start, seconds in some
        ]

    agreed = sum(one == calendar.add(*asked) for one, asked in zip(theirs(), some, strict=True))
    ours_s = best_of(5, lambda: [calendar.add(start, seconds) for start, seconds in some]) / len(some)
    theirs_s = best_of(2, theirs) / len(some)
    print(
        f"add, {name}, against businesstimedelta: {theirs_s / ours_s:,.0f} times as fast (wanted {TIMES_AS_FAST}); "
        f"{agreed} of {len(some)} answers the same"
    )


def compile_times(spec: CalendarSpec) -> None:
    began = time.perf_counter()
    BusinessCalendar.compile(spec)
    first = time.perf_counter() - began
    again = best_of(5, lambda: BusinessCalendar.compile(spec))

    def all_years() -> None:
        _compile._zone_year.cache_clear()
        BusinessCalendar.compile(spec).between(0, int(datetime(2200, 12, 31, tzinfo=UTC).timestamp()))

    print(
        f"compile {spec.timezone}: {first * 1e3:.1f} ms, {again * 1e3:.1f} ms once the zone is known; "
        f"1970 to 2200: {best_of(1, all_years) * 1e3:.0f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deadlines", type=int, default=1_000_000)
    many: int = parser.parse_args().deadlines
    rng = np.random.default_rng(1)
    starts = BEGIN + rng.integers(0, 20 * 365 * DAY_S, many)
    seconds = rng.choice([900, 1800, 14_400, 28_800, 144_000], many) + rng.integers(0, 60, many)
    some = list(zip(starts[:100_000].tolist(), seconds[:100_000].tolist(), strict=True))

    table = DayTable()
    plain_spec = CalendarSpec(timezone="UTC", hours=HOURS, holidays=HOLIDAYS)
    paris_spec = CalendarSpec(
        timezone="Europe/Paris",
        hours={weekday: [("09:00", "12:30"), ("13:30", "18:00")] for weekday in HOURS},
        holidays=HOLIDAYS,
    )
    compile_times(plain_spec)
    compile_times(paris_spec)
    plain, paris = BusinessCalendar.compile(plain_spec), BusinessCalendar.compile(paris_spec)
    if not np.array_equal(plain.add_many(starts, seconds), table.add_many(starts, seconds)):
        raise SystemExit("the calendar and the day table disagree")

    def one_by_one(add: Callable[[int, int], int]) -> Callable[[], object]:
        return lambda: [add(start, spent) for start, spent in some]

    print(f"\n{'':<34}{'TamHub':>13}{'day table':>13}{'speed':>9}{'wanted':>9}")
    compare("add, UTC", one_by_one(plain.add), one_by_one(table.add), per=len(some), target=0.5)
    compare("add, Paris with a break", one_by_one(paris.add), one_by_one(table.add), per=len(some), target=0.5)
    for name, calendar in (("UTC", plain), ("Paris with a break", paris)):
        compare(
            f"add_many, {name}",
            partial(calendar.add_many, starts, seconds),
            partial(table.add_many, starts, seconds),
            per=many,
            target=0.25,
        )
    compare_with_businesstimedelta("UTC", plain, some[:500], zone="UTC", lunch=False)
    compare_with_businesstimedelta("Paris with a break", paris, some[:200], zone="Europe/Paris", lunch=True)


if __name__ == "__main__":
    main()

"""How long stored clocks take to be counted by other terms: `python bench/recalculate.py [--clocks N] [--full]`.

Every running clock that never waited gets another target and another calendar (Paris hours with a break, holidays),
in transactions of 10,000: deadlines and thresholds by numpy, rows by one UPDATE each. The first 2,000 are compared with
the replay of each, to the second, and what the replay's arithmetic takes is said beside it. `--full`: 1,000,000 clocks.

Works on a scratch database on the server of DATABASE_URL (PostgreSQL), filled by copying made-up clocks.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.support.databases import beside, scratch_database, server_url
from bench.support.filled import prepare, unhurried, use
from bench.support.timing import verdict

if TYPE_CHECKING:
    from sla.recalculating import Anew

SEED_CLOCKS = 20_000
BATCH = 10_000
COMPARED = 2_000
WITHIN_S, FOR_CLOCKS = 60.0, 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clocks", type=int, default=20_000, metavar="N")
    parser.add_argument("--full", action="store_true", help="1,000,000 clocks")
    options = parser.parse_args()
    clocks = FOR_CLOCKS if options.full else options.clocks
    url = server_url()
    with ExitStack() as stack:
        name = f"tamhub_bench_recalculate_{os.getpid()}"
        stack.enter_context(scratch_database(url, name))
        os.environ |= {
            "DATABASE_URL": beside(url, name),
            "TAMHUB_DATA": stack.enter_context(tempfile.TemporaryDirectory()),
            "DJANGO_SETTINGS_MODULE": "tamhub.settings",
        }
        import django  # noqa: PLC0415 - the environment comes first

        django.setup()
        prepare(min(clocks, SEED_CLOCKS))
        multiply(clocks)
        measure()
        use("postgres")  # so that the scratch database can be dropped


def multiply(clocks: int) -> None:
    """Only straight clocks stay, as many as wanted: copies of the made-up ones, each a second or more apart."""
    from alerts.models import Alert  # noqa: PLC0415
    from sla.models import Clock  # noqa: PLC0415
    from sla.recalculating import is_straight  # noqa: PLC0415

    Alert.objects.all().delete()
    Clock.objects.exclude(is_straight()).delete()
    have = Clock.objects.count()
    moved = {"started_at", "running_since", "due_at", "wake_at"}
    columns = [str(field.column) for field in Clock._meta.concrete_fields if not field.primary_key]
    copied = [
        f"{c} - n * interval '1 second'" if c in moved else "subject_id + n * 100000000" if c == "subject_id" else c
        for c in columns
    ]
    with unhurried() as cursor:
        cursor.execute(
            f"INSERT INTO sla_clock ({', '.join(columns)}) SELECT {', '.join(copied)} "  # noqa: S608 - names of columns
            "FROM sla_clock, generate_series(1, %s) AS n ORDER BY n, id LIMIT %s",
            [clocks // have, clocks - have],
        )
        cursor.execute("VACUUM ANALYZE sla_clock")


def measure() -> None:
    from django.db import connection  # noqa: PLC0415

    from kernel.clock import database_now  # noqa: PLC0415
    from sla.models import Clock  # noqa: PLC0415
    from sla.operations.recalculating import recalculate  # noqa: PLC0415

    anew = other_terms()
    now = database_now()
    ids = list(Clock.objects.order_by("pk").values_list("pk", flat=True))
    sample = list(Clock.objects.order_by("pk")[:COMPARED])
    began = time.perf_counter()
    expected = [one_by_one(clock, anew) for clock in sample]
    each_s = (time.perf_counter() - began) / len(sample)

    moved = left = 0
    began = time.perf_counter()
    longest_s = 0.0
    for begin in range(0, len(ids), BATCH):
        some = ids[begin : begin + BATCH]
        batch_began = time.perf_counter()
        done = recalculate(Clock.objects.filter(pk__gte=some[0], pk__lte=some[-1]), anew, now=now)
        longest_s = max(longest_s, time.perf_counter() - batch_began)
        moved, left = moved + len(done.moved), left + len(done.left)
    took_s = time.perf_counter() - began
    connection.close()
    stored = Clock.objects.filter(pk__in=[clock.pk for clock in sample]).order_by("pk")
    if [(clock.due_at, clock.wake_at) for clock in stored] != expected:
        raise SystemExit("the stored clocks differ from the replay of each")
    for_a_million = took_s / len(ids) * FOR_CLOCKS
    print(f"{moved:,} clocks counted anew in {took_s:.1f} s, {left:,} left to the replay")
    print(f"longest transaction {longest_s:.2f} s")
    print(f"{for_a_million:.0f} s a million (at most {WITHIN_S:.0f}): {verdict(for_a_million <= WITHIN_S)}")
    print(f"{len(sample):,} compared with the replay of each: the same; its arithmetic {each_s * 1e6:.0f} s a million")


def other_terms() -> Anew:
    """A target that nobody has missed yet, by a calendar with a break."""
    from sla.models import Calendar, SlaPolicy  # noqa: PLC0415
    from sla.recalculating import Anew  # noqa: PLC0415

    calendar_version_id = Calendar.objects.get(slug="volume-paris").current_id
    policy_version_id = SlaPolicy.objects.get(slug="standard").current_id
    assert calendar_version_id is not None
    assert policy_version_id is not None
    return Anew(policy_version_id, calendar_version_id, 400 * 3600, (50, 75, 90, 100, 150))


def one_by_one(clock: object, anew: Anew) -> tuple[object, object]:
    """(`due_at`, `wake_at`) by the functions that live operations use."""
    from sla.measure import Measured, epoch  # noqa: PLC0415
    from sla.models import Clock  # noqa: PLC0415
    from sla.replay import replay  # noqa: PLC0415
    from sla.terms import business_calendar  # noqa: PLC0415

    assert isinstance(clock, Clock)
    started_at = epoch(clock.started_at)
    calendar = business_calendar(anew.calendar_version_id)
    state = replay(started_at=started_at, target_s=anew.target_s, marks=(), calendar=calendar, now=started_at)
    measured = Measured(
        kind=clock.kind,
        cycle=clock.cycle,
        target_s=anew.target_s,
        policy_version_id=anew.policy_version_id,
        calendar_version_id=anew.calendar_version_id,
        thresholds=anew.thresholds,
        state=state,
    )
    columns = measured.columns(alerted_level=clock.alerted_level)
    return columns["due_at"], columns["wake_at"]


if __name__ == "__main__":
    main()

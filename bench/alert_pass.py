"""What an alert pass costs: `python bench/alert_pass.py [--clocks N ...] [--filled NAME ...] [--full]`.

Idle: nothing is due; queries and database time of a whole pass, over few and over many open clocks, measured in turns.
Due: 500 clocks have passed a threshold; the sweep against a bare claim-and-mark of 500 rows (one transaction each:
lock the row, update it, insert an alert and a delivery), in turns on the same database. Delivery is not part of either.

Works on scratch databases on the server of DATABASE_URL (PostgreSQL), filled by `demo.volume`, or on copies of
databases that `manage.py generate --open 1` has filled before (`--filled`). `--full` measures 100,000 and 1,000,000.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.support.databases import beside, scratch_database, server_url
from bench.support.filled import prepare, use
from bench.support.timing import Cost, cost_of, verdict

if TYPE_CHECKING:
    from alerts.operations import SweepResult

ROUNDS = 40
DUE = 500
DUE_ROUNDS = 3
MOST_QUERIES, MOST_MS, MOST_GROWTH, MOST_TIMES_BARE = 8, 5.0, 1.3, 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clocks", type=int, nargs="+", default=[2_000, 20_000], metavar="N")
    parser.add_argument("--filled", nargs="+", default=[], metavar="NAME", help="databases to copy instead")
    parser.add_argument("--full", action="store_true", help="100,000 and 1,000,000 open clocks")
    options = parser.parse_args()
    sizes = [100_000, 1_000_000] if options.full else options.clocks
    url = server_url()
    with ExitStack() as stack:
        names = []
        for number, source in enumerate(options.filled or sizes):
            name = f"tamhub_bench_pass_{os.getpid()}_{number}"
            copy_of = source if options.filled else ""
            stack.enter_context(scratch_database(url, name, copy_of=copy_of))
            names.append(name)
        os.environ |= {
            "DATABASE_URL": beside(url, names[0]),
            "TAMHUB_DATA": stack.enter_context(tempfile.TemporaryDirectory()),
            "DJANGO_SETTINGS_MODULE": "tamhub.settings",
        }
        import django  # noqa: PLC0415 - the environment comes first

        django.setup()
        for name, size in zip(names, sizes, strict=False):
            use(name)
            prepare(None if options.filled else size)
        print(f"{'open clocks':>12} {'passes':>16} {'queries':>8} {'database ms':>12} {'wall ms':>8}")
        idle(names)
        use(names[-1])
        due()
        use("postgres")  # scratch databases can be dropped now


def quiet_moment() -> datetime:
    """An instant at which nothing is due."""
    from django.db.models import Min  # noqa: PLC0415

    from sla.models import Clock  # noqa: PLC0415

    first: datetime = Clock.objects.aggregate(first=Min("wake_at"))["first"]
    return first - timedelta(seconds=1)


def idle(names: list[str]) -> None:
    from alerts.operations import run_pass  # noqa: PLC0415
    from alerts.operations.passes import sweep_all  # noqa: PLC0415
    from sla.models import Clock  # noqa: PLC0415

    whole: dict[str, list[Cost]] = {name: [] for name in names}
    sweeps: dict[str, list[Cost]] = {name: [] for name in names}
    open_clocks = {}
    for name in names:
        use(name)
        open_clocks[name] = Clock.objects.open().count()
        now = quiet_moment()
        first, _figures = cost_of(partial(run_pass, now, process_name="bench"))
        report(open_clocks[name], "with repair", [first])
    for _round in range(ROUNDS // 10):
        for name in names:
            use(name)
            now = quiet_moment()
            run_pass(now, process_name="bench")
            for _pass in range(10):
                cost, figures = cost_of(partial(run_pass, now, process_name="bench"))
                if figures["found"] or figures["claimed"]:
                    raise SystemExit(f"the pass was not idle: {json.dumps(figures)}")
                whole[name].append(cost)
                sweeps[name].append(cost_of(partial(sweep_all, now))[0])
    for name in names:
        report(open_clocks[name], "sweep alone", sweeps[name])
        report(open_clocks[name], "whole, idle", whole[name])
    last = whole[names[-1]]
    queries, ms = max(len(cost.queries) for cost in last), least_ms(last)
    growth = ms / least_ms(whole[names[0]])
    is_one = all(len(cost.queries) == 1 for cost in sweeps[names[-1]])
    print(f"\nthe sweep is one query: {verdict(is_one)}")
    print(f"queries of an idle pass: {queries} (at most {MOST_QUERIES}): {verdict(queries <= MOST_QUERIES)}")
    print(f"database time of an idle pass: {ms:.2f} ms (at most {MOST_MS}): {verdict(ms <= MOST_MS)}")
    holds = verdict(growth <= MOST_GROWTH)
    print(f"from the fewest clocks to the most: {growth:.2f} times (at most {MOST_GROWTH}): {holds}")


def report(clocks: int, what: str, costs: list[Cost]) -> None:
    queries = max(len(cost.queries) for cost in costs)
    wall_ms = min(cost.wall_s for cost in costs) * 1e3
    print(f"{clocks:>12,} {what:>16} {queries:>8} {least_ms(costs):>12.2f} {wall_ms:>8.2f}")


def least_ms(costs: list[Cost]) -> float:
    """Of the fastest: what disturbs a measurement only ever adds."""
    return min(cost.database_s for cost in costs) * 1e3


def due() -> None:
    """Sweep and bare marking in turns, each on rows of its own."""
    marks = (uuid.uuid4().hex for _ in range(DUE_ROUNDS))
    ours, bare = [], []
    for _round in range(DUE_ROUNDS):
        now = moment_with(DUE)
        began = time.perf_counter()
        cost, result = cost_of(partial(swept, now))
        ours.append(time.perf_counter() - began)
        if result.failed:
            raise SystemExit(f"{result.failed} clocks could not be swept")
        print(
            f"due: {result.found} clocks, {result.raised} alerts, {ours[-1] * 1e3:.0f} ms, "
            f"{len(cost.queries)} queries, {cost.database_s * 1e3:.0f} ms in the database"
        )
        bare.append(bare_marking(moment_with(DUE), next(marks)) * result.found / DUE)
        print(f"bare: {DUE} rows, {bare[-1] * 1e3:.0f} ms")
    ratio = median(ours) / median(bare)
    holds = verdict(ratio <= MOST_TIMES_BARE)
    print(f"the sweep takes {ratio:.2f} times a bare marking (at most {MOST_TIMES_BARE}): {holds}")


def swept(now: datetime) -> SweepResult:
    """All that is due, with no limit on how much."""
    from alerts.operations import sweep  # noqa: PLC0415

    total = sweep(now)
    while (result := sweep(now)).found:
        total += result
    return total


def moment_with(count: int) -> datetime:
    """The instant at which so many clocks are due."""
    from sla.models import Clock  # noqa: PLC0415

    waiting = Clock.objects.filter(wake_at__isnull=False).order_by("wake_at")
    found = waiting.values_list("wake_at", flat=True)[count - 1]
    assert found is not None
    return found


def bare_marking(now: datetime, mark: str) -> float:
    """The least that any claim-and-mark does: for each row lock, update, insert, insert, commit. Seconds."""
    from django.db import connection, transaction  # noqa: PLC0415

    from alerts.models import Alert, Delivery  # noqa: PLC0415
    from sla.models import Clock  # noqa: PLC0415

    rows = list(Clock.objects.to_wake(now).values_list("pk", "client_id", "subject_id", "kind")[:DUE])
    alert_sql, alert_values = insertion(Alert, level=999, due_at=now, detected_at=now, state="skipped")
    delivery_sql, delivery_values = insertion(
        Delivery, role="tam", address=f"{mark}@bench.example", state="cancelled", next_attempt_at=now, created_at=now
    )
    began = time.perf_counter()
    for pk, client_id, subject_id, kind in rows:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM sla_clock WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [pk])
            cursor.fetchone()
            cursor.execute("UPDATE sla_clock SET alerted_level = 999, wake_at = NULL WHERE id = %s", [pk])
            own: dict[str, Any] = {
                "public_id": str(uuid.uuid4()),
                "client_id": client_id,
                "clock_id": pk,
                "kind": kind,
                "subject_kind": "incident",
                "subject_id": subject_id,
            }
            cursor.execute(alert_sql, {**alert_values, **own})
            [alert_id] = cursor.fetchone()
            own = {"public_id": str(uuid.uuid4()), "alert_id": alert_id, "client_id": client_id}
            cursor.execute(delivery_sql, {**delivery_values, **own})
    return time.perf_counter() - began


def insertion(model: Any, **values: Any) -> tuple[str, dict[str, Any]]:
    """An INSERT for a row of this model, and its values; what is not given has the model's default."""
    from django.db import connection  # noqa: PLC0415

    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(f"%({field.attname})s" for field in fields)
    sql = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({places}) RETURNING id'  # noqa: S608 - names
    defaults = {field.attname: field.get_db_prep_save(field.get_default(), connection) for field in fields}
    return sql, {**defaults, **values}


if __name__ == "__main__":
    main()

"""How long an import takes: `python bench/import_incidents.py [FILE] [--database URL ...] [--check]`.

Imports FILE (by default the demo's sample) into an empty database, in a process of its own, and prints as JSON what it
took on each database: seconds on the wall, user and system time of the importing process in seconds, its largest
memory, the longest transaction; and the same for a second run, which finds everything unchanged. `--check` compares
every incident with the independent replay of the tests, under a calendar around the clock and one of office hours.

A database is made, used and dropped: for SQLite in a temporary folder, for PostgreSQL (`--database
postgres://user@host/any`, repeatable) beside the named one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "demo" / "data" / "servicenow_sample.csv.gz"
NAME = f"tamhub_bench_import_{os.getpid()}"  # two may measure at once


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument(
        "--database", action="append", default=[], metavar="URL", help="a PostgreSQL server, besides SQLite"
    )
    parser.add_argument("--check", action="store_true", help="compare every incident with the independent replay")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(measure(options.file, check=options.check)))
        return
    results = []
    for url in ["", *options.database]:
        with tempfile.TemporaryDirectory() as folder:
            results.append(in_own_process(options.file.resolve(), url, folder, check=options.check))
    print(json.dumps(results, indent=2))
    if any(result.get("differences") for result in results):
        raise SystemExit(1)


def in_own_process(file: Path, url: str, folder: str, *, check: bool) -> dict[str, Any]:
    environment = {**os.environ, "TAMHUB_DATA": folder, "DJANGO_SETTINGS_MODULE": "tamhub.settings"}
    environment.pop("DATABASE_URL", None)
    if url:
        environment["DATABASE_URL"] = urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))
        create_database(url)
    command = [sys.executable, __file__, str(file), "--inside", *(["--check"] if check else [])]
    try:
        finished = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    finally:
        if url:
            drop_database(url)
    return {"database": urlsplit(url).scheme or "sqlite", **json.loads(finished.stdout)}


def create_database(url: str) -> None:
    _execute(url, f"CREATE DATABASE {NAME}")


def drop_database(url: str) -> None:
    _execute(url, f"DROP DATABASE IF EXISTS {NAME}")


def _execute(url: str, statement: str) -> None:
    import psycopg2  # noqa: PLC0415 - only where PostgreSQL is measured

    connection = psycopg2.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def measure(file: Path, *, check: bool) -> dict[str, Any]:
    """Inside the process: a database with nothing but its tables, one client, two runs."""
    sys.path.insert(0, str(ROOT))
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    found: dict[str, Any] = {"first run": run(file, "measured"), "second run": run(file, "measured")}
    if check:
        found["differences"] = compare(file)
    return found


def run(file: Path, slug: str, policy: str | None = None) -> dict[str, Any]:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Client  # noqa: PLC0415
    from incidents.importing.reading import opened  # noqa: PLC0415
    from incidents.importing.rejects import Rejects  # noqa: PLC0415
    from incidents.importing.run import Run  # noqa: PLC0415
    from incidents.importing.servicenow import ServiceNow  # noqa: PLC0415
    from incidents.importing.tickets import Setting  # noqa: PLC0415
    from sla.models import SlaPolicy  # noqa: PLC0415

    client = Client.objects.get_or_create(slug=slug, defaults={"name": slug})[0]
    own = SlaPolicy.objects.filter(slug=policy).first()
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    setting = Setting.read(client=client, project=None, policy=own, now=timezone.now())
    with opened(str(file)) as source, Rejects("", terminal=sys.stderr.write) as rejects:
        work = Run(setting, rejects)
        work.over(source, ServiceNow(ZoneInfo("UTC")))
    after = resource.getrusage(resource.RUSAGE_SELF)
    return {
        **{"rows": work.read, "rejected": rejects.count},
        **{what: work.count(what) for what in ("created", "updated", "unchanged")},
        "wall_s": round(time.perf_counter() - began, 2),
        "user_s": round(after.ru_utime - before.ru_utime, 2),
        "system_s": round(after.ru_stime - before.ru_stime, 2),
        "memory_mb": after.ru_maxrss // (1024 * 1024 if sys.platform == "darwin" else 1024),
        "longest_transaction_s": round(work.longest_s, 3),
    }


def compare(file: Path) -> list[str]:
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Client  # noqa: PLC0415
    from tests.incidents import agreement  # noqa: PLC0415

    now = timezone.now()
    found = []
    for make in (agreement.promise_around_the_clock, agreement.promise_in_office_hours):
        policy, promise = make(at=now)
        client = Client.objects.create(slug=policy.slug, name=policy.name)
        agreement.map_groups(client)
        run(file, policy.slug, policy.slug)
        found += [f"{policy.slug}: {text}" for text in agreement.differences(file, promise, client=client, now=now)]
    return found


if __name__ == "__main__":
    main()

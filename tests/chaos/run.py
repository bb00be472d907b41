"""`make chaos`: the cases on SQLite, then on a PostgreSQL and a Redis of their own.

`short` leaves the long ones out and runs both at once.
What this machine lacks is left out with one line that says how to get it; with CI=true it is an error instead.
Results go to $TAMHUB_DATA/chaos-*.json (var/ by default); `python tests/chaos/report.py` makes the table of
docs/reliability.md from them. Arguments after `short` or `full` are pytest's.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.chaos.servers import Postgres, free_port, postgres_programs

HOW_TO_GET = {
    "PostgreSQL": "the cases on PostgreSQL: install its server (apt-get install postgresql)",
    "Redis": "the cases with Redis: install its server (apt-get install redis-server)",
}
OURS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "TAMHUB_FAILPOINT")
MARKERS = {
    ("SQLite", "short"): "chaos and not chaos_long",
    ("SQLite", "full"): "chaos",
    ("PostgreSQL", "short"): "chaos and not chaos_long and not any_database",
    ("PostgreSQL", "full"): "chaos and not any_database",
}


def run(name: str, length: str, options: list[str], variables: dict[str, str]) -> bool:
    print(f"\n== Chaos on {name}", flush=True)
    results = Path(os.environ.get("TAMHUB_DATA") or "var").resolve() / f"chaos-{name.lower()}.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    clean = {key: value for key, value in os.environ.items() if key not in OURS}
    command = [sys.executable, "-m", "pytest", "--durations", "8", "-m", MARKERS[name, length], "tests/chaos", *options]
    environment = clean | {"CHAOS_RESULTS": str(results)} | variables
    output = subprocess.PIPE if length == "short" else None  # two at once are told one after the other
    ended = subprocess.run(command, env=environment, check=False, stdout=output, stderr=subprocess.STDOUT)
    if ended.stdout:
        print(f"\n== Chaos on {name}, ended\n{ended.stdout.decode()}", flush=True)
    return ended.returncode == 0


def run_on_postgres(programs: Path, length: str, options: list[str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="tamhub-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        cluster = Postgres(str(programs), f"{folder}/postgresql", free_port())
        cluster.create()
        try:
            variables = {"DATABASE_URL": cluster.url, **cluster.as_variable()}
            return run("PostgreSQL", length, options, variables)
        finally:
            cluster.stop("immediate")


def main(length: str = "full", *options: str) -> int:
    programs = postgres_programs()
    present = {"PostgreSQL": programs is not None, "Redis": shutil.which("redis-server") is not None}
    for name in (name for name, is_there in present.items() if not is_there):
        print(f"Left out: {HOW_TO_GET[name]}", flush=True)
    if not all(present.values()) and os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        print("In CI nothing may be left out.", file=sys.stderr)
        return 1
    runs = [lambda: run("SQLite", length, list(options), {})]
    if programs is not None:
        runs.append(lambda: run_on_postgres(programs, length, list(options)))
    with ThreadPoolExecutor(len(runs) if length == "short" else 1) as pool:  # figures are measured one after the other
        held = [future.result() for future in [pool.submit(each) for each in runs]]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

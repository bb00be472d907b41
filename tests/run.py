"""`make test`: the whole suite on SQLite, then again on the PostgreSQL and Redis that the environment names.

What this machine lacks is left out with one line that says how to get it; with CI=true it is an error instead.
Further options for pytest go into PYTEST_ADDOPTS.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")  # which of them a run sees is decided here
HOW_TO_GET = {
    "browser": "browser tests: install Chromium (apt-get install chromium) or name it by CHROMIUM=/path",
    "postgres": "PostgreSQL: set DATABASE_URL=postgres://user:password@host/name (a user who may create databases)",
    "redis": "Redis: set REDIS_URL=redis://127.0.0.1:6379/15 (a database of its own)",
}
CHROMIUM_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MACOS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)


def chromium() -> str | None:
    """The browser to test with: the one CHROMIUM names, the system's, else the one Playwright has or can fetch."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = next(filter(None, map(shutil.which, CHROMIUM_COMMANDS)), None)
    if found is None:
        found = next((str(path) for path in CHROMIUM_ON_MACOS if path.exists()), None)
    return found or _playwright_chromium()


def _playwright_chromium() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).exists():
        print("No Chromium on this machine: asking Playwright to fetch one ...", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return path if Path(path).exists() else None


def run(name: str, *, leave_out: list[str], environment: dict[str, str]) -> bool:
    """One run of pytest; tests/environment.py keeps it away from the data and settings of an installation."""
    print(f"\n== Tests on {name}", flush=True)
    clean = {key: value for key, value in os.environ.items() if key not in SERVERS}
    markers = " and ".join(f"not {marker}" for marker in leave_out)
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "worksteal", "-m", markers]
    return subprocess.run(command, env=clean | environment, check=False).returncode == 0


def main() -> int:
    browser = chromium()
    database_url, redis_url = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    has_postgres = database_url.startswith(("postgres://", "postgresql://"))
    present = {"browser": bool(browser), "postgres": has_postgres, "redis": bool(redis_url)}
    left_out = [marker for marker, is_there in present.items() if not is_there]
    for marker in left_out:
        print(f"Left out: {HOW_TO_GET[marker]}", flush=True)
    if left_out and os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        print("In CI nothing may be left out.", file=sys.stderr)
        return 1

    environment = {"CHROMIUM": browser} if browser else {}
    never = ["chaos"] + ([] if browser else ["browser"])  # chaos has a command of its own
    runs = [("SQLite", sorted({*never, "postgres", "redis"}), environment)]
    if has_postgres or redis_url:
        servers = {"DATABASE_URL": database_url} if has_postgres else {}
        servers |= {"REDIS_URL": redis_url} if redis_url else {}
        name = ("PostgreSQL" if has_postgres else "SQLite") + (" and Redis" if redis_url else "")
        runs.append((name, sorted({*never, *left_out}), environment | servers))
    failed = [name for name, leave_out, variables in runs if not run(name, leave_out=leave_out, environment=variables)]
    if failed:
        print(f"Failed: the tests on {' and on '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Fixtures of the chaos suite, and the file of results that the report is made from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.chaos.crew import Crew
from tests.chaos.proxy import Proxy
from tests.chaos.servers import OURS, Postgres, Redis
from tests.chaos.sinks import HttpSink, Mailbox

RESULTS = "CHAOS_RESULTS"
_results: list[dict[str, Any]] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What breaks a PostgreSQL or a Redis of its own is left out where there is none; `make chaos` brings them."""
    present = {
        "postgres": OURS in os.environ,
        "redis": shutil.which("redis-server") is not None,
        "sqlite_file": settings.IS_SQLITE,
        "small_disk": os.geteuid() == 0,  # may mount one
        "faketime": bool(_faketime()),
    }
    lacking = {name for name, is_there in present.items() if not is_there}
    out = [item for item in items if lacking & set(getattr(item, "fixturenames", ()))]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: Any = yield
    for marker in item.iter_markers("fault"):
        if report.when == "call":
            number, what, holds = marker.args
            figures = dict(item.user_properties)
            row = {"number": number, "what": what, "holds": holds, "test": item.nodeid, "outcome": report.outcome}
            _results.append({**row, "seconds": round(report.duration, 1), "figures": figures})
            if path := os.environ.get(RESULTS):
                Path(path).write_text(json.dumps(_results, indent=1, default=str) + "\n")
    return report


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Figures of the case, for the report."""

    def note(figures: dict[str, Any] | None = None, **more: Any) -> None:
        for name, value in {**(figures or {}), **more}.items():
            record_property(name.replace("_", " "), value)

    return note


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.closing.set()
        server.shutdown()


@pytest.fixture
def outside() -> Iterator[HttpSink]:
    with HttpSink() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def crew(tmp_path: Path, mailbox: Mailbox, transactional_db: None) -> Iterator[Crew]:
    """Processes on the database of the test, with mails to `mailbox`; none outlives the case."""
    crew = Crew(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{mailbox.port}", REDIS_URL="", CELERY_BROKER_URL="")
    yield crew
    crew.end()
    connection.close()  # it may have been broken on purpose


@pytest.fixture
def mail_line(mailbox: Mailbox, crew: Crew) -> Iterator[Proxy]:
    """A line to the mailbox that can be cut."""
    line = Proxy(mailbox.port)
    crew.environment["EMAIL_URL"] = f"smtp://127.0.0.1:{line.port}"
    yield line
    line.close()


def _faketime() -> list[Path]:
    return sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@pytest.fixture
def faketime() -> Path:
    """The library that shows a process another time."""
    return _faketime()[0]


@pytest.fixture
def small_disk(postgres: Postgres) -> Iterator[str]:
    """Where PostgreSQL may put tables: 16 MB in memory and no more."""
    folder = Path(postgres.folder) / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", str(folder)], check=True)
    shutil.chown(folder, "postgres", "postgres")
    yield str(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def sqlite_file(transactional_db: None) -> Path:
    """The database file of this run; cases that ask for it run on SQLite alone."""
    return Path(connection.settings_dict["NAME"])


@pytest.fixture
def postgres(transactional_db: None) -> Postgres:
    """The cluster under this run, to be restarted, stopped and filled up."""
    return Postgres.of_this_run()


@pytest.fixture
def redis(tmp_path: Path, crew: Crew) -> Iterator[Redis]:
    """A broker for the crew; one that lacks it is on files."""
    server = Redis(tmp_path)
    crew.environment["REDIS_URL"] = server.url
    yield server
    server.go_on()
    server.kill()

"""A small installation on one SQLite file: a hog, a killer, a reader who never ends, and no room left."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from tests.chaos.crew import Crew
from tests.chaos.lengths import at_length
from tests.chaos.oracle import assert_kept
from tests.chaos.reporters import Reporters, an_api
from tests.chaos.sinks import Mailbox
from tests.chaos.worlds import a_world, breaches, settle
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

# journal_size_limit of the settings, and a little more
CUT_BACK_TO = 4_200_000


def another_connection(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, isolation_level=None, check_same_thread=False)


@pytest.mark.fault(
    "F28",
    "somebody holds SQLite's write lock, while 8 programs report and an alert process runs",
    "everybody waits in line: no answer but 201, alerts on time",
)
@pytest.mark.parametrize("held_s", [5.0, at_length(10.0)])
def test_a_writer_who_holds_on(
    crew: Crew, mailbox: Mailbox, measured: Callable, *, sqlite_file: Path, held_s: float
) -> None:
    client, web = a_world(), an_api(crew)
    crew.alerts()
    incidents = breaches(client, 5, within_s=4)
    hog = another_connection(sqlite_file)
    with Reporters(web, client, count=8) as reporters:
        assert wait_until(lambda: len(reporters.accepted) > 8, within_s=30)
        hog.execute("BEGIN IMMEDIATE")
        time.sleep(held_s)
        hog.execute("ROLLBACK")
        before = len(reporters.accepted)
        assert wait_until(lambda: len(reporters.accepted) > before + 16, within_s=30)
    hog.close()
    assert set(reporters.answers) == {201}
    settle(incidents)
    figures = assert_kept(incidents, mailbox, doubles=0, in_time=True)
    measured(figures, **{"held (s)": held_s}, **reporters.assert_kept())


@pytest.mark.fault(
    "F29",
    "web processes on SQLite are killed while they write, again and again",
    "`PRAGMA integrity_check` is content; whatever was answered 2xx is there",
)
@pytest.mark.parametrize("kills", [10, at_length(200)])
def test_killed_while_committing(crew: Crew, measured: Callable, *, sqlite_file: Path, kills: int) -> None:
    client, web = a_world(), an_api(crew, GUNICORN_CMD_ARGS="--preload")
    killed: set[int] = set()
    with Reporters(web, client, count=4) as reporters:
        assert wait_until(lambda: len(reporters.accepted) > 4, within_s=30)
        while len(killed) < kills:
            time.sleep(random.uniform(0.05, 0.3))
            fresh = [pid for pid in web.process.children() if pid not in killed]
            if fresh:
                os.kill(fresh[0], signal.SIGKILL)
                killed.add(fresh[0])
        before = len(reporters.accepted)
        assert wait_until(lambda: len(reporters.accepted) > before, within_s=30)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchall() == [("ok",)]
        cursor.execute("PRAGMA foreign_key_check")
        assert cursor.fetchall() == []
    measured(kills=kills, **reporters.assert_kept())


@pytest.mark.fault(
    "F30",
    "somebody reads SQLite without an end, so that its log of changes cannot be folded back",
    "writes and alerts go on; the log is small again afterwards",
)
@pytest.mark.parametrize("reads_s", [6.0, at_length(60.0)])
def test_a_reader_without_end(
    crew: Crew, mailbox: Mailbox, measured: Callable, *, sqlite_file: Path, reads_s: float
) -> None:
    wal = Path(f"{sqlite_file}-wal")

    def size() -> int:
        return wal.stat().st_size if wal.exists() else 0

    client, web = a_world(), an_api(crew)
    crew.alerts()
    incidents = breaches(client, 10, within_s=reads_s)
    reader = another_connection(sqlite_file)
    with Reporters(web, client, text="x" * 20_000) as reporters:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM incidents_incident").fetchall()
        time.sleep(reads_s)
        grown = size()
        reader.execute("ROLLBACK")
        reader.close()
    settle(incidents)
    figures = assert_kept(incidents, mailbox, doubles=0, in_time=True)
    connection.close()  # the last one who leaves folds it back
    assert wait_until(lambda: size() <= CUT_BACK_TO, within_s=30)
    measured(figures, **{"log grown to (MB)": round(grown / 1e6, 1)}, **reporters.assert_kept())


@pytest.mark.fault(
    "F27",
    "no room left: the files of the database may not grow any more, then may again",
    "503 as problem JSON, no half rows; goes on by itself when there is room",
)
def test_no_room_left(crew: Crew, mailbox: Mailbox, measured: Callable, *, sqlite_file: Path) -> None:
    client, web, process = a_world(), an_api(crew), crew.alerts()
    incidents = breaches(client, 5, within_s=6, begin_s=4)
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)

    def limit(soft: int) -> None:
        for pid in (process.pid, web.process.pid, *web.process.children()):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, unlimited[1]))

    with Reporters(web, client, text="x" * 20_000) as reporters:
        assert wait_until(lambda: len(reporters.accepted) > 5, within_s=30)
        limit(sqlite_file.stat().st_size // 2)
        assert wait_until(lambda: reporters.answers[503] > 5, within_s=30)
        limit(unlimited[0])
        before = len(reporters.accepted)
        assert wait_until(lambda: len(reporters.accepted) > before + 5, within_s=30)
    settle(incidents)
    assert process.is_running()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchall() == [("ok",)]
    measured(assert_kept(incidents, mailbox, kills=1), **reporters.assert_kept())

"""PostgreSQL is restarted, stopped, locked, torn from its clients and filled up under load."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.models import Role
from alerts.models import Alert
from incidents.models import Incident, IncidentEvent
from tests.chaos.crew import Crew
from tests.chaos.lengths import at_length
from tests.chaos.oracle import assert_kept, seconds
from tests.chaos.reporters import Reporters, an_api, report
from tests.chaos.servers import Postgres
from tests.chaos.sinks import Mailbox
from tests.chaos.worlds import LEASE, a_world, breaches, let_time_pass, reconnect, settle
from tests.factories import a_client, a_policy, a_user
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@contextmanager
def another_connection() -> Iterator[Any]:
    """Beside Django's, as an administrator has it."""
    database = connection.settings_dict
    other = psycopg2.connect(host=database["HOST"], port=database["PORT"], user="postgres", dbname=database["NAME"])
    try:
        yield other
    finally:
        other.close()


@contextmanager
def every_connection() -> Iterator[int]:
    """Taken by others: whoever had one loses it and gets no new one; yields how many there are."""
    with ExitStack() as held:
        taken = [held.enter_context(another_connection())]

        def is_anybody_else_there() -> bool:
            with suppress(psycopg2.OperationalError):
                while True:
                    taken.append(held.enter_context(another_connection()))
            with taken[0], taken[0].cursor() as cursor:
                ours = [one.info.backend_pid for one in taken]
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE backend_type = 'client backend' AND NOT pid = ANY(%s)",
                    [ours],
                )
                return bool(cursor.rowcount)

        assert wait_until(lambda: not is_anybody_else_there(), within_s=20)
        yield len(taken)


@pytest.mark.fault(
    "F21",
    "PostgreSQL crashes and restarts (`restart -m immediate`) again and again under load",
    "every process goes on without a restart of its own; whatever was answered 2xx is there",
)
@pytest.mark.parametrize(("restarts", "pause_s", "waits"), [(3, 2.0, False), at_length(10, 10.0, True)])
def test_crashes(
    crew: Crew, postgres: Postgres, mailbox: Mailbox, measured: Callable, *, restarts: int, pause_s: float, waits: bool
) -> None:
    client, web = a_world(), an_api(crew)
    processes = [crew.alerts(), crew.alerts(), crew.worker(), crew.beat(), web.process]
    incidents = breaches(client, 20, within_s=restarts * pause_s)
    with Reporters(web, client) as reporters:
        assert wait_until(lambda: len(reporters.accepted) > 10, within_s=30)
        for _ in range(restarts):
            time.sleep(pause_s)
            postgres.restart("immediate")
        before = len(reporters.accepted)
        assert wait_until(lambda: len(reporters.accepted) > before + 10, within_s=30)
    reconnect()
    if not waits:
        time.sleep(2)  # what is under way comes to its end; what was torn off keeps its lease
        let_time_pass(LEASE)
    settle(incidents, within_s=90)
    assert all(process.is_running() for process in processes)
    figures = assert_kept(incidents, mailbox, kills=restarts)
    measured(figures, restarts=restarts, **reporters.assert_kept())


@pytest.mark.fault(
    "F22",
    "PostgreSQL is stopped for a while",
    "the API answers 503 as problem JSON, pages say so, alert processes write one line in ten seconds; "
    "all is recorded within 30 s of its return",
)
@pytest.mark.parametrize("away_s", [12.0, at_length(60.0)])
def test_is_away(crew: Crew, postgres: Postgres, mailbox: Mailbox, measured: Callable, away_s: float) -> None:
    client, web, process = a_world(), an_api(crew), crew.alerts()
    incidents = breaches(client, 10, within_s=away_s)
    assert report(web, client, 1).status == 201
    postgres.stop()
    try:
        stopped_at = time.monotonic()
        api, with_session = web.get("/api/v1/incidents/"), {"Cookie": "sid=of-a-person-who-is-signed-in"}
        assert (api.status, api.headers["Content-Type"]) == (503, "application/problem+json")
        assert "Retry-After" in api.headers
        assert report(web, client, 2).status == 503
        page, bare = web.get("/", headers=with_session), web.get("/api/v1/incidents/", headers=with_session)
        assert (page.status, "Traceback" in page.text, bare.status) == (503, False, 503)
        assert bare.json()["status"] == 503
        assert (web.get("/health/live").status, web.get("/health/alerts").status) == (200, 503)
        time.sleep(away_s - (time.monotonic() - stopped_at))
    finally:
        postgres.start()
    lines = process.said().count("The database does not answer")
    assert 1 <= lines <= 2 + away_s / 10
    assert "Traceback" not in process.said()
    back_at = timezone.now()
    reconnect()
    assert wait_until(lambda: report(web, client, 3).status == 201, within_s=30)
    settle(incidents)
    late = [alert.detected_at - max(alert.due_at, back_at) for alert in Alert.objects.filter(level=100)]
    figures = assert_kept(incidents, mailbox, doubles=0)
    measured(figures, **{"away (s)": away_s, "lines of log": lines, "recorded after its return (s)": seconds(late)})
    assert seconds(late) <= 30


@pytest.mark.fault(
    "F23",
    "every connection to the database is torn (`pg_terminate_backend`) again and again under load",
    "as F21",
)
@pytest.mark.parametrize(("times", "pause_s", "waits"), [(5, 1.0, False), at_length(24, 5.0, True)])
def test_connections_are_torn(
    crew: Crew, postgres: Postgres, mailbox: Mailbox, measured: Callable, *, times: int, pause_s: float, waits: bool
) -> None:
    client, web = a_world(), an_api(crew)
    processes = [crew.alerts(), crew.alerts(), web.process]
    incidents = breaches(client, 20, within_s=times * pause_s)
    torn = 0
    with Reporters(web, client) as reporters, another_connection() as other, other.cursor() as cursor:
        assert wait_until(lambda: len(reporters.accepted) > 10, within_s=30)
        for _ in range(times):
            time.sleep(pause_s)
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            torn += cursor.rowcount
            other.commit()
        before = len(reporters.accepted)
        assert wait_until(lambda: len(reporters.accepted) > before + 10, within_s=30)
    reconnect()
    if not waits:
        time.sleep(2)  # what is under way comes to its end; what was torn off keeps its lease
        let_time_pass(LEASE)
    settle(incidents, within_s=90)
    assert all(process.is_running() for process in processes)
    figures = assert_kept(incidents, mailbox, kills=torn)
    measured(figures, **{"connections torn": torn}, **reporters.assert_kept())


@pytest.mark.fault(
    "F24",
    "others take every connection that the database has",
    "the API answers 503 as problem JSON, alert processes wait; all is recorded within 30 s of when some are free",
)
@pytest.mark.parametrize("taken_s", [6.0, at_length(60.0)])
def test_connections_are_taken(
    crew: Crew, postgres: Postgres, mailbox: Mailbox, measured: Callable, taken_s: float
) -> None:
    client, web, process = a_world(), an_api(crew), crew.alerts()
    incidents = breaches(client, 10, within_s=taken_s)
    assert report(web, client, 1).status == 201
    with every_connection() as taken:
        refused = report(web, client, 2)
        assert (refused.status, refused.headers["Content-Type"]) == (503, "application/problem+json")
        assert "Retry-After" in refused.headers
        assert (web.get("/health/live").status, web.get("/health/alerts").status) == (200, 503)
        time.sleep(taken_s)
    free_at = timezone.now()
    reconnect()
    assert wait_until(lambda: report(web, client, 3).status == 201, within_s=30)
    settle(incidents)
    assert process.is_running()
    assert "Traceback" not in process.said()
    late = [alert.detected_at - max(alert.due_at, free_at) for alert in Alert.objects.filter(level=100)]
    figures = assert_kept(incidents, mailbox, doubles=0)
    measured(figures, **{"connections taken": taken, "taken (s)": taken_s, "recorded after (s)": seconds(late)})
    assert seconds(late) <= 30


@pytest.mark.fault(
    "F25",
    "somebody locks the table of clocks",
    "the sweep gives up waiting after 5 s each time, goes on, and catches up",
)
@pytest.mark.parametrize("locked_s", [8.0, at_length(40.0)])
def test_clocks_are_locked(crew: Crew, mailbox: Mailbox, measured: Callable, locked_s: float) -> None:
    process = crew.alerts()
    incidents = breaches(a_world(), 5, within_s=2, begin_s=3)
    with another_connection() as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE sla_clock IN ACCESS EXCLUSIVE MODE")
        time.sleep(locked_s)
        other.rollback()
    released_at = timezone.now()
    assert "lock timeout" in process.said()
    settle(incidents)
    late = [alert.detected_at - max(alert.due_at, released_at) for alert in Alert.objects.filter(level=100)]
    figures = assert_kept(incidents, mailbox, doubles=0)
    measured(figures, **{"locked (s)": locked_s, "recorded after its release (s)": seconds(late)})
    assert seconds(late) <= 30


@pytest.mark.fault(
    "F26",
    "pairs of programs write the same ten tickets in opposite orders, so that they deadlock",
    "whoever loses is run again: every answer is 200, no event is lost",
)
@pytest.mark.parametrize(("pairs", "keyed"), [(4, True), at_length(20, True), at_length(100, False)])
def test_deadlocks(api: Callable, measured: Callable, *, pairs: int, keyed: bool) -> None:
    a_client("acme", policy=a_policy())
    root = a_user("root", Role.ADMIN)
    programs = [api(root), api(root)]
    opened_at = timezone.now().replace(microsecond=0).isoformat()

    def items(round_number: int) -> list[dict[str, Any]]:
        common = {"client": "acme", "source": "jira", "priority": "P2", "opened_at": opened_at}
        return [{**common, "external_ref": str(n), "title": f"{round_number}"} for n in range(10)]

    assert programs[0].post("/api/v1/incidents/bulk/", items(-1)).status_code == 200

    def send(program: Any, number: int, body: list[dict[str, Any]], together: threading.Barrier) -> Any:
        together.wait()
        try:
            key = {"Idempotency-Key": f"{number}-{id(program)}"} if keyed else {}
            return program.post("/api/v1/incidents/bulk/", body, headers=key)
        finally:
            connection.close()

    before = deadlocks()
    with ThreadPoolExecutor(2) as pool:
        for number in range(pairs):
            together = threading.Barrier(2)
            one = pool.submit(send, programs[0], number, items(2 * number), together)
            other = pool.submit(send, programs[1], number, items(2 * number + 1)[::-1], together)
            for answer in (one.result(), other.result()):
                assert answer.status_code == 200, answer.json()
                assert {result["status"] for result in answer.json()["results"]} <= {"updated", "unchanged"}
    events = IncidentEvent.objects.values("incident").annotate(count=Count("pk")).values_list("incident", "count")
    assert dict(Incident.objects.values_list("pk", "version")) == dict(events)
    measured(pairs=pairs, deadlocks=deadlocks() - before, with_key=keyed)


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_force_next_flush(), deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[1])


@pytest.mark.fault(
    "F27",
    "no room left on the disk that holds incidents, clocks and alerts, then there is room again",
    "503 as problem JSON, no half rows; goes on by itself when there is room",
)
@pytest.mark.chaos_long
def test_no_room_left(crew: Crew, postgres: Postgres, mailbox: Mailbox, measured: Callable, *, small_disk: str) -> None:
    tables = ("incidents_incident", "incidents_incidentevent", "sla_clock", "alerts_alert", "alerts_delivery")
    with another_connection() as other, other.cursor() as cursor:
        other.autocommit = True
        cursor.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
        try:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} SET TABLESPACE small")
            cursor.execute("CREATE TABLE ballast (text text) TABLESPACE small")
            cursor.execute("ALTER TABLE ballast ALTER text SET STORAGE EXTERNAL")
            client, web, process = a_world(), an_api(crew), crew.alerts()
            incidents = breaches(client, 5, within_s=6, begin_s=4)
            with Reporters(web, client, text="x" * 15_000) as reporters:
                assert wait_until(lambda: len(reporters.accepted) > 5, within_s=30)
                with suppress(psycopg2.errors.DiskFull):
                    while True:
                        cursor.execute("INSERT INTO ballast VALUES (repeat('x', 200000))")
                assert wait_until(lambda: reporters.answers[503] > 5, within_s=60)
                cursor.execute("DROP TABLE ballast")
                before = len(reporters.accepted)
                assert wait_until(lambda: len(reporters.accepted) > before + 5, within_s=30)
            settle(incidents)
            assert process.is_running()
            measured(assert_kept(incidents, mailbox, kills=1), **reporters.assert_kept())
        finally:
            crew.end()
            cursor.execute("DROP TABLE IF EXISTS ballast")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} SET TABLESPACE pg_default")
            cursor.execute("DROP TABLESPACE small")

"""Chores of the rooms above: done by the pass when due, once in their interval whoever passes, each by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from alerts import chores, operations, tasks
from alerts.health import details
from alerts.loops import Loops
from alerts.turns import due
from kernel.models import ProcessBeat
from tests.alerts.test_concurrency import at_once
from tests.factories import MONDAY, a_user

EVERY = timedelta(minutes=5)
Register = Callable[..., list[datetime]]


@pytest.fixture(autouse=True)
def register(monkeypatch) -> Register:
    """No chores but those of the test; a registered one notes when it was done and says that it did three things."""
    monkeypatch.setattr(chores, "_chores", {})

    def one(name: str = "sweep the yard", every: timedelta = EVERY, error: Exception | None = None) -> list[datetime]:
        done: list[datetime] = []

        def work(now: datetime) -> int:
            done.append(now)
            if error is not None:
                raise error
            return 3

        chores.register(name, every, work)
        return done

    return one


def run_pass(now: datetime, **options) -> dict[str, int]:
    return operations.run_pass(now, process_name="alerts:test", **options)


@pytest.mark.django_db
def test_a_chore_is_done_when_it_is_due_and_counted_in_the_pass(register):
    done = register()
    assert run_pass(MONDAY)["sweep the yard"] == 3
    figures = run_pass(MONDAY + EVERY / 2)
    assert "sweep the yard" not in figures
    assert figures["chores_failed"] == 0
    assert run_pass(MONDAY + EVERY + timedelta(seconds=1))["sweep the yard"] == 3
    assert len(done) == 2
    beat = ProcessBeat.objects.get(name="chore:sweep the yard")
    assert beat.figures == {"done": 3}
    assert beat.pass_started is not None
    assert beat.pass_finished is not None
    assert beat.pass_started <= beat.pass_finished


@pytest.mark.django_db
def test_one_that_fails_stops_no_other_and_comes_again_in_its_turn(register, caplog):
    failing = register("fails", error=RuntimeError("no broom"))
    done = register()
    figures = run_pass(MONDAY)
    assert (figures["sweep the yard"], figures["chores_failed"], len(done)) == (3, 1, 1)
    assert "fails" not in figures
    assert "The chore “fails” failed" in caplog.text
    assert "no broom" in ProcessBeat.objects.get(name="chore:fails").figures["failed"]
    run_pass(MONDAY + EVERY + timedelta(seconds=1))
    assert len(failing) == 2


@pytest.mark.django_db
def test_a_database_that_is_away_is_no_fault_of_the_chore(register, monkeypatch, caplog):
    monkeypatch.setattr("alerts.operations.choring.retrying.is_away", lambda error: True)
    register(error=OperationalError("the server went away"))
    with pytest.raises(OperationalError):
        run_pass(MONDAY)
    assert not caplog.records


@pytest.mark.django_db
def test_nothing_is_done_while_the_time_may_be_wrong(register):
    done = register()
    run_pass(MONDAY, after_jump=True)
    assert done == []
    run_pass(MONDAY)
    assert len(done) == 1


@pytest.mark.django_db
def test_what_was_begun_in_a_future_that_never_came_is_due(register):
    done = register()
    run_pass(MONDAY + timedelta(days=1))
    run_pass(MONDAY)
    assert len(done) == 2


@pytest.mark.django_db
def test_many_chores_cost_an_idle_pass_no_query_more_than_none(register):
    def cost(now: datetime) -> int:
        run_pass(now)
        with CaptureQueriesContext(connection) as queries:
            run_pass(now + timedelta(seconds=10))
        return len(queries)

    without = cost(MONDAY)
    for number in range(20):
        register(f"chore {number}")
    assert cost(MONDAY + timedelta(hours=1)) == without <= 7  # with the question for the time at most 8


@pytest.mark.django_db
def test_once_and_celery_do_chores_and_hold_names_them(register):
    done = register()
    printed = StringIO()
    call_command("run_alerts", "--hold", stdout=printed)
    assert "do the chore:sweep the yard" in printed.getvalue()
    assert done == []
    call_command("run_alerts", "--once", stdout=printed)
    assert '"sweep the yard": 3' in printed.getvalue()
    register("another")
    assert tasks.run_pass.run()["another"] == 3


@pytest.mark.django_db
def test_who_runs_the_service_sees_when_each_was_done(register, browse):
    register()
    register("fails", error=RuntimeError("no broom"))
    run_pass(MONDAY)
    [fails, sweeps] = details(MONDAY + timedelta(minutes=1))["chores"]
    assert (sweeps["name"], sweeps["last_s"], sweeps["figures"]) == ("sweep the yard", 60, {"done": 3})
    assert fails["name"] == "fails"
    page = browse(a_user("manager", Role.MANAGER)).get("/operations/").text
    assert "sweep the yard" in page
    assert "every 5\u00a0min" in page
    assert "Failed" in page


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_processes_at_once_do_it_once_in_the_interval(register):
    done = register()
    for number in range(3):
        now = MONDAY + number * (EVERY + timedelta(seconds=1))
        counts = at_once(*[lambda now=now: operations.run_chores(now)] * 4)
        assert sum(count.get("sweep the yard", 0) for count in counts) == 3
        assert len(done) == number + 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_who_both_found_it_due_one_gets_the_turn(register):
    """The second waits for the first to commit, then looks again."""
    done = register()
    intervals = chores.intervals()
    assert due(intervals, now=MONDAY) == frozenset(intervals)
    at_once(*[lambda: operations.run_chores(MONDAY, among=frozenset(intervals))] * 8)
    assert len(done) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_long_chore_delays_no_record(monkeypatch):
    begun, end = threading.Event(), threading.Event()

    def work(_now: datetime) -> int:
        begun.set()
        end.wait(20)
        return 1

    chores.register("long", EVERY, work)
    monkeypatch.setattr("alerts.loops.signal.signal", lambda *_: None)
    monkeypatch.setattr("alerts.loops.IDLE_S", 0.05)
    loops = Loops("alerts:test")
    thread = threading.Thread(target=loops.run)
    thread.start()
    try:
        assert begun.wait(20)
        moment = MONDAY.now(MONDAY.tzinfo)
        while not ProcessBeat.objects.filter(name="alerts:test", pass_started__gt=moment).exists():
            assert MONDAY.now(MONDAY.tzinfo) - moment < timedelta(seconds=20)
    finally:
        end.set()
        loops.stopping.set()
        thread.join()
    assert ProcessBeat.objects.get(name="chore:long").figures == {"done": 1}

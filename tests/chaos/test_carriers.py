"""Redis, Celery's workers and beat are killed, emptied, frozen and cut off: they carry, they decide nothing."""

from __future__ import annotations

import http.cookiejar
import os
import re
import signal
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from celery import Celery

from accounts.models import Client, Role
from alerts.models import Alert
from incidents.models import Incident
from kernel.models import ProcessBeat
from quality.models import Rollup
from tests.chaos.crew import Crew, Web
from tests.chaos.lengths import at_length
from tests.chaos.oracle import assert_kept
from tests.chaos.proxy import Mode, Proxy
from tests.chaos.reporters import an_api, report
from tests.chaos.servers import Redis
from tests.chaos.sinks import Behaviour, Mailbox
from tests.chaos.worlds import LEASE, a_world, breaches, let_time_pass, settle
from tests.factories import a_user
from tests.processes import wait_until

# The broker is the same whatever the database: once is enough.
pytestmark = [pytest.mark.chaos, pytest.mark.postgres, pytest.mark.redis, pytest.mark.django_db(transaction=True)]


def celery_passed_at() -> datetime | None:
    """When a worker last ended a pass."""
    beat = ProcessBeat.objects.filter(name__startswith="alerts:celery").first()
    return beat.pass_finished if beat else None


def wait_for_a_pass_of_celery(*, within_s: float = 60.0) -> float:
    """How long it took, in seconds."""
    before, began = celery_passed_at(), time.monotonic()
    assert wait_until(lambda: celery_passed_at() != before, within_s=within_s)
    return round(time.monotonic() - began, 1)


@pytest.mark.fault(
    "F6", "all `run_alerts` are dead, Celery alone runs", "recorded within 30 s, first attempt within 60 s"
)
@pytest.mark.parametrize(("count", "for_s"), [(10, 5.0), at_length(100, 30.0)])
def test_celery_alone(
    crew: Crew, redis: Redis, mailbox: Mailbox, measured: Callable, *, count: int, for_s: float
) -> None:
    crew.worker()
    crew.beat()
    wait_for_a_pass_of_celery()
    incidents = breaches(a_world(), count, within_s=for_s)
    settle(incidents)
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True))


@pytest.mark.fault(
    "F7",
    "all Celery workers and beat are dead, `run_alerts` alone runs",
    "recorded within 30 s, first attempt within 60 s",
)
@pytest.mark.parametrize(("count", "for_s"), [at_length(100, 30.0)])
def test_run_alerts_alone(
    crew: Crew, redis: Redis, mailbox: Mailbox, measured: Callable, *, count: int, for_s: float
) -> None:
    worker, beat = crew.worker(), crew.beat()
    wait_for_a_pass_of_celery()
    crew.alerts()
    worker.kill_all()
    beat.kill_all()
    incidents = breaches(a_world(), count, within_s=for_s)
    settle(incidents)
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True))


@pytest.mark.fault(
    "F18", "beat is dead, a worker waits for it", "`run_alerts` keeps the times; `/health/alerts` stays 200"
)
@pytest.mark.parametrize(("count", "for_s"), [(10, 4.0), at_length(100, 30.0)])
def test_beat_is_dead(
    crew: Crew, redis: Redis, mailbox: Mailbox, measured: Callable, *, count: int, for_s: float
) -> None:
    crew.worker()
    crew.alerts()
    web = crew.web()
    incidents = breaches(a_world(), count, within_s=for_s)
    settle(incidents)
    assert celery_passed_at() is None
    assert web.get("/health/alerts").status == 200
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True))


@pytest.mark.fault(
    "F9",
    "a Celery pool process is killed while it sends, with and without `task_reject_on_worker_lost`",
    "sent by another after the lease, whatever became of the message",
)
@pytest.mark.parametrize("app", ["tamhub", at_length("tests.chaos.forgetful")])
def test_pool_process_is_killed(crew: Crew, redis: Redis, mailbox: Mailbox, measured: Callable, app: str) -> None:
    mailbox.behaviour, mailbox.slow_s = Behaviour.SLOW, 5.0
    worker = crew.worker(app=app)
    crew.beat()
    incidents = breaches(a_world(), 2, within_s=0, begin_s=-5)
    assert wait_until(lambda: mailbox.connections > 0, within_s=30)
    killed = worker.children()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    mailbox.behaviour = Behaviour.TAKE
    let_time_pass(LEASE)
    settle(incidents)
    assert killed
    assert worker.is_running()
    measured(assert_kept(incidents, mailbox, kills=len(killed)))


@pytest.mark.fault(
    "F10",
    "the whole Celery worker is killed while it sends, and started again",
    "nothing waits for Redis to redeliver the message (101 s were measured for that): sent after the lease",
)
@pytest.mark.parametrize("waits", [False, at_length(True)])
def test_worker_is_killed(crew: Crew, redis: Redis, mailbox: Mailbox, measured: Callable, waits: bool) -> None:
    mailbox.behaviour, mailbox.slow_s = Behaviour.SLOW, 5.0
    worker = crew.worker()
    crew.beat()
    incidents = breaches(a_world(), 2, within_s=0, begin_s=-5)
    assert wait_until(lambda: mailbox.connections > 0, within_s=30)
    worker.kill_all()
    mailbox.behaviour = Behaviour.TAKE
    if not waits:
        let_time_pass(LEASE)
    worker.start()
    began = time.monotonic()
    settle(incidents)
    figures = {"all sent after (s)": round(time.monotonic() - began, 1)} if waits else {}
    measured(assert_kept(incidents, mailbox, kills=1), **figures)


@pytest.mark.fault(
    "F12",
    "FLUSHALL while 1,000 messages are queued",
    "no alert is touched; the figures are computed by the next period; the worker lives",
)
def test_redis_is_emptied(crew: Crew, redis: Redis, mailbox: Mailbox, measured: Callable) -> None:
    publisher = Celery(broker=redis.url)
    for _ in range(500):
        publisher.send_task("quality.keep_rollups", queue="metrics")
        publisher.send_task("alerts.run_pass", queue="alerts")
    publisher.close()
    worker = crew.worker()
    crew.beat()
    crew.alerts()
    incidents = breaches(a_world(), 10, within_s=6)
    assert wait_until(lambda: Alert.objects.filter(level=100).exists(), within_s=30)
    queued = redis.client.llen("alerts") + redis.client.llen("metrics")
    redis.client.flushall()
    settle(incidents)
    wait_for_a_pass_of_celery()

    def counted() -> int:
        return sum(Rollup.objects.filter(kind="response").values_list("missed", flat=True))

    assert wait_until(lambda: counted() == len(incidents), within_s=60)
    assert worker.is_running()
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True), **{"messages lost": queued})


def killed(redis: Redis, line: Proxy) -> None:
    redis.kill()


def frozen(redis: Redis, line: Proxy) -> None:
    redis.freeze()


def cut_off(redis: Redis, line: Proxy) -> None:
    line.set(Mode.BLACKHOLE)


def mend(redis: Redis, line: Proxy) -> None:
    line.set(Mode.PASS)
    redis.go_on()
    if redis.process.poll() is not None:
        redis.start()


def answers(web: Web, client: Client, *, for_s: float) -> list[float]:
    """Report tickets for so long; how long each answer took, in seconds."""
    first, until = Incident.objects.count(), time.monotonic() + for_s
    took: list[float] = []
    while not took or time.monotonic() < until:
        asked_at = time.monotonic()
        assert report(web, client, first + len(took)).status == 201
        took.append(time.monotonic() - asked_at)
        time.sleep(0.2)
    return took


HOLDS = "web requests answer at once, alerts are on time, the worker goes on by itself within 60 s"


@pytest.mark.parametrize("for_s", [8.0, at_length(40.0)])
@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(killed, marks=pytest.mark.fault("F13", "Redis is killed and starts empty", HOLDS)),
        pytest.param(frozen, marks=pytest.mark.fault("F14", "Redis hangs (`kill -STOP`)", HOLDS)),
        pytest.param(cut_off, marks=pytest.mark.fault("F15", "the line to Redis swallows every byte", HOLDS)),
    ],
)
def test_redis_is_away(
    crew: Crew, redis: Redis, mailbox: Mailbox, measured: Callable, *, trouble: Callable, for_s: float
) -> None:
    line = Proxy(redis.port)
    crew.environment["REDIS_URL"] = f"redis://127.0.0.1:{line.port}/0"
    try:
        worker = crew.worker()
        crew.beat()
        crew.alerts()
        web, client = an_api(crew), a_world()
        wait_for_a_pass_of_celery()
        before = answers(web, client, for_s=3.0)
        trouble(redis, line)
        incidents = breaches(client, 10, within_s=for_s)
        meanwhile = answers(web, client, for_s=for_s)
        assert max(meanwhile) < 2 + max(before)  # on a busy machine all answers are slow
        mend(redis, line)
        recovered_s = wait_for_a_pass_of_celery()
        settle(incidents)
        assert worker.is_running()
    finally:
        line.close()
    assert Incident.objects.filter(source="jira").count() == len(before) + len(meanwhile)
    figures = {
        "away (s)": for_s,
        "slowest web answer before (s)": round(max(before), 2),
        "slowest meanwhile (s)": round(max(meanwhile), 2),
        "worker back after (s)": recovered_s,
    }
    measured(assert_kept(incidents, mailbox, doubles=0, in_time=True), **figures)


@pytest.mark.fault(
    "F17",
    "FLUSHALL while people work",
    "who is signed in stays so; failed sign-ins are still counted: both are in the database",
)
def test_sessions_and_counts_survive(crew: Crew, redis: Redis) -> None:
    crew.worker()
    web = crew.web()
    elena = a_user("elena", Role.TAM)
    elena.set_password("correct horse battery")
    elena.save()
    signed_in = Visitor(web)
    assert signed_in.sign_in("elena", "correct horse battery") == "/"
    stranger = Visitor(web)
    for _ in range(9):
        stranger.sign_in("elena", "wrong")
    redis.client.flushall()
    assert signed_in.open("/") == (200, "/")
    stranger.sign_in("elena", "wrong")
    assert stranger.sign_in("elena", "correct horse battery") != "/"


class Visitor:
    """A browser's cookies and forms, without the browser."""

    def __init__(self, web: Web) -> None:
        self.url = web.url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, path: str, data: bytes | None = None) -> tuple[int, str]:
        """Status, and the path one has come to in the end."""
        try:
            with self.opener.open(f"{self.url}{path}", data, timeout=30) as page:
                self.page = page.read().decode()
                return page.status, urllib.parse.urlsplit(page.url).path
        except urllib.error.HTTPError as error:
            return error.code, path

    def sign_in(self, username: str, password: str) -> str:
        """The path one has come to."""
        _status, path = self.open("/sign-in/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "username": username, "password": password}
        return self.open(path, urllib.parse.urlencode(form).encode())[1]


@pytest.mark.fault(
    "F20", "beat's schedule file is garbage, half written, or gone", "beat starts and goes on; no crash loop"
)
@pytest.mark.parametrize("damage", ["half", at_length("garbage"), at_length("gone")])
def test_beat_schedule_is_damaged(crew: Crew, redis: Redis, tmp_path: Path, damage: str) -> None:
    schedule = tmp_path / "schedule"
    beat = crew.beat(schedule)

    def ticks() -> bool:
        return redis.client.llen("alerts") > 0

    assert wait_until(ticks, within_s=30)
    beat.kill_all()
    written = list(tmp_path.glob("schedule*"))
    assert written
    for file in written:
        if damage == "garbage":
            file.write_bytes(os.urandom(4096))
        elif damage == "half":
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        else:
            file.unlink()
    redis.client.flushall()
    beat.start()
    assert wait_until(ticks, within_s=30), beat.said()[-2000:]
    assert beat.is_running()

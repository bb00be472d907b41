"""The call to an outside monitor, and the figures on a port of their own; both over a real connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen

import pytest
from django.core.management import call_command

from alerts import operations
from alerts.management.commands import serve_metrics
from alerts.models import Delivery
from kernel.models import ProcessBeat
from sla.models import Clock
from tests.factories import MONDAY, a_client, a_policy, an_incident

BREACHED = MONDAY + timedelta(hours=1, seconds=1)
SECOND = timedelta(seconds=1)


class Monitor(BaseHTTPRequestHandler):
    calls: list[str] = []
    status = 200

    def do_GET(self) -> None:
        self.calls.append(self.path)
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def monitor(settings) -> Iterator[type[Monitor]]:
    Monitor.calls, Monitor.status = [], 200
    with HTTPServer(("127.0.0.1", 0), Monitor) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.HEARTBEAT_URL = f"http://127.0.0.1:{server.server_port}/ping"
        yield Monitor
        server.shutdown()
        thread.join()


@pytest.fixture
def _a_pass_ended() -> None:
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)))
    operations.run_pass(BREACHED, process_name="alerts:test")


@pytest.mark.django_db
@pytest.mark.usefixtures("_a_pass_ended")
def test_while_all_is_well_the_monitor_is_called_once_in_half_a_minute(monitor) -> None:
    for after in (0, 10, 29, 30, 31):
        operations.ping_if_well(BREACHED + after * SECOND)
    assert monitor.calls == ["/ping", "/ping"]


@pytest.mark.django_db
def test_before_the_first_pass_it_is_not_called(monitor) -> None:
    assert not operations.ping_if_well(BREACHED)
    assert not monitor.calls


@pytest.mark.django_db
@pytest.mark.usefixtures("_a_pass_ended")
@pytest.mark.parametrize("broken", ["no pass", "R1", "R3", "R4"])
def test_with_anything_wrong_it_is_not_called(monitor, broken: str, caplog) -> None:
    now = BREACHED + timedelta(seconds=59)
    if broken == "no pass":
        now = BREACHED + timedelta(seconds=70)
    elif broken == "R1":
        Clock.objects.filter(kind="resolution").update(due_at=MONDAY, wake_at=MONDAY)
    elif broken == "R3":
        ProcessBeat.objects.filter(name="alerts-repair").update(figures={"repaired": 0, "left": 1})
    else:
        Delivery.objects.update(state="pending", next_attempt_at=MONDAY)
    assert not operations.ping_if_well(now)
    assert not monitor.calls
    assert "No heartbeat is sent" in caplog.text


@pytest.mark.django_db
@pytest.mark.usefixtures("_a_pass_ended")
def test_a_monitor_that_is_down_harms_nothing(settings, caplog) -> None:
    settings.HEARTBEAT_URL = "http://127.0.0.1:1/ping"
    assert not operations.ping_if_well(BREACHED)
    assert "did not reach its monitor" in caplog.text


@pytest.mark.django_db
def test_without_an_address_nothing_is_asked(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert not operations.ping_if_well(BREACHED)


@pytest.mark.django_db(transaction=True)
def test_the_figures_are_served_on_a_port_of_their_own(monkeypatch, capsys) -> None:
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)))
    answers = []

    def ask_and_end(self: serve_metrics.Command, server: HTTPServer, _thread: threading.Thread) -> None:
        with urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            answers.append(answer.read().decode())
        server.shutdown()
        server.server_close()

    monkeypatch.setattr(serve_metrics.Command, "wait_for", ask_and_end)
    call_command("serve_metrics", "--port", "0")
    assert 'tamhub_open_clocks{kind="response",state="running"} 1.0' in answers[0]

"""`run_alerts` is killed without warning again and again: every breach is alerted once, every delivery is sent."""

from __future__ import annotations

import os
import random
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Role
from alerts.models import Alert, Delivery
from sla.models import Clock
from tests.factories import a_client, a_policy, a_user, an_incident
from tests.processes import ROOT, database_url

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
INCIDENTS = 100
PROCESSES = 3
KILLING_S = 8.0
SETTLING_S = 60.0


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that takes everything, a little slowly, and remembers the Message-ID of what it took."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        with suppress(ConnectionError):  # the sender was killed
            self.talk()

    def talk(self) -> None:
        self.say("220 sink")
        for line in self.rfile:
            match line[:4].strip().upper():
                case b"DATA":
                    self.say("354 go on")
                    body = b"".join(iter(self.rfile.readline, b".\r\n"))
                    if not body.endswith(b"\r\n"):
                        return  # the sender died in the middle
                    time.sleep(random.uniform(0, 0.03))
                    self.server.taken.append(message_from_bytes(body)["Message-ID"])
                    self.say("250 taken")
                case b"QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 well")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def running(count: int, environment: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [start(environment) for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "manage.py", "run_alerts"], cwd=ROOT, env=environment)


def wait_until_all_is_done() -> None:
    deadline = time.monotonic() + SETTLING_S
    while time.monotonic() < deadline:
        swept = not Clock.objects.to_wake(timezone.now()).exists()
        if swept and not Delivery.objects.filter(state=Delivery.State.PENDING).exists():
            return
        time.sleep(0.2)
    left = Delivery.objects.filter(state=Delivery.State.PENDING).count(), Clock.objects.to_wake(timezone.now()).count()
    pytest.fail(f"{left} deliveries and clocks were still owed something after {SETTLING_S} s.")


def test_killed_workers_lose_no_alert_and_double_few(mailbox: Mailbox, tmp_path: Path) -> None:
    now = timezone.now().replace(microsecond=0)
    client = a_client(policy=a_policy(), service_manager=a_user("manager", Role.MANAGER))
    for number in range(INCIDENTS):
        deadline = now + timedelta(seconds=KILLING_S * number / INCIDENTS)
        an_incident(client=client, at=deadline - timedelta(hours=1), now=now)
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "TAMHUB_DATA": str(tmp_path),
        "LOG_LEVEL": "ERROR",
    }
    kills = 0
    with running(PROCESSES, environment) as processes:
        until = time.monotonic() + KILLING_S
        while time.monotonic() < until:
            time.sleep(random.uniform(0.3, 0.6))
            victim = random.randrange(PROCESSES)
            processes[victim].kill()
            processes[victim].wait()
            processes[victim] = start(environment)
            kills += 1
        wait_until_all_is_done()
        command = [sys.executable, "manage.py", "alert_audit", "--all"]
        audit = subprocess.run(command, check=False, cwd=ROOT, env=environment)

    breaches = Alert.objects.filter(level=100)
    assert breaches.count() == breaches.values("clock").distinct().count() == INCIDENTS
    assert set(Delivery.objects.values_list("state", flat=True)) == {Delivery.State.SENT}
    taken = Counter(mailbox.taken)
    owed = {f"<{public_id}@127.0.0.1>" for public_id in Delivery.objects.values_list("public_id", flat=True)}
    assert set(taken) == owed
    doubles = taken.total() - len(taken)
    print(f"{kills} kills, {len(owed)} deliveries, {doubles} doubled")
    assert doubles <= kills
    assert audit.returncode == 0

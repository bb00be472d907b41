"""The processes of TamHub that a case starts, hurts and, at its end, ends: each by its own process id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings

from tests.chaos.servers import free_port
from tests.processes import ROOT, database_url, wait_until

PYTHON = sys.executable
READY_WITHIN_S = 60.0


@dataclass
class Process:
    """One process with its log. In a session of its own, so that what it started can be ended with it."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    stderr: int | None = None
    popen: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log if self.stderr is None else self.stderr,
                stderr=log if self.stderr is None else self.stderr,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        """Without warning, and nothing that it started."""
        self.popen.kill()
        self.popen.wait()

    def kill_all(self) -> None:
        """Without warning, together with what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def send(self, number: int) -> None:
        self.popen.send_signal(number)

    def ends_within(self, seconds: float) -> int | None:
        """The exit status, or None: it still runs."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def children(self) -> list[int]:
        """The processes it has started itself."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/children")
        return sorted({int(pid) for task in tasks for pid in task.read_text().split()})

    def said(self) -> str:
        return self.log.read_text(errors="replace")


class Crew:
    """Starts processes on the database of this test, with data, mails and broker of their own."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "DATABASE_URL": database_url(),
            "TAMHUB_DATA": str(folder),
            "SECRET_KEY": settings.SECRET_KEY,
            "LOG_LEVEL": "WARNING",
            "PYTHONUNBUFFERED": "1",
            **variables,
        }
        self.processes: list[Process] = []

    def start(self, name: str, command: list[str], variables: dict[str, str], stderr: int | None = None) -> Process:
        log = self.folder / f"{len(self.processes)}-{name}.log"
        process = Process([PYTHON, *command], self.environment | variables, log, stderr)
        self.processes.append(process)
        return process

    def manage(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command in the foreground."""
        return subprocess.run(
            [PYTHON, "manage.py", *command],
            cwd=ROOT,
            env=self.environment | variables,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def alerts(self, *, stderr: int | None = None, **variables: str) -> Process:
        return self.start("alerts", ["manage.py", "run_alerts"], variables, stderr)

    def worker(self, *, app: str = "tamhub", **variables: str) -> Process:
        command = ["-m", "celery", "--app", app, "worker", "--queues", "alerts,metrics", "--concurrency", "2"]
        quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
        return self.start("worker", [*command, *quiet], variables)

    def beat(self, schedule: Path | None = None, **variables: str) -> Process:
        at = str(schedule or self.folder / "beat-schedule")
        command = ["-m", "celery", "--app", "tamhub", "beat", "--pidfile=", "--schedule", at, "--loglevel", "INFO"]
        return self.start("beat", command, variables)

    def web(self, **variables: str) -> Web:
        """gunicorn as production runs it, with two processes; returns when it answers."""
        port = free_port()
        settings = {"PORT": str(port), "WEB_CONCURRENCY": "2", "SITE_URL": f"http://127.0.0.1:{port}"}
        command = ["-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "tamhub.wsgi"]
        process = self.start("web", command, settings | variables)
        web = Web(process, f"http://127.0.0.1:{port}")
        assert wait_until(lambda: web.get("/health/live").status == 200, within_s=READY_WITHIN_S), process.said()[
            -3000:
        ]
        return web

    def end(self) -> None:
        for process in self.processes:
            process.kill_all()


@dataclass(frozen=True)
class Reply:
    """`status` is 0 where nobody answered."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Web:
    process: Process
    url: str
    token: str = ""

    def get(self, path: str, **options: Any) -> Reply:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any, **options: Any) -> Reply:
        return self.call("POST", path, body=body, **options)

    def call(
        self, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 60
    ) -> Reply:
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Reply(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as error:
            return Reply(error.code, dict(error.headers), error.read().decode())
        except (OSError, HTTPException):  # the second: killed before its answer was whole
            return Reply(0, {}, "")

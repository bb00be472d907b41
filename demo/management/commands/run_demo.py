"""`manage.py run_demo`: TamHub on one's own machine, with a story in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from demo.seeding.people import PASSWORD
from demo.supervisor import Supervisor

ACCOUNTS = (
    ("tam", "TAM of Aldgate Bank and Helios Energy"),
    ("engineer", "engineer of Network"),
    ("head", "head of Network"),
    ("manager", "service manager"),
    ("architect", "architect"),
    ("contact", "technical expert of Aldgate Bank"),
    ("admin", "administrator"),
)
READY_WITHIN_S = 60.0


class Command(BaseCommand):
    help = "Migrate, seed the demo, start web server, Celery worker and beat, and run until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST") or "127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *_args: Any, host: str, port: int, **_options: Any) -> None:
        if _taken(host, port):
            raise CommandError(f"Port {port} is taken. Choose another one: make demo PORT={port + 1}")
        environment = {
            **os.environ,
            "DEMO": "1",
            "PYTHONUNBUFFERED": "1",
            "TAMHUB_DATA": str(settings.DATA_DIR),
            "STATIC_ROOT": str(settings.DATA_DIR / "static"),
            "SITE_URL": os.environ.get("SITE_URL") or f"http://{_shown(host)}:{port}",
        }
        os.environ.update(environment)
        self.stdout.write("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("seed_demo")
        self.stdout.write("Collecting the static files …")
        _collect_static(environment)
        logs = settings.DATA_DIR / "log"
        logs.mkdir(exist_ok=True)
        supervisor = Supervisor(environment=environment, log_dir=str(logs))
        supervisor.watch_signals()
        try:
            _start_all(supervisor, host=host, port=port)
            url = f"http://{_shown(host)}:{port}"
            if supervisor.wait_for(lambda: _answers(f"{url}/health/ready"), timeout_s=READY_WITHIN_S):
                self._announce(url)
                status = supervisor.run()
            else:
                status = 1
                self.stderr.write(f"TamHub did not become ready; see {logs}/web.log")
        finally:
            supervisor.shut_down()
        if status:
            sys.exit(status)

    def _announce(self, url: str) -> None:
        self.stdout.write(f"\nTamHub is ready: {url}\n\n  sign in with the password {PASSWORD} as\n")
        for name, who in ACCOUNTS:
            self.stdout.write(f"    {name:<10} {who}")
        self.stdout.write(f"\n  data and logs: {settings.DATA_DIR}\n  Ctrl-C ends it; the data stays.\n")


def _collect_static(environment: dict[str, str]) -> None:
    """In a process of its own: the folder must exist when settings are read, for file names to carry their digest."""
    os.makedirs(environment["STATIC_ROOT"], exist_ok=True)  # noqa: PTH103 - a name from the environment
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True)  # noqa: S603 - our own command


def _start_all(supervisor: Supervisor, *, host: str, port: int) -> None:
    python = sys.executable
    celery = [python, "-m", "celery", "--app", "tamhub", "--workdir", str(settings.BASE_DIR)]
    web = [python, "-m", "gunicorn", "tamhub.wsgi", "--chdir", str(settings.BASE_DIR), "--bind", f"{host}:{port}"]
    supervisor.start("web", [*web, "--workers", "2", "--threads", "4", "--access-logfile", "-", "--no-control-socket"])
    quiet = ["--without-gossip", "--without-mingle"]
    supervisor.start(
        "worker", [*celery, "worker", "--queues", "alerts,metrics", "--pool", "threads", "--concurrency", "2", *quiet]
    )
    supervisor.start("beat", [*celery, "beat", "--pidfile="])
    supervisor.start("story", [python, str(settings.BASE_DIR / "manage.py"), "play_demo"])


def _taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _shown(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", ""} else host  # noqa: S104 - shown, not bound


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

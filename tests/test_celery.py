"""A real worker with a real beat finds what is owed, over both brokers; nobody sends it a message about an incident."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Role
from alerts.models import Delivery
from quality.models import Rollup
from tamhub.celery import app
from tests.factories import a_client, a_policy, a_user, an_incident
from tests.processes import ROOT, database_url, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN_S = 60.0


@contextmanager
def worker_with_beat(data: Path, broker: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "DATABASE_URL": database_url(), "TAMHUB_DATA": str(data), "CELERY_BROKER_URL": broker}
    command = [sys.executable, "-m", "celery", "--app", "tamhub", "worker", "--beat", "--pool", "solo"]
    options = ["--queues", "alerts,metrics", "--schedule", str(data / "beat"), "--without-gossip", "--without-mingle"]
    with (data / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield worker
    finally:
        os.killpg(worker.pid, signal.SIGKILL)  # beat is a process of its own
        worker.wait()


def assert_that_a_breach_is_told_and_counted(data: Path, broker: str) -> None:
    client = a_client(tam=a_user("elena", Role.TAM), policy=a_policy(response_s=60, resolution_s=86400))
    opened_at = timezone.now().replace(microsecond=0) - timedelta(minutes=5)
    an_incident(client=client, at=opened_at, now=opened_at)
    with worker_with_beat(data, broker):
        told = wait_until(Delivery.objects.filter(state="sent", recipient__username="elena").exists, within_s=WITHIN_S)
        counted = wait_until(Rollup.objects.filter(kind="response", missed=1).exists, within_s=WITHIN_S)
    assert (told, counted) == (True, True), (data / "worker.log").read_text()[-3000:]


def test_without_a_broker_of_its_own_the_worker_runs_over_files(tmp_path: Path) -> None:
    assert_that_a_breach_is_told_and_counted(tmp_path, "filesystem://localhost")


def test_a_message_in_a_file_is_not_there_before_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}
    with app.connection_for_write("filesystem://localhost", transport_options=folders) as connection:
        channel: Any = connection.default_channel
        write = Path.write_text

        def half(path: Path, text: str, **options: str) -> int:
            write(path, text[:5])
            with pytest.raises(Empty):
                channel._get("alerts")
            return write(path, text, **options)

        monkeypatch.setattr(Path, "write_text", half)
        channel._put("alerts", {"body": "whole"})
        assert channel._get("alerts") == {"body": "whole"}
        with pytest.raises(Empty):
            channel._get("alerts")


@pytest.mark.redis
def test_the_worker_runs_over_redis(tmp_path: Path) -> None:
    assert_that_a_breach_is_told_and_counted(tmp_path, settings.REDIS_URL)

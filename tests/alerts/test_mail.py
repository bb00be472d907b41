"""Mail servers that do not behave: the time of one mail is bounded, whatever they do."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from alerts import operations
from alerts.models import Delivery
from tests.factories import MONDAY, a_client, a_policy, an_incident

pytestmark = pytest.mark.django_db
BREACHED = MONDAY + timedelta(hours=1, seconds=1)


class Dripping(socketserver.BaseRequestHandler):
    """Greets for ever, one byte at a time: no single wait is long enough for a timeout of the socket."""

    def handle(self) -> None:
        try:
            while not self.server.shut.wait(0.02):  # type: ignore[attr-defined]
                self.request.sendall(b"2")
        except OSError:
            return


@pytest.fixture
def dripping_server(settings) -> Iterator[None]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        server.shut = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        yield
        server.shut.set()  # type: ignore[attr-defined]
        server.shutdown()


@pytest.mark.usefixtures("dripping_server")
def test_a_server_that_drips_bytes_is_cut_off(monkeypatch) -> None:
    monkeypatch.setattr("alerts.smtp.LONGEST_SEND", timedelta(seconds=0.3))
    an_incident(client=a_client(policy=a_policy(resolution_s=360000)))
    operations.sweep(BREACHED)
    began = time.monotonic()
    assert operations.deliver(BREACHED).sent == 0
    assert time.monotonic() - began < 5
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.lease_token) == ("pending", 1, None)

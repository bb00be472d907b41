"""Django's SMTP backend with an end: EMAIL_TIMEOUT bounds one wait, and a server that drips bytes never meets it."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.mail.backends import smtp

# Well below the lease of a delivery, so that a slow server makes no duplicates.
LONGEST_SEND = timedelta(seconds=20)
Watch = Callable[[socket.socket], None]


class _Smtp(smtplib.SMTP):
    """Shows its socket as soon as there is one, before the greeting and before TLS."""

    watch: Watch

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # the stubs leave it out
        self.watch(made)
        return made


class _SmtpOverTls(smtplib.SMTP_SSL, _Smtp):
    """`SMTP_SSL` wraps the socket that the class behind it makes."""


class EmailBackend(smtp.EmailBackend):
    """One use, one connection: `send_messages` ends within LONGEST_SEND once there is a connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line: socket.socket | None = None
        self._is_over = threading.Event()

    @property
    def connection_class(self) -> Any:
        base = _SmtpOverTls if self.use_ssl else _Smtp
        return type(base.__name__, (base,), {"watch": staticmethod(self._watch)})

    def send_messages(self, email_messages: Any) -> int:
        timer = threading.Timer(LONGEST_SEND.total_seconds(), self._cut_off)
        timer.daemon = True
        timer.start()
        try:
            return super().send_messages(email_messages) or 0
        finally:
            timer.cancel()
            if self._line is not None:
                self._line.close()

    def _watch(self, made: socket.socket) -> None:
        self._line = made.dup()  # the same line under a number of its own: TLS takes the first one away
        if self._is_over.is_set():
            raise TimeoutError("the mail server took too long to connect to")

    def _cut_off(self) -> None:
        self._is_over.set()
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

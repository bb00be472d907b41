"""Servers that write down what reaches them, and answer as the case says."""

from __future__ import annotations

import random
import socketserver
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GIVE_UP_S = 60.0


class Behaviour(Enum):
    TAKE = "takes each mail, a little slowly"
    SLOW = "answers `slow_s` after the mail"
    SILENT = "accepts the connection and says nothing"
    DRIP = "answers to the recipient's name by one byte a second"
    LOSE_FIRST_ANSWER = "takes each mail and closes before it says so, the first time"
    BUSY = "451 to each mail"
    REFUSE_MAIL = "554 to each mail"
    REFUSE_RECIPIENT = "550 to each recipient"


@dataclass(frozen=True)
class Taken:
    message_id: str
    recipient: str
    at: float


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server; `taken` has each mail it accepted, whether or not the sender heard of that."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.behaviour = Behaviour.TAKE
        self.slow_s = 3.0
        self.recipients: dict[str, Behaviour] = {}
        self.taken: list[Taken] = []
        self.connections = 0
        self.closing = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def message_ids(self) -> Counter[str]:
        return Counter(mail.message_id for mail in self.taken)

    @property
    def doubles(self) -> int:
        return len(self.taken) - len(self.message_ids)

    def behaviour_towards(self, recipient: str) -> Behaviour:
        return self.recipients.get(recipient, self.behaviour)


class _Session(socketserver.StreamRequestHandler):
    server: Mailbox
    recipient = ""

    def handle(self) -> None:
        self.server.connections += 1
        with suppress(OSError):  # the sender was killed, or has had enough
            self._greet()
            self._talk()

    def _greet(self) -> None:
        if self.server.behaviour is Behaviour.SILENT:
            self.server.closing.wait(GIVE_UP_S)
            return
        self._say("220 sink")

    def _talk(self) -> None:
        for line in self.rfile:
            match line[:4].strip().upper():
                case b"RCPT":
                    self.recipient = line.decode().partition("<")[2].partition(">")[0]
                    self._answer_recipient()
                case b"DATA":
                    if not self._data():
                        return
                case b"QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 well")

    def _answer_recipient(self) -> None:
        match self.server.behaviour_towards(self.recipient):
            case Behaviour.REFUSE_RECIPIENT:
                self._say("550 no such mailbox")
            case Behaviour.DRIP:
                for letter in "250 this answer takes its time, and much of it, before it comes to its end":
                    self.wfile.write(letter.encode())
                    self.server.closing.wait(1.0)
                self._say("")
            case _:
                self._say("250 well")

    def _data(self) -> bool:
        """False: the line is to be closed."""
        self._say("354 go on")
        body = b"".join(iter(self.rfile.readline, b".\r\n"))
        if not body.endswith(b"\r\n"):
            return False  # the sender died in the middle
        behaviour = self.server.behaviour_towards(self.recipient)
        if behaviour is Behaviour.BUSY:
            self._say("451 later")
            return True
        if behaviour is Behaviour.REFUSE_MAIL:
            self._say("554 not this one")
            return True
        if behaviour is Behaviour.SLOW:
            self.server.closing.wait(self.server.slow_s)
        else:
            time.sleep(random.uniform(0, 0.03))
        message_id = str(message_from_bytes(body)["Message-ID"])
        loses_answer = behaviour is Behaviour.LOSE_FIRST_ANSWER and message_id not in self.server.message_ids
        self.server.taken.append(Taken(message_id, self.recipient, time.time()))
        if loses_answer:
            return False
        self._say("250 taken")
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass(frozen=True)
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    repeat_body: int = 1


class HttpSink(ThreadingHTTPServer):
    """An outside address that is called; `answers` are given one after the other, the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.answers = [Answer()]
        self.requests: list[Request] = []
        self.body_bytes_sent = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def next_answer(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Page(BaseHTTPRequestHandler):
    server: HttpSink

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(Request(self.command, self.path, dict(self.headers), body, time.time()))
        answer = self.server.next_answer()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(answer.body) * answer.repeat_body), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # who called has read enough
            for _ in range(answer.repeat_body):
                self.wfile.write(answer.body)
                self.server.body_bytes_sent += len(answer.body)

    do_GET = do_POST = do_HEAD = do_PUT = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """`requests` is the log."""

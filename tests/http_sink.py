"""A local HTTP server that answers what the test scripts, and remembers what it was sent."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handler = BaseHTTPRequestHandler
Answer = Callable[[Handler], None]


@dataclass(frozen=True)
class Call:
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Sink:
    """`answers` are given one after another, the last one for ever; `closed` is set when the test is over."""

    host: str
    port: int
    answers: list[Answer]
    calls: list[Call] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


def says(status: int, body: bytes = b"ok", **headers: str) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def sink(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Sink]:
    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            found.calls.append(Call(self.path, dict(self.headers), self.rfile.read(length).decode()))
            answer = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            with suppress(OSError):
                answer(self)

        do_GET = do_PUT = do_POST  # noqa: N815 - the names that http.server asks for

        def log_message(self, format: str, *args: object) -> None:
            """The test's own output is enough."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Listening) as server:
        server.daemon_threads = True
        if tls is not None:  # the handshake is the handler's thread's: one that fails ends no other
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        found = Sink(str(server.server_address[0]), server.server_port, list(answers or [says(200)]))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield found
        found.closed.set()
        server.shutdown()

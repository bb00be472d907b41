"""The guard under every HTTP call to an address that a person entered: it must not lead into our own network.

Checked are the scheme, the port and every address that the name resolves to, when the address is saved and again when
it is dialled; the address that was checked is the one dialled, so a name that changes its mind gains nothing.
Redirects are refused, proxies of the environment ignored, certificates always verified, an answer is read for 64 kB at
most, and a call with all its requests takes 20 seconds at most.

Libraries that speak through `requests` are guarded as they are: within `guarded()` each session of this thread takes
the guard as its adapter. Hosts in OUTBOUND_ALLOWED_HOSTS (`host` or `host:port`) may be private, and speak plain HTTP.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_CALL = timedelta(seconds=20)
LONGEST_WAIT_S = 10.0
MOST_BYTES = 64 * 1024
PORTS = frozenset({443, 8443})
PLAIN_PORTS = frozenset({80})
# `is_global` is true of these, though they lead to addresses within: NAT64, Teredo, 6to4 with its relays.
_TRANSLATED = tuple(
    ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "192.88.99.0/24")
)
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # between a provider and its customers; neither private nor public


class Refused(requests.RequestException):
    """The address may not be called, or the answer not be followed. The text says why, without the address."""


class NameUnknown(requests.ConnectionError):
    """The name resolves to nothing at this moment."""


class TooLong(requests.Timeout):
    """The call took longer than it may."""


def check_url(url: str) -> None:
    """What can be said without the network: scheme, name and port. Raises Refused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("the address cannot be read") from None
    if parts.scheme not in {"http", "https"}:
        raise Refused("only https is spoken")
    if not host:
        raise Refused("the address names no host")
    if parts.username is not None:
        raise Refused("a name or password before the host is not sent")
    standard = 443 if parts.scheme == "https" else 80
    if _is_listed(host, port or standard):
        return
    if parts.scheme != "https":
        raise Refused("only https is spoken")
    if (port or standard) not in PORTS:
        raise Refused(f"port {port} is not open to calls")


def check_host(url: str) -> None:
    """`check_url`, and what the name resolves to now; a name that is not known at all passes. Raises Refused."""
    check_url(url)
    parts = urlsplit(url)
    with suppress(NameUnknown, TooLong):
        checked_addresses(parts.hostname or "", parts.port or 443, timeout_s=LONGEST_WAIT_S / 2)


def is_public(address: Address) -> bool:
    """Whether the address belongs to a host on the public internet, and to nothing that stands behind another."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address.scope_id or address.is_site_local:
            return False
    if any(address in net for net in (*_TRANSLATED, _SHARED)):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def checked_addresses(host: str, port: int, *, timeout_s: float) -> list[str]:
    """All addresses of the name; Refused if a single one is not public, for any of them may be the one dialled."""
    found = _resolve(host, port, timeout_s=timeout_s)
    if not _is_listed(host, port):
        for name in found:
            if not is_public(ipaddress.ip_address(name)):
                raise Refused("the name leads into a private or special network")
    return found


@contextmanager
def guarded(*, longest: timedelta = LONGEST_CALL, dry: bool = False) -> Iterator[Guard]:
    """Everything that this thread calls through `requests` within goes through the guard, which remembers it."""
    guard = Guard(longest=longest, dry=dry)
    before = _current.set(guard)
    try:
        yield guard
    finally:
        _current.reset(before)
        guard.close()


class Guard(HTTPAdapter):
    """One call: the answers that came (`responses`), what went wrong first (`failure`), and the time that is left.

    A dry one dials nobody: it only notes the first address that would be called (`called`).
    """

    def __init__(self, *, longest: timedelta, dry: bool) -> None:
        self.called = ""
        self.dry = dry
        self.responses: list[requests.Response] = []
        self.failure: requests.RequestException | None = None
        self._ends = time.monotonic() + longest.total_seconds()
        self._line: socket.socket | None = None
        self._is_over = threading.Event()
        self._timer = threading.Timer(longest.total_seconds(), self._cut_off)
        self._timer.daemon = True
        super().__init__(max_retries=0)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolOverTls}
        self._timer.start()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Of what the caller asks for only a private store of certificates counts (REQUESTS_CA_BUNDLE)."""
        verify = kwargs.get("verify")
        try:
            return self._send(request, verify=verify if isinstance(verify, str) else True)
        except requests.RequestException as error:
            self.failure = self.failure or (TooLong("the call took too long") if self._is_over.is_set() else error)
            raise

    def dial(self, host: str, port: int) -> socket.socket:
        """A line to one of the name's addresses, the very ones that were checked."""
        try:
            addresses = checked_addresses(host, port, timeout_s=self._left())
        except requests.RequestException as error:
            self.failure = self.failure or error  # below `requests` it would be taken for a broken line
            raise
        for number, address in enumerate(addresses, start=1):
            try:
                made = socket.create_connection((address, port), timeout=self._left())
            except OSError:
                if number == len(addresses):
                    raise
            else:
                self._drop_line()
                self._line = made.dup()  # the same line under a number of its own: TLS takes the first one away
                return made
        raise AssertionError("a name without addresses is not known")

    def close(self) -> None:
        self._timer.cancel()
        self._drop_line()
        super().close()

    def _send(self, request: requests.PreparedRequest, *, verify: str | bool) -> requests.Response:
        self.called = self.called or str(request.url)
        check_url(str(request.url))
        if self.dry:
            raise Refused("nothing was called")
        response = super().send(request, stream=True, timeout=self._left(), verify=verify)
        self.responses.append(response)
        if response.is_redirect or 300 <= response.status_code < 400:
            response.close()
            raise Refused(f"{response.status_code}: redirects are not followed")
        response._content = self._read(response)
        response._content_consumed = True  # type: ignore[attr-defined]  # the stubs leave it out
        return response

    def _read(self, response: requests.Response) -> bytes:
        """The start of the answer; the status was said before, so a line that breaks off here changes nothing."""
        try:
            return response.raw.read(MOST_BYTES, decode_content=True) or b""
        except (urllib3.exceptions.HTTPError, OSError):
            return b""
        finally:
            response.close()

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0 or self._is_over.is_set():
            raise TooLong("the call took too long")
        return min(left, LONGEST_WAIT_S)

    def _cut_off(self) -> None:
        self._is_over.set()
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def _drop_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _dial(self._dns_host, self.port)


class _ConnectionOverTls(HTTPSConnection):
    """Server name and Host header stay the name; only whom to dial is decided by the guard."""

    def _new_conn(self) -> socket.socket:
        return _dial(self._dns_host, self.port)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _PoolOverTls(HTTPSConnectionPool):
    ConnectionCls = _ConnectionOverTls


def is_untrusted(failure: BaseException | None) -> bool:
    """Whether a call failed because the other side could not prove who it is."""
    return isinstance(failure, requests.exceptions.SSLError | ssl.SSLError)


def _dial(host: str, port: int) -> socket.socket:
    guard = _current.get()
    assert guard is not None, "a guarded connection outside of guarded()"
    return guard.dial(host, port)


def _resolve(host: str, port: int, *, timeout_s: float) -> list[str]:
    """By the system's resolver, in a thread of its own: it knows no timeout."""
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            answer.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=timeout_s)
    except queue.Empty:
        raise TooLong("the name was not resolved in time") from None
    if not isinstance(found, list) or not found:
        raise NameUnknown("the name is not known")
    return found


def _is_listed(host: str, port: int) -> bool:
    name = host.rstrip(".").lower()
    listed = {entry.strip().lower() for entry in settings.OUTBOUND_ALLOWED_HOSTS}
    return f"{name}:{port}" in listed or (name in listed and port in PORTS | PLAIN_PORTS)


_current: ContextVar[Guard | None] = ContextVar("outbound_guard", default=None)
_unguarded = requests.Session.get_adapter


def _adapter(session: requests.Session, url: str) -> BaseAdapter:
    guard = _current.get()
    return _unguarded(session, url) if guard is None else guard


requests.Session.get_adapter = _adapter  # type: ignore[assignment, method-assign]  # where `requests` asks

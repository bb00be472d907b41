"""Calls to addresses that people enter: none leads into a network of our own, none is led astray, none lasts."""

from __future__ import annotations

import gzip
import ipaddress
import socket
import ssl
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kernel import outbound
from kernel.outbound import Refused, check_host, check_url, guarded, is_public
from tests.http_sink import Handler, says, sink

PUBLIC = "93.184.216.34"


@pytest.fixture
def no_names(monkeypatch):
    """Names resolve as `names[...]` says, one list after another; numbers as everywhere."""
    names: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if host not in names:
            try:
                return real(host, port, *args, **{**kwargs, "flags": socket.AI_NUMERICHOST})
            except socket.gaierror:
                raise socket.gaierror(socket.EAI_NONAME, "unknown") from None
        answers = names[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://127.1/", "https://0x7f.1/", "https://2130706433/", "https://0/"),
        *("https://[::]/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://169.254.169.254/latest"),
        *("https://10.0.0.5/", "https://172.16.3.4/", "https://192.168.1.1/", "https://100.64.0.1/"),
        *("https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/"),
        *("https://[fd00::1]/", "https://[fe80::1]/", "https://224.0.0.1/", "https://[ff02::1]/", "https://240.0.0.1/"),
        *("https://localhost/", "https://localhost./", "https://user@chat.example/", "https://a:b@chat.example/"),
        *("https://chat.example:22/", "https://chat.example:6379/", "https://chat.example:5432/"),
        *("http://chat.example/", "file:///etc/passwd", "gopher://chat.example/", "ftp://chat.example/", "https:///x"),
        *("https://chat.example:99999/", "https://[::1/", "//chat.example/", ""),
    ],
)
def test_an_address_that_leads_within_is_refused_when_it_is_saved(url, no_names):
    no_names |= {"localhost": [["127.0.0.1"]], "localhost.": [["127.0.0.1"]], "chat.example": [[PUBLIC]]}
    with pytest.raises(Refused) as refused:
        check_host(url)
    assert "example" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://chat.example/x", "https://chat.example:8443/", "https://xn--bcher-kva.example/"]
)
def test_a_public_address_passes_also_while_its_name_is_not_known(url, no_names):
    no_names["chat.example"] = [[PUBLIC]]
    check_host(url)


def test_one_private_address_among_public_ones_is_enough_to_refuse(no_names):
    no_names["chat.example"] = [[PUBLIC, "10.0.0.1"]]
    with pytest.raises(Refused, match="private"):
        check_host("https://chat.example/")


@pytest.mark.parametrize("address", ["fe80::1%eth0", "::ffff:10.0.0.1", "64:ff9b:1::1", "192.88.99.1", "198.18.0.1"])
def test_special_addresses_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


def test_listed_hosts_may_be_private_and_plain_at_their_port_only(settings):
    settings.OUTBOUND_ALLOWED_HOSTS = ["chat.internal", "127.0.0.1:8065"]
    check_url("http://chat.internal/")
    check_url("https://CHAT.internal./")
    check_host("http://127.0.0.1:8065/hooks/x")
    for url in ("http://127.0.0.1:8066/", "http://chat.internal:22/", "http://a.chat.internal/"):
        with pytest.raises(Refused):
            check_url(url)


def test_a_name_that_changes_its_mind_is_dialled_where_it_was_checked(no_names, monkeypatch):
    no_names["chat.example"] = [[PUBLIC], ["127.0.0.1"]]
    dialled = []

    def dial(address, timeout):
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", dial)
    with guarded() as guard, pytest.raises(requests.ConnectionError):
        requests.post("https://chat.example/")
    assert dialled == [(PUBLIC, 443)]
    with guarded() as guard, pytest.raises(requests.RequestException):
        requests.post("https://chat.example/")
    assert isinstance(guard.failure, Refused)
    assert dialled == [(PUBLIC, 443)]


def test_a_name_that_is_not_known_is_told_from_a_refusal(no_names):
    with guarded() as guard, pytest.raises(requests.RequestException):
        requests.post("https://nowhere.example/")
    assert isinstance(guard.failure, outbound.NameUnknown)


def test_outside_of_the_guard_sessions_are_as_they_were():
    assert type(requests.Session().get_adapter("https://chat.example/")) is requests.adapters.HTTPAdapter


@pytest.fixture
def listed(settings):
    """`listed(*answers)` is a sink that may be called."""

    def listen(*answers):
        listening = sink(*answers)
        found = listening.__enter__()
        settings.OUTBOUND_ALLOWED_HOSTS = [found.place]
        opened.append(listening)
        return found

    opened: list = []
    yield listen
    for listening in opened:
        listening.__exit__(None, None, None)


def test_redirects_are_not_followed(listed):
    found = listed(says(302, Location="http://169.254.169.254/latest/meta-data/"))
    with guarded() as guard, pytest.raises(Refused, match="302"):
        requests.get(f"http://{found.place}/")
    assert [response.status_code for response in guard.responses] == [302]
    assert len(found.calls) == 1


def test_proxies_of_the_environment_are_ignored(listed, monkeypatch):
    found = listed()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with guarded():
        assert requests.post(f"http://{found.place}/").text == "ok"


@pytest.mark.parametrize(
    "answer", [says(200, b"x" * 3_000_000), says(200, gzip.compress(b"x" * 50_000_000), Content_Encoding="gzip")]
)
def test_an_answer_is_read_for_64_kb_at_most(listed, answer):
    found = listed(answer)
    with guarded():
        response = requests.post(f"http://{found.place}/")
    assert (response.status_code, len(response.content)) == (200, 64 * 1024)


def test_a_call_ends_in_time_however_slowly_it_is_answered(listed):
    def drip(handler: Handler) -> None:
        while not found.closed.wait(0.02):
            handler.wfile.write(b"H")

    found = listed(drip)
    began = time.monotonic()
    with guarded(longest=timedelta(seconds=0.3)) as guard, pytest.raises(requests.RequestException):
        requests.post(f"http://{found.place}/")
    assert time.monotonic() - began < 5
    assert isinstance(guard.failure, outbound.TooLong)


def test_a_certificate_that_proves_nothing_ends_the_call_even_if_nobody_asks_for_proof(listed, tmp_path):
    found = listed()
    with guarded() as guard, pytest.raises(requests.RequestException):
        requests.post(f"https://{found.place}/", verify=False)
    assert outbound.is_untrusted(guard.failure)


def a_certificate(folder: Path, *, until: datetime) -> Path:
    """Of localhost, signed by itself, valid until then; key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(until - timedelta(days=10))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encodings = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "certificate.pem"
    file.write_bytes(key.private_bytes(*encodings) + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize("is_valid", [True, False])
def test_the_name_is_proved_by_a_certificate_that_is_known_and_in_date(settings, tmp_path, monkeypatch, is_valid):
    """The address dialled is one that was checked; server name and Host header stay the name."""
    until = datetime.now(UTC) + timedelta(days=1 if is_valid else -1)
    file = a_certificate(tmp_path, until=until)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with sink(tls=context) as found:
        settings.OUTBOUND_ALLOWED_HOSTS = [f"localhost:{found.port}"]
        with guarded() as guard, suppress(requests.RequestException):
            requests.post(f"https://localhost:{found.port}/", verify=True)
    assert outbound.is_untrusted(guard.failure) == (not is_valid)
    assert [answer.status_code for answer in guard.responses] == ([200] if is_valid else [])
    assert [call.headers["Host"] for call in found.calls] == ([f"localhost:{found.port}"] if is_valid else [])


def test_a_dry_call_only_notes_whom_it_would_call(listed):
    found = listed()
    with guarded(dry=True) as guard, pytest.raises(Refused):
        requests.post(f"http://{found.place}/hooks/x")
    assert guard.called == f"http://{found.place}/hooks/x"
    assert found.calls == []

"""Which address a request counts as, with and without proxies in front."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory

from accounts.addresses import client_ip
from tests.factories import a_user


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "1.2.3.4, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(settings, proxies, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    assert client_ip(RequestFactory(headers=headers).get("/", REMOTE_ADDR="10.0.0.1")) == address


def test_a_unix_socket_has_no_address():
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR="")) is None


def sign_in(forwarded: str, password: str) -> int:
    return (
        Client(headers={"X-Forwarded-For": forwarded})
        .post("/sign-in/", {"username": "ada", "password": password}, REMOTE_ADDR="10.0.0.1")
        .status_code
    )


@pytest.fixture
def ada():
    user = a_user("ada")
    user.set_password("correct horse battery")
    user.save()
    return user


@pytest.mark.django_db
def test_behind_a_proxy_who_guesses_locks_out_oneself_alone(settings, ada):
    settings.TRUSTED_PROXIES = 1
    for number in range(settings.AXES_FAILURE_LIMIT):
        sign_in(f"192.0.2.{number}, 203.0.113.9", "wrong")  # a header of the guesser's own makes nobody else
    assert sign_in("203.0.113.9", "correct horse battery") == 429
    assert sign_in("203.0.113.10", "correct horse battery") == 302


@pytest.mark.django_db
def test_without_a_proxy_a_forged_header_is_no_way_round_the_lock(settings, ada):
    settings.TRUSTED_PROXIES = 0
    for number in range(settings.AXES_FAILURE_LIMIT):
        sign_in(f"203.0.113.{number}", "wrong")
    assert sign_in("198.51.100.1", "correct horse battery") == 429

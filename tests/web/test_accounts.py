"""Signing in and out, the own profile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Role
from accounts.operations import create_token, create_user
from accounts.views import DEMO_ACCOUNTS, SignIn
from tests.factories import MONDAY, a_user

pytestmark = pytest.mark.django_db
PASSWORD = "three-blue-owls"


@pytest.fixture
def person():
    return create_user(
        username="mira",
        roles=[Role.TAM],
        password=PASSWORD,
        first_name="Mira",
        last_name="Olsen",
        actor=None,
        at=MONDAY,
    )


def sign_in(browser: Browser, password: str = PASSWORD, **data: str):
    return browser.post("/sign-in/", {"username": "mira", "password": password, **data})


@pytest.mark.parametrize("path", ["/", "/me/", "/find/?q=x"])
def test_a_stranger_is_asked_to_sign_in_and_then_brought_where_they_wanted(client, person, path):
    asked = client.get(path)
    assert asked.status_code == 302
    assert asked.url.startswith("/sign-in/?next=")
    assert client.post(asked.url, {"username": "mira", "password": PASSWORD}).url == path


def test_a_wrong_password_says_so_keeps_the_name_and_tells_nothing_more(client, person):
    wrong = sign_in(client, "three-red-owls")
    unknown = client.post("/sign-in/", {"username": "nobody", "password": "three-red-owls"})
    assert wrong.status_code == unknown.status_code == 422
    assert 'value="mira"' in wrong.text
    assert "Name or password is not right" in wrong.text
    assert "Name or password is not right" in unknown.text
    assert "three-red-owls" not in wrong.text


def test_after_ten_wrong_passwords_the_name_is_locked_from_this_place_only(client, person):
    for _try in range(10):
        answer = sign_in(client, "wrong")
    assert answer.status_code == 429
    assert "Too many tries" in answer.text
    assert sign_in(client).status_code == 429
    elsewhere = Browser(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere).status_code == 302


def test_signing_in_never_leads_to_another_site(client, person):
    assert sign_in(client, next="https://example.org/").url == "/"


def test_whoever_is_signed_in_is_not_asked_again(browse, person):
    assert browse(person).get("/sign-in/").url == "/"


def test_signing_out_needs_a_post(browse, person):
    browser = browse(person)
    assert browser.get("/sign-out/").status_code == 405
    assert browser.post("/sign-out/").url == "/sign-in/"
    assert browser.get("/me/").status_code == 302


def test_the_demo_accounts_are_offered_only_in_a_demo(client, monkeypatch):
    assert "tamhub-demo" not in client.get("/sign-in/").text
    monkeypatch.setitem(SignIn.extra_context, "demo_accounts", DEMO_ACCOUNTS)
    page = client.get("/sign-in/").text
    assert "tamhub-demo" in page
    assert page.count('name="password" value="tamhub-demo"') == len(DEMO_ACCOUNTS)


def test_the_profile_is_saved_and_takes_effect_at_once(browse, person):
    browser = browse(person)
    data = {"first_name": "Mira", "last_name": "Holm", "language": "fr", "time_zone": "Europe/Paris", "has_keys": "on"}
    assert browser.post("/me/profile/", data).url == "/me/"
    person.refresh_from_db()
    assert (str(person), person.language, person.time_zone) == ("Mira Holm", "fr", "Europe/Paris")
    page = browser.get("/me/")
    assert '<html lang="fr"' in page.text
    assert "data-keys" in page.text


def test_single_letter_keys_can_be_switched_off(browse, person):
    browser = browse(person)
    browser.post("/me/profile/", {"first_name": "Mira"})
    assert " data-keys" not in browser.get("/me/").text


def test_an_unknown_zone_is_refused_and_what_was_typed_stays(browse, person):
    answer = browse(person).post("/me/profile/", {"first_name": "Mirabelle", "time_zone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert 'value="Mirabelle"' in answer.text
    person.refresh_from_db()
    assert person.first_name == "Mira"


def test_a_new_password_needs_the_former_one_and_keeps_this_session(person):
    here, there = Browser(), Browser()
    sign_in(here)
    sign_in(there)
    new = {"new_password1": "four-green-hats", "new_password2": "four-green-hats"}
    assert here.post("/me/password/", {"old_password": "guess", **new}).status_code == 422
    assert here.post("/me/password/", {"old_password": PASSWORD, **new}).status_code == 302
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    assert sign_in(Browser(), "four-green-hats").status_code == 302


def test_a_person_sees_the_own_tokens_without_their_secret_and_nobody_elses(browse, person):
    now = timezone.now()
    _token, secret = create_token(user=person, name="the bridge", days=1, actor=None, at=now)
    create_token(user=person, name="the old one", days=1, actor=None, at=now - timedelta(days=2))
    create_token(user=a_user(), name="a strangers key", actor=None, at=now)
    page = browse(person).get("/me/").text
    assert "the bridge" in page
    assert "Works" in page
    assert "Expired" in page
    assert "a strangers key" not in page
    assert secret not in page


def test_the_language_of_a_person_goes_into_the_profile_a_strangers_into_a_cookie(client, browse, person):
    assert browse(person).post("/language/", {"language": "fr", "next": "/me/"}).url == "/me/"
    person.refresh_from_db()
    assert person.language == "fr"
    client.post("/language/", {"language": "fr", "next": "https://example.org/"})
    assert '<html lang="fr"' in client.get("/sign-in/").text
    client.post("/language/", {"language": "klingon"})
    assert '<html lang="fr"' in client.get("/sign-in/").text


@pytest.mark.parametrize("there", ["0", "a\x00b", "2026-02-30"])
def test_a_way_back_that_is_no_address_breaks_nothing(client, there):
    assert client.post("/language/", {"language": "fr", "next": there}).status_code == 302

"""An installation for others does not start with an unsafe setting; a look round on one's own machine does."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tamhub.checks import duty_mailbox, production, refuse_unsafe_settings
from tamhub.secret import secret_key
from tests.processes import ROOT

SAFE = {
    "SITE_IS_LOCAL": False,
    "SITE_IS_SECURE": True,
    "SITE_URL": "https://tam.provider.example",
    "DEBUG": False,
    "DEMO": False,
    "ALLOWED_HOSTS": ["tam.provider.example"],
    "DUTY_EMAIL": "duty@provider.example",
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "SECRET_KEY": "k" * 60,
}


@pytest.fixture
def installed(settings):
    """`installed(NAME=value)` is a public installation that is safe but for what is named."""

    def install(**unsafe: object) -> None:
        for name, value in {**SAFE, **unsafe}.items():
            setattr(settings, name, value)

    return install


def errors() -> list[str]:
    return [message.id or "" for message in [*duty_mailbox(), *production()] if message.is_serious()]


@pytest.mark.parametrize(
    ("unsafe", "found"),
    [
        ({}, []),
        ({"DUTY_EMAIL": "nobody"}, ["tamhub.E001"]),
        ({"DEBUG": True}, ["tamhub.E002"]),
        ({"SITE_IS_SECURE": False}, ["tamhub.E003"]),
        ({"ALLOWED_HOSTS": ["*"]}, ["tamhub.E004"]),
        ({"DUTY_EMAIL": "duty@localhost"}, ["tamhub.E005"]),
        ({"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}, ["tamhub.E006"]),
        ({"SECRET_KEY": "short"}, ["tamhub.E007"]),
        ({"DEMO": True}, ["tamhub.E008"]),
    ],
)
def test_each_unsafe_setting_of_a_public_installation_is_found(installed, unsafe, found):
    installed(**unsafe)
    assert errors() == found


def test_a_look_round_on_ones_own_machine_needs_no_settings():
    assert errors() == []


def test_the_web_server_refuses_to_start_with_an_unsafe_setting_and_says_which(installed):
    installed(DEBUG=True)
    with pytest.raises(ImproperlyConfigured, match=r"tamhub\.E002 .*Unset DEBUG"):
        refuse_unsafe_settings()


def test_the_wsgi_entry_point_asks_for_that(tmp_path):
    environment = {"SITE_URL": "http://tam.provider.example", "TAMHUB_DATA": str(tmp_path), "PATH": ""}
    started = subprocess.run(
        [sys.executable, "-c", "import tamhub.wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert "tamhub.E003" in started.stderr


def test_every_variable_that_the_settings_read_stands_in_the_table():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "tamhub" / "settings.py").read_text()))
    table = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "configuration.md").read_text()))
    assert read <= table


def test_the_secret_key_is_made_once_for_all_who_ask_and_only_its_owner_reads_it(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key(tmp_path), range(16)))
    assert len(keys) == 1
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert len(keys.pop()) >= 50

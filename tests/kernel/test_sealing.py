"""What is sealed is read again by this installation, and by nobody else."""

import pytest
from cryptography.fernet import Fernet

from kernel.sealing import Unreadable, seal, unseal

SECRET = "https://hooks.chat.example/services/T0/B0/secrét"


def test_a_secret_comes_back_and_is_not_to_be_seen():
    sealed = seal(SECRET, purpose="endpoint")
    assert "secr" not in sealed
    assert unseal(sealed, purpose="endpoint") == SECRET
    assert seal(SECRET, purpose="endpoint") != sealed


def test_a_changed_key_reads_what_the_former_one_sealed(settings):
    sealed = seal(SECRET, purpose="endpoint")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "n" * 60
    assert unseal(sealed, purpose="endpoint") == SECRET
    anew = seal(SECRET, purpose="endpoint")
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(anew, purpose="endpoint") == SECRET
    with pytest.raises(Unreadable):
        unseal(sealed, purpose="endpoint")


def test_what_was_sealed_for_one_purpose_is_not_readable_as_another():
    with pytest.raises(Unreadable):
        unseal(seal(SECRET, purpose="endpoint"), purpose="webhook")


@pytest.mark.parametrize(
    "sealed",
    ["", "x", "ä", Fernet(Fernet.generate_key()).encrypt(b"x").decode()],
    ids=["empty", "short", "not ASCII", "by another key"],
)
def test_what_was_never_sealed_here_is_unreadable(sealed):
    with pytest.raises(Unreadable):
        unseal(sealed, purpose="endpoint")

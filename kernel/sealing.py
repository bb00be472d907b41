"""Secrets that must be read again, such as the address of a chat: stored encrypted with keys made from SECRET_KEY.

What was sealed under a former SECRET_KEY stays readable while that one stands in SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """It was sealed under a key that is not known here, or changed since."""


def seal(secret: str, *, purpose: str) -> str:
    """`purpose` belongs to the key: what was sealed for one purpose cannot be passed off as another's."""
    return _cipher(purpose).encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str, *, purpose: str) -> str:
    """The secret again. Raises Unreadable."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("sealed under a key that is not known any more") from None


def _cipher(purpose: str) -> MultiFernet:
    return MultiFernet(_fernet(key, purpose) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def _fernet(key: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tamhub.sealing:{purpose}".encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(key.encode())))

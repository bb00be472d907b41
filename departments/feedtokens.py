"""The secret in a feed's address: 40 random characters; stored as an HMAC with the installation's key."""

import secrets

from django.utils.crypto import salted_hmac


def new_token() -> str:
    return secrets.token_urlsafe(30)


def digest(token: str) -> str:
    return salted_hmac("departments.CalendarFeed", token, algorithm="sha256").hexdigest()


def hint(token: str) -> str:
    return token[:6]

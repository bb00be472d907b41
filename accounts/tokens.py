"""The form of an API token: `tamhub_` and 40 random characters; stored as an HMAC with the installation's key."""

import secrets

from django.utils.crypto import salted_hmac

PREFIX = "tamhub_"


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(30)


def digest(token: str) -> str:
    return salted_hmac("accounts.ApiToken", token, algorithm="sha256").hexdigest()


def hint(token: str) -> str:
    return token[len(PREFIX) : len(PREFIX) + 6]

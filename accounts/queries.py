"""Reads of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.models import ApiToken, User


@dataclass(frozen=True, slots=True)
class OwnToken:
    """A token as its owner sees it: never the secret. `is_usable` is off once it is revoked or expired."""

    token: ApiToken
    clients: tuple[str, ...]
    is_usable: bool


def tokens_of(user: User, *, at: datetime) -> list[OwnToken]:
    """A person's tokens, the newest first; two queries."""
    rows = ApiToken.objects.filter(user=user).prefetch_related("clients").order_by("-created_at", "-pk")
    return [
        OwnToken(
            token=token,
            clients=tuple(client.name for client in token.clients.all()),
            is_usable=token.revoked_at is None and (token.expires_at is None or token.expires_at > at),
        )
        for token in rows
    ]

"""Making one-time links; using them is `links`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from accounts.models import User
from projects.models import ActionLink, Task

LIVES = timedelta(days=14)


def digest(token: str) -> str:
    return salted_hmac("projects.ActionLink", token, algorithm="sha256").hexdigest()


def issue(wanted: Sequence[tuple[User, Task, str]], *, at: datetime) -> list[str]:
    """A secret for each (person, task, step), in the order asked for; only its digest is kept."""
    tokens = [secrets.token_urlsafe(30) for _one in wanted]
    ActionLink.objects.bulk_create(
        (
            ActionLink(digest=digest(token), user=user, task=task, step=step, created_at=at, expires_at=at + LIVES)
            for token, (user, task, step) in zip(tokens, wanted, strict=True)
        ),
        batch_size=500,
    )
    return tokens

"""Writes of calendar feeds: their secret address is shown once, when it is made."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from departments import feedtokens
from departments.models import CalendarFeed, Department
from kernel import history
from kernel.locking import lock


@transaction.atomic
def open_feed(*, user: User, kind: str, department: Department | None, at: datetime) -> tuple[CalendarFeed, str]:
    """A new secret address for what `kind` shows; the one the person had for it no longer works."""
    lock(User.objects.all()).get(pk=user.pk)
    token = feedtokens.new_token()
    fields = {"digest": feedtokens.digest(token), "hint": feedtokens.hint(token), "created_at": at}
    feed, is_new = CalendarFeed.objects.update_or_create(user=user, kind=kind, department=department, defaults=fields)
    history.record(feed, "created" if is_new else "renewed", actor=user, at=at)
    return feed, token


@transaction.atomic
def revoke_feed(*, feed: CalendarFeed, actor: User, at: datetime) -> None:
    """Its address answers as if it had never been."""
    history.record(feed, "revoked", actor=actor, at=at, text=f"{feed.kind} {feed.hint}")
    feed.delete()

"""The signed address in each digest by which its reader ends them without signing in."""

from __future__ import annotations

import uuid

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from alerts.models import NotificationHours


def _signer() -> Signer:
    return Signer(salt="alerts.unsubscribe")


def unsubscribe_path(hours: NotificationHours) -> str:
    return reverse("unsubscribe", args=[_signer().sign(hours.unsubscribe_key.hex)])


def hours_behind(token: str) -> NotificationHours | None:
    """Whose digests the address ends; None if it was not made here."""
    try:
        key = uuid.UUID(hex=_signer().unsign(token))
    except (BadSignature, ValueError):
        return None
    return NotificationHours.objects.select_related("user").filter(unsubscribe_key=key).first()

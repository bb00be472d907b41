"""The ways out: one `render` and one `send` for every delivery, so that who delivers need not know its channel."""

from __future__ import annotations

from alerts import mail
from alerts.models import Delivery


def render(delivery: Delivery) -> mail.Mail:
    """What the delivery says over its channel; the same for every attempt."""
    return mail.render(delivery)


def send(delivery: Delivery, content: mail.Mail) -> None:
    """Hand the message over; returns only when it was taken. Raises `mail.NotSent`, which says what follows."""
    mail.send(delivery, content)

"""The ways out: one `render` and one `send` for every delivery, so that who delivers need not know its channel."""

from __future__ import annotations

from django.template.loader import render_to_string

from alerts import mail
from alerts.channels import chat
from alerts.models import Delivery


def render(delivery: Delivery) -> mail.Mail:
    """What the delivery says over its channel; the same for every attempt."""
    if delivery.channel != Delivery.Channel.CHAT:
        return mail.render(delivery)
    if delivery.alert is None:
        return mail.Mail(
            subject=delivery.subject, text=f"{delivery.body}\n\n{mail.work_url(delivery)}".strip(), html=""
        )
    with mail.as_read_by(delivery.recipient):
        context = mail.alert_context(delivery, delivery.alert)
        text = render_to_string("alerts/chat/body.txt", context)
        return mail.Mail(subject=mail.subject_line(context), text=text.strip(), html="")


def send(delivery: Delivery, content: mail.Mail) -> None:
    """Hand the message over; returns only when it was taken. Raises `mail.NotSent`, which says what follows."""
    if delivery.channel == Delivery.Channel.CHAT:
        chat.send(delivery, content)
    else:
        mail.send(delivery, content)

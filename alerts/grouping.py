"""Many alerts, or much news, for one address as one mail: a line each. Each stays a delivery of its own."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from alerts import mail
from alerts.models import Alert, Delivery


def envelope(deliveries: Sequence[Delivery]) -> Delivery:
    """The mail that they share, as a delivery that is not stored.

    It is known by their group: its Message-ID stays over all attempts, though some of them may have been withdrawn
    between two.
    """
    first = deliveries[0]
    assert first.group is not None
    language = first.work.get("language", "")
    with mail.as_read_by(first.recipient, language=language):
        subject, lines = _news(deliveries) if first.notice == Delivery.Notice.WORK else _alerts(deliveries)
        body = "\n\n".join([_("So many came at once that they share this mail."), *lines])
    return Delivery(
        public_id=first.group,
        channel=first.channel,
        notice=first.notice,
        recipient=first.recipient,
        role=first.role,
        address=first.address,
        subject=subject,
        body=body,
        work={"language": language},
    )


def _news(deliveries: Sequence[Delivery]) -> tuple[str, list[str]]:
    """In the order of their coming; each page says what can be done."""
    subject = _("%(n)d messages about your work at once") % {"n": len(deliveries)}
    return subject, [f"{one.subject}\n{mail.work_url(one)}" for one in deliveries]


def _alerts(deliveries: Sequence[Delivery]) -> tuple[str, list[str]]:
    """Breaches first."""
    rows = sorted(
        ((one, one.alert) for one in deliveries if one.alert is not None),
        key=lambda row: (not row[1].is_breach, row[1].due_at, row[1].pk),
    )
    subject = _("%(n)d alerts at once, %(late)d of them past their target") % {
        "n": len(rows),
        "late": sum(alert.is_breach for _one, alert in rows),
    }
    return subject, [_line(one, alert) for one, alert in rows]


def _line(delivery: Delivery, alert: Alert) -> str:
    context = mail.alert_context(delivery, alert)
    return f"{mail.subject_line(context)}\n{settings.SITE_URL}{alert.snapshot['subject']['path']}"

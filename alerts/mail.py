"""Alerts as mails: what they say, how they are handed to the mail server, and what its answer means."""

from __future__ import annotations

import json
import logging
import re
import smtplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import is_staff_member
from alerts.models import Alert, Delivery
from alerts.routing import chain_of
from alerts.unsubscribing import unsubscribe_path
from alerts.words import reason_label, role_label
from kernel.sealing import Unreadable, seal, unseal

log = logging.getLogger(__name__)

_STEPS = "alerts.steps"

# Instead of Django's own one, which a server may hold up for ever.
_BOUNDED = {"django.core.mail.backends.smtp.EmailBackend": "alerts.smtp.EmailBackend"}
# Control characters, and those that turn the direction of writing, so that a title reads as something else.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_LONGEST_SUBJECT = 300


class Failure(Enum):
    """What to do about a message that was not taken."""

    RETRY = "retry"
    PERMANENT = "permanent"
    GONE = "gone"  # permanent, and the address is no more: nothing is to be sent there again
    UNTRUSTED = "untrusted"  # tried again, and the operators are told: the other side cannot prove who it is

    @property
    def is_permanent(self) -> bool:
        return self in {Failure.PERMANENT, Failure.GONE}


class NotSent(Exception):
    """The server did not take the message. The text is what it said, shortened and on one line.

    `retry_after` is how long the server asks to wait, where it asks.
    """

    def __init__(self, message: str, failure: Failure = Failure.RETRY, *, retry_after: timedelta | None = None) -> None:
        super().__init__(one_line(message)[:500])
        self.failure = failure
        self.retry_after = retry_after


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str
    html: str


def clean(text: str) -> str:
    """Several lines, each as `one_line` leaves it."""
    return "\n".join(map(one_line, text.splitlines()))


def one_line(text: str) -> str:
    """Without control characters: what stands in a title cannot become a header or a line of a log."""
    return _CONTROL.sub(" ", text).strip()


@contextmanager
def as_read_by(recipient: User | None, *, language: str = "") -> Iterator[str]:
    """In the language and time zone of the person, or of the installation; yields the language. `language` is that of
    somebody without an account."""
    language = (recipient.language if recipient else language) or settings.LANGUAGE_CODE
    zone = (recipient.time_zone if recipient else "") or settings.TIME_ZONE
    with translation.override(language), timezone.override(zone):
        yield language


def render(delivery: Delivery) -> Mail:
    """The same for every attempt, because it says nothing of the present."""
    with as_read_by(delivery.recipient, language=delivery.work.get("language", "")) as language:
        if delivery.alert is None:
            return _as_it_stands(delivery, language)
        context = {**alert_context(delivery, delivery.alert), "language": language}
        return Mail(
            subject=subject_line(context),
            text=render_to_string("alerts/mail/body.txt", context),
            html=render_to_string("alerts/mail/body.html", context),
        )


def subject_line(context: Mapping[str, Any]) -> str:
    subject: str = render_to_string("alerts/mail/subject.txt", dict(context)).replace("\xa0", " ")
    return one_line(subject)[:_LONGEST_SUBJECT]


def _as_it_stands(delivery: Delivery, language: str) -> Mail:
    """What belongs to no alert was written when it was owed. A digest also says how to be rid of it; a message about
    work has the addresses of its page and its steps beside it."""
    has_settings = delivery.recipient is not None and is_staff_member(delivery.recipient)
    context = {
        "subject": delivery.subject,
        "body": delivery.body,
        "language": language,
        "preferences_url": f"{settings.SITE_URL}/me/notifications/" if has_settings else "",
        "unsubscribe_url": unsubscribe_url(delivery),
        "site_url": settings.SITE_URL,
        "url": work_url(delivery),
        "steps": [(label, settings.SITE_URL + path) for label, path in steps_of(delivery)],
    }
    name = "work" if delivery.notice == Delivery.Notice.WORK else "plain"
    return Mail(
        subject=one_line(delivery.subject)[:_LONGEST_SUBJECT],
        text=render_to_string(f"alerts/mail/{name}.txt", context),
        html=render_to_string(f"alerts/mail/{name}.html", context),
    )


def seal_steps(steps: Sequence[tuple[str, str]]) -> str:
    """Labels and paths as they are stored: whoever reads the database takes nobody's steps."""
    named = [[one_line(label), path] for label, path in steps]
    return seal(json.dumps(named), purpose=_STEPS) if named else ""


def steps_of(delivery: Delivery) -> list[tuple[str, str]]:
    """Labels and paths of what a message about work lets its reader do; none that were sealed under a lost key."""
    sealed = delivery.work.get("steps", "")
    try:
        return [(label, path) for label, path in json.loads(unseal(sealed, purpose=_STEPS))] if sealed else []
    except Unreadable:
        log.warning("The steps of delivery %s cannot be read: they were sealed under another SECRET_KEY", delivery.pk)
        return []


def work_url(delivery: Delivery) -> str:
    """The page that a message about work is about; empty for other messages."""
    path = delivery.work.get("path", "")
    return f"{settings.SITE_URL}{path}" if path else ""


def unsubscribe_url(delivery: Delivery) -> str:
    """The address that ends a person's digests without signing in; empty for what is no digest."""
    if delivery.notice != Delivery.Notice.DIGEST or delivery.recipient is None:
        return ""
    return f"{settings.SITE_URL}{unsubscribe_path(delivery.recipient.notification_hours)}"


def alert_context(delivery: Delivery, alert: Alert) -> dict[str, Any]:
    """What the words about an alert are made of, with nothing in it that could pretend to be something else."""
    subject = {name: one_line(str(value)) for name, value in alert.snapshot["subject"].items()}
    passed_over = [
        f"{one_line(candidate.name)} ({role_label(candidate.role)}, {reason_label(candidate.skipped)})"
        for candidate in chain_of(alert.snapshot)
        if candidate.skipped and candidate.in_chain
    ]
    facts = [
        (_("Client"), subject["client"]),
        (_("Priority"), subject["priority"]),
        (_("Department"), subject["department"]),
        (_("Due"), _instant(alert.due_at)),
        (_("Noticed"), _instant(alert.detected_at)),
    ]
    if changed_at := alert.snapshot.get("late_by_change_at"):
        facts.append((_("Late by a change of the promise on"), _instant(datetime.fromisoformat(changed_at))))
    if stale_since := alert.snapshot.get("stale_since"):
        facts.append((_("Data may be stale since"), _instant(datetime.fromisoformat(stale_since))))
    return {
        "alert": alert,
        "subject": subject,
        "facts": facts,
        "is_retraction": delivery.notice == Delivery.Notice.RETRACTED,
        "target": alert.snapshot["target_s"],
        "role": role_label(delivery.role),
        "passed_over": passed_over,
        "url": settings.SITE_URL + subject["path"],
        "site_url": settings.SITE_URL,
    }


def _instant(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), _("D j M Y H:i:s T"))


def send(delivery: Delivery, mail: Mail) -> None:
    """Hand the mail to the server; returns only when it was taken. Raises NotSent."""
    try:
        validate_email(delivery.address)
    except ValidationError:
        raise NotSent(f"not a mail address: {delivery.address}", Failure.PERMANENT) from None
    message = EmailMultiAlternatives(mail.subject, mail.text, to=[delivery.address], headers=_headers(delivery))
    message.attach_alternative(mail.html, "text/html")
    connection = get_connection(_BOUNDED.get(settings.EMAIL_BACKEND))
    try:
        taken = connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        failure = Failure.PERMANENT if 500 <= code < 600 else Failure.RETRY
        raise NotSent(f"{code} {_decoded(said)}", failure) from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"{error.smtp_code} {_decoded(error.smtp_error)}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"{type(error).__name__}: {error}") from error
    if not taken:
        raise NotSent("the mail server took nothing")


def _headers(delivery: Delivery) -> dict[str, str]:
    """The Message-ID stays over all attempts, so that a repeated mail is known; a subject's mails make a thread.

    A digest can be ended by one click in the mail program (RFC 8058).
    """
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{delivery.public_id}@{host}>", "Auto-Submitted": "auto-generated"}
    if delivery.alert is not None:
        thread = f"{delivery.alert.subject_kind}-{delivery.alert.subject_id}"
    else:
        thread = delivery.work.get("thread", "")
    if thread:
        headers |= dict.fromkeys(("In-Reply-To", "References"), f"<{thread}@{host}>")
    if url := unsubscribe_url(delivery):
        headers |= {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers


def _decoded(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said

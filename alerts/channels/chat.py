"""Messages to chat and push services, through apprise under our guard, and what their answers mean.

apprise says only whether a message was taken; the status comes from the guard, which sees each answer.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import requests
from apprise import NotifyFormat
from django.conf import settings

from alerts.channels.addresses import open_service
from alerts.mail import Failure, Mail, NotSent, one_line
from alerts.models import Delivery, Endpoint
from kernel.outbound import Guard, NameUnknown, Refused, guarded, is_untrusted
from kernel.sealing import Unreadable, unseal

PURPOSE = "alerts.endpoint"
LONGEST_RETRY_AFTER = timedelta(hours=1)
_TRY_AGAIN = frozenset({408, 425, 429})
_GONE = 410
_KNOWN = frozenset(HTTPStatus)
_MENTION = re.compile(r"(?<!\w)@(?=\w)|<(?=[!@#&\w])|\](?=\()")
_MARKUP = re.compile(r"([\\`*_\[\]()~#|<>!])")


def send(delivery: Delivery, content: Mail) -> None:
    """Hand the message to the service; returns only when it was taken. Raises NotSent; no text of it is a secret."""
    endpoint = delivery.endpoint
    if endpoint is None:
        raise NotSent("the address was removed", Failure.PERMANENT)
    if endpoint.disabled_at is not None:
        raise NotSent("the address is switched off", Failure.PERMANENT)
    try:
        service = open_service(unseal(endpoint.sealed_url, purpose=PURPOSE))
    except Unreadable:
        raise NotSent("the address cannot be read any more: enter it anew", Failure.PERMANENT) from None
    if service is None:
        raise NotSent("the service does not know such an address", Failure.PERMANENT)
    written, body_format = _FORMATS.get(endpoint.kind, (_plain, NotifyFormat.TEXT))
    with guarded() as guard:
        try:
            is_taken = service.notify(
                title=written(one_line(content.subject)), body=written(content.text), body_format=body_format
            )
        except Exception as error:  # noqa: BLE001 - of any of a hundred services; its text may hold the address
            raise NotSent(f"the service's client failed: {type(error).__name__}") from None
    _judge(guard, is_taken=bool(is_taken))


def _judge(guard: Guard, *, is_taken: bool) -> None:
    """By the first answer that is not a yes; without an answer, by what went wrong."""
    refused = next((answer for answer in guard.responses if not answer.ok or answer.status_code >= 300), None)
    if refused is not None:
        raise _refusal(refused)
    if guard.failure is not None:
        raise _no_answer(guard.failure)
    if not guard.responses:
        raise NotSent("the service was not called: its address is incomplete", Failure.PERMANENT)
    if not is_taken:
        raise NotSent(f"{guard.responses[-1].status_code}, but the service did not take the message")


def _refusal(answer: requests.Response) -> NotSent:
    status = answer.status_code
    said = f"{status} {HTTPStatus(status).phrase}" if status in _KNOWN else str(status)
    if status in _TRY_AGAIN or status >= 500:
        return NotSent(said, retry_after=_retry_after(answer))
    if status == _GONE:
        return NotSent(said, Failure.GONE)
    return NotSent(said, Failure.PERMANENT)


def _no_answer(failure: requests.RequestException) -> NotSent:
    if is_untrusted(failure):
        return NotSent("the service's certificate proves nothing", Failure.UNTRUSTED)
    if isinstance(failure, Refused):
        return NotSent(str(failure), Failure.PERMANENT)
    if isinstance(failure, NameUnknown):
        return NotSent(str(failure))
    if isinstance(failure, requests.Timeout):
        return NotSent("the call took too long")
    return NotSent(f"no answer: {type(failure).__name__}")


def _retry_after(answer: requests.Response) -> timedelta | None:
    """What the service asks to wait, by header or, as Telegram and Discord say it, in the answer; an hour at most."""
    asked = answer.headers.get("Retry-After", "") or _asked_in(answer)
    try:
        wait = timedelta(seconds=max(0.0, min(float(asked), LONGEST_RETRY_AFTER.total_seconds())))
    except ValueError:
        try:
            wait = parsedate_to_datetime(asked).astimezone(UTC) - datetime.now(UTC)
        except (ValueError, OverflowError):
            return None
    return max(timedelta(0), min(wait, LONGEST_RETRY_AFTER))


def _asked_in(answer: requests.Response) -> str:
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    inner = said.get("parameters")
    return str((inner if isinstance(inner, dict) else said).get("retry_after", ""))


def _plain(text: str) -> str:
    """Nobody is called by a mention, and no link hides behind a word; our own link stays one."""
    return _outside_of_links(text, lambda part: _MENTION.sub(lambda found: f"{found[0]}\u200b", part))


def _escaped(text: str) -> str:
    return html.escape(_plain(text), quote=False)


def _as_markdown(text: str) -> str:
    return _outside_of_links(_plain(text), lambda part: _MARKUP.sub(r"\\\1", part))


def _outside_of_links(text: str, change: Callable[[str], str]) -> str:
    parts = re.split(rf"({re.escape(settings.SITE_URL)}/\S*)", text)
    return "".join(part if number % 2 else change(part) for number, part in enumerate(parts))


# How each service wants its text, and what apprise is to take it for.
_FORMATS: dict[str, tuple[Callable[[str], str], NotifyFormat]] = {
    Endpoint.Kind.TEAMS: (_as_markdown, NotifyFormat.MARKDOWN),
    Endpoint.Kind.MATTERMOST: (_as_markdown, NotifyFormat.TEXT),
    Endpoint.Kind.TELEGRAM: (_escaped, NotifyFormat.HTML),
}

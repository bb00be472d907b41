"""Addresses of chat and push services as people enter them: read, checked, and never shown again.

What is kept is the address in apprise's form. People may enter that, or what their service shows them to copy.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import apprise
from apprise.plugins import NotifyBase
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alerts.models import Endpoint
from kernel.errors import Invalid
from kernel.outbound import Refused, check_host, guarded

Kind = Endpoint.Kind
_LONGEST = 2000
_PLUGINS: Mapping[str, frozenset[str]] = {
    Kind.SLACK: frozenset({"slack"}),
    Kind.TEAMS: frozenset({"workflow", "workflows"}),
    Kind.TELEGRAM: frozenset({"tgram"}),
    Kind.MATTERMOST: frozenset({"mmost", "mmosts"}),
    Kind.NTFY: frozenset({"ntfy", "ntfys"}),
}
EXAMPLES: Mapping[str, str | Promise] = {
    Kind.SLACK: gettext_lazy("In Slack, add an “Incoming Webhook” and copy its address: https://hooks.slack.com/…"),
    Kind.TEAMS: gettext_lazy(
        "In Teams, add the workflow “Post to a channel when a webhook request is received” and copy its address."
    ),
    Kind.TELEGRAM: gettext_lazy(
        "The bot's token, a slash, and the number of the chat: 123456789:AAbbCC…/-100123456. Ask @BotFather for a bot."
    ),
    Kind.MATTERMOST: gettext_lazy("The incoming webhook's address: https://chat.example.com/hooks/…"),
    Kind.NTFY: gettext_lazy("The topic's address: https://ntfy.sh/a-topic-nobody-guesses"),
    Kind.OTHER: gettext_lazy("An address in the form of apprise, for example discord://… or gotifys://…"),
}
# They name files of this machine, or ask for other things than to post a message.
_FORBIDDEN = frozenset(
    {"template", "attach", "keyfile", "subfile", "config", "include", "tag", "retry", "wait", "delay"}
)
# Services that need files of this machine, or connections that the guard does not see.
_EXCLUDED = frozenset({"fcm", "vapid", "nostr", "apprise", "apprises"})


@dataclass(frozen=True)
class Address:
    """`url` is the secret in apprise's form; `hint` is what people may see of it."""

    url: str
    hint: str


def read(kind: str, text: str) -> Address:
    """What a person entered for a service of this kind. Raises Invalid, which says what to do."""
    entered = text.strip()
    if not entered or len(entered) > _LONGEST or any(ord(char) < 32 or char.isspace() for char in entered):
        raise _invalid(_("An address is one word without spaces, at most 2000 characters. %(example)s"), kind)
    url = _in_apprises_form(kind, entered)
    found = apprise.plugins.url_to_dict(url, secure_logging=True)  # type: ignore[no-untyped-call]
    service = open_service(url)
    if found is None or service is None:
        raise _invalid(_("This is not such an address. %(example)s"), kind)
    schema = str(found["schema"])
    if kind in _PLUGINS and schema not in _PLUGINS[kind]:
        raise _invalid(_("This address belongs to another service. %(example)s"), kind)
    if not is_guarded(type(service), schema=schema):
        raise Invalid(_("This service is not spoken to by HTTPS; TamHub sends nothing else."), field="address")
    if forbidden := _FORBIDDEN & {str(name).lower() for name in found.get("qsd", {})}:
        message = _("Leave out “%(names)s”: an address says where to, nothing else.")
        raise Invalid(message % {"names": ", ".join(sorted(forbidden))}, field="address")
    if len(service) != 1:
        raise Invalid(_("Name one channel or chat; add an address for each."), field="address")
    called = _first_call(service)
    try:
        check_host(called)
    except Refused as refused:
        message = _("TamHub may not call this address: %(reason)s. An administrator can allow a host of your own.")
        raise Invalid(message % {"reason": refused}, field="address") from None
    return Address(url=url, hint=_hint(service, called, url))


def open_service(url: str) -> NotifyBase | None:
    """apprise's client of the service, without its pictures, files and threads; None if it cannot read the address."""
    asset = apprise.AppriseAsset(
        app_id="TamHub",
        app_desc="TamHub",
        app_url=settings.SITE_URL,
        image_url_mask="",
        image_url_logo="",
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        async_mode=False,
        secure_logging=True,
    )
    service: NotifyBase | None = apprise.Apprise.instantiate(url, asset=asset)
    return service


def _in_apprises_form(kind: str, entered: str) -> str:
    if kind == Kind.TELEGRAM and re.match(r"\d+:", entered):
        return f"tgram://{entered}"
    parts = urlsplit(entered)
    if parts.scheme not in {"http", "https"}:
        return entered
    secure = "s" if parts.scheme == "https" else ""
    if kind == Kind.MATTERMOST and "/hooks/" in parts.path:
        before, _hooks, key = parts.path.rpartition("/hooks/")
        return f"mmost{secure}://{parts.netloc}{before}/{key}"
    if kind == Kind.NTFY:
        return f"ntfy{secure}://{parts.netloc}{parts.path}"
    return entered


def is_guarded(service: type[NotifyBase], *, schema: str) -> bool:
    """Whether all of a service's calls go through the guard: it speaks through `requests` (`kernel.outbound`)."""
    return schema not in _EXCLUDED and hasattr(sys.modules[service.__module__], "requests")


def _first_call(service: NotifyBase) -> str:
    """Where the service would post to: only a dry call tells, for each service builds its address in its own way."""
    with guarded(dry=True) as guard:
        service.notify(body="TamHub")
    return guard.called


def _hint(service: NotifyBase, called: str, url: str) -> str:
    path = url.partition("?")[0].rstrip("/")
    return f"{service.service_name}, {urlsplit(called).hostname}/…{path[-2:]}"[:100]


def _invalid(message: str, kind: str) -> Invalid:
    return Invalid(message % {"example": EXAMPLES[kind]}, field="address")

"""What a history line keeps of changed fields, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.templatetags.ui import NOTHING, number
from projects.lifecycle import BlockReason, RequestStatus, TaskStatus
from projects.models import Project

LONGEST = 80
_FIELDS: Final[dict[str, str | Promise]] = {
    "name": gettext_lazy("name"),
    "goal": gettext_lazy("goal"),
    "phase": gettext_lazy("phase"),
    "architect": gettext_lazy("architect"),
    "tam": gettext_lazy("TAM"),
    "deputy": gettext_lazy("deputy"),
    "until": gettext_lazy("until"),
    "sla_policy": gettext_lazy("SLA policy"),
    "promised_go_live": gettext_lazy("go-live promised"),
    "title": gettext_lazy("title"),
    "text": gettext_lazy("words of the client"),
    "requested_by": gettext_lazy("who asks"),
    "wanted_on": gettext_lazy("wanted by"),
    "promised_at": gettext_lazy("promised"),
    "what": gettext_lazy("what to do"),
    "department": gettext_lazy("department"),
    "assignee": gettext_lazy("person"),
    "estimate_h": gettext_lazy("estimate"),
    "optimistic_h": gettext_lazy("low estimate"),
    "pessimistic_h": gettext_lazy("high estimate"),
    "not_before": gettext_lazy("earliest start"),
    "deadline": gettext_lazy("deadline"),
    "is_public": gettext_lazy("the client sees it"),
    "touches": gettext_lazy("what it touches"),
    "block_reason": gettext_lazy("what it needs"),
    "lag_h": gettext_lazy("lag"),
    "status": gettext_lazy("state"),
}
_CHOICES: Final[dict[str, Mapping[str, str | Promise]]] = {
    "phase": dict(Project.Phase.choices),
    "block_reason": dict(BlockReason.choices),
    "status": {**dict(RequestStatus.choices), **dict(TaskStatus.choices)},
}


def in_words(changes: Mapping[str, Any]) -> list[str]:
    """ "deadline: 3 Mar 17:00 → 5 Mar 17:00", one for each field."""
    return [
        _("%(field)s: %(before)s → %(after)s")
        % {"field": _FIELDS.get(name, name.replace("_", " ")), "before": _said(name, old), "after": _said(name, new)}
        for name, (old, new) in changes.items()
    ]


def _said(name: str, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in _CHOICES.get(name, {}):
        return str(_CHOICES[name][value])
    if name.endswith("_h"):
        return _("%(hours)s h") % {"hours": number(float(value), 0 if float(value).is_integer() else 1)}
    text = _moment(str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _moment(text: str) -> str:
    """Days and instants of the history in the reader's zone and manner; anything else as it is."""
    try:
        if len(text) == len("2026-03-02"):
            return formats.date_format(date.fromisoformat(text), _("D j M"))
        at = datetime.fromisoformat(text) if "-" in text and ":" in text else None
    except ValueError:
        return text
    if at is None or at.tzinfo is None:
        return text
    return formats.date_format(timezone.localtime(at), _("D j M H:i"))

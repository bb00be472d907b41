"""The history of a task in words, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from kernel.models import History
from projects.lifecycle import BlockReason

# What a line looks like: its icon, and the tone of its dot ("" is grey).
_LOOKS: Final[dict[str, tuple[str, str]]] = {
    "created": ("plus", ""),
    "changed": ("pencil", ""),
    "assigned": ("user", "blue"),
    "taken": ("user-plus", "blue"),
    "handed over": ("arrow-right-left", "blue"),
    "ticked": ("circle-check", "green"),
    "unticked": ("circle", ""),
    "noted": ("message-square", ""),
    "package kept": ("package-check", ""),
    "started": ("play", "blue"),
    "completed": ("check", "green"),
    "blocked": ("octagon-alert", "red"),
    "unblocked": ("play", "blue"),
    "returned": ("undo-2", "amber"),
    "reopened": ("undo-2", "amber"),
    "cancelled": ("circle-x", ""),
    "dependency added": ("git-branch", ""),
    "dependency changed": ("git-branch", ""),
    "dependency removed": ("git-branch", ""),
}
_FIELDS: Final[dict[str, str | Promise]] = {
    "title": gettext_lazy("title"),
    "what": gettext_lazy("what to do"),
    "department": gettext_lazy("department"),
    "assignee": gettext_lazy("person"),
    "estimate_h": gettext_lazy("estimate"),
    "optimistic_h": gettext_lazy("low estimate"),
    "pessimistic_h": gettext_lazy("high estimate"),
    "not_before": gettext_lazy("earliest start"),
    "deadline": gettext_lazy("deadline"),
    "is_public": gettext_lazy("whether the client sees it"),
    "touches": gettext_lazy("what it touches"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: `text` is what somebody wrote, `detail` who it was and through what."""

    key: str
    at: datetime
    icon: str
    tone: str
    title: str
    detail: str = ""
    text: str = ""


def lines_of(history: Iterable[History]) -> list[Line]:
    return [_told(line) for line in history]


def _told(line: History) -> Line:
    icon, tone = _LOOKS.get(line.verb, ("info", ""))
    if "waiting_for" in line.changes:
        tone = "amber"
    says_itself = line.verb in {"ticked", "unticked"} or line.verb.startswith("dependency")
    return Line(
        key=f"h{line.pk}",
        at=line.at,
        icon=icon,
        tone=tone,
        title=_title(line),
        detail=_("%(person)s, %(via)s") % {"person": line.actor, "via": line.via}
        if line.actor and line.via
        else str(line.actor or ""),
        text="" if says_itself else line.text,
    )


def _title(line: History) -> str:
    words = {
        "created": _("Task created"),
        "changed": _changed(line.changes),
        "assigned": _given(line.changes),
        "taken": _("Taken"),
        "handed over": _handed(line.changes),
        "ticked": _("Seen to: %(line)s") % {"line": line.text},
        "unticked": _("Not after all: %(line)s") % {"line": line.text},
        "noted": _("Note"),
        "package kept": _("Handover package kept"),
        "started": _passing(line.changes) or _("Started"),
        "completed": _passing(line.changes, is_end=True) or pgettext("of a task", "Done"),
        "blocked": _("Blocked: %(reason)s") % {"reason": _reason(line.changes)},
        "unblocked": _("Goes on"),
        "returned": _("Returned"),
        "reopened": _("Opened again"),
        "cancelled": pgettext("of a task", "Cancelled"),
        "dependency added": _("Waits for %(task)s") % {"task": line.text},
        "dependency changed": _("Waits otherwise for %(task)s") % {"task": line.text},
        "dependency removed": _("Waits no longer for %(task)s") % {"task": line.text},
    }
    return words.get(line.verb, capfirst(line.verb))


def _passing(changes: dict[str, Any], *, is_end: bool = False) -> str:
    """Who went past what it waited for says so; "" where nobody did."""
    if "waiting_for" not in changes:
        return ""
    names = ", ".join(changes["waiting_for"][0])
    if not names:
        return _("Done before its time") if is_end else _("Started before its time")
    return (_("Done without waiting for %(tasks)s") if is_end else _("Started without waiting for %(tasks)s")) % {
        "tasks": names
    }


def _changed(changes: dict[str, Any]) -> str:
    names = [str(_FIELDS.get(name, name)) for name in changes]
    return _("Changed: %(fields)s") % {"fields": ", ".join(names)}


def _given(changes: dict[str, Any]) -> str:
    _before, after = changes.get("assignee", (None, None))
    return _("Given to %(person)s") % {"person": after} if after else _("Nobody has it any more")


def _handed(changes: dict[str, Any]) -> str:
    to = [changes[name][1] for name in ("department", "assignee") if name in changes and changes[name][1]]
    return _("Handed over to %(whom)s") % {"whom": ", ".join(to)} if to else _("Handed over")


def _reason(changes: dict[str, Any]) -> str:
    _before, after = changes.get("block_reason", (None, ""))
    return str(BlockReason(after).label) if after in BlockReason.values else str(after or "")

"""What happened to a request, in words; the client's people read the part that is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from kernel import history
from kernel.models import History
from projects.lifecycle import RequestStatus
from projects.models import ChangeRequest

MOST_LINES = 100


@dataclass(frozen=True)
class _Told:
    """How a verb of the history is told; `words`: what was written along with it is for the client, too."""

    title: str | Promise
    icon: str
    is_public: bool = False
    words: bool = False


VERBS = {
    "recorded": _Told(_("Taken in"), "inbox", is_public=True),
    "changed": _Told(_("Changed"), "pencil"),
    "clarifying begun": _Told(_("Clarifying begun"), "message-circle-question-mark", is_public=True),
    "question asked": _Told(_("Question asked"), "message-circle-question-mark"),
    "question answered": _Told(_("Question answered"), "message-square"),
    "question withdrawn": _Told(_("Question withdrawn"), "x"),
    "reminded": _Told(_("Reminded"), "bell"),
    "decomposing begun": _Told(_("Decomposing begun"), "git-branch", is_public=True),
    "decomposed": _Told(_("Decomposed"), "git-branch"),
    "agreed": _Told(_("Agreed"), "circle-check", is_public=True),
    "promised": _Told(_("Promised anew"), "calendar"),
    "work begun": _Told(_("Work begun"), "play", is_public=True),
    "delivered": _Told(_("Delivered"), "package-check", is_public=True, words=True),
    "accepted": _Told(pgettext_lazy("of a change request", "Accepted"), "circle-check", is_public=True, words=True),
    "sent back": _Told(_("Sent back"), "undo-2", is_public=True, words=True),
    "rejected": _Told(_("Rejected"), "circle-x", is_public=True, words=True),
    "withdrawn": _Told(_("Withdrawn"), "circle-x", is_public=True, words=True),
    "feedback asked": _Told(_("Feedback asked of the client"), "mail"),
    "feedback given": _Told(_("Feedback given"), "star"),
    "file attached": _Told(_("File attached"), "paperclip"),
    "file removed": _Told(_("File removed"), "x"),
}


@dataclass(frozen=True)
class Line:
    """`who` is empty where nobody is named: to the client, the provider speaks as one."""

    at: datetime
    icon: str
    title: str
    who: str
    text: str


def delivery_note(request: ChangeRequest) -> str:
    """What was written along with the last delivery; one query."""
    row = history.of(request).filter(verb="delivered").first()
    return row.text if row is not None else ""


def not_accepted(request: ChangeRequest) -> History | None:
    """Why the client sent back what was delivered last, while it is in work for that; at most one query."""
    if request.status != RequestStatus.IN_WORK:
        return None
    row = history.of(request).filter(verb__in=["delivered", "sent back"]).first()
    return row if row is not None and row.verb == "sent back" else None


def text_of(row: History) -> str:
    """What was written along with it, or what it comes to, in the reader's language."""
    if row.verb == "promised":
        return ""
    if row.verb == "decomposed" and "tasks" in row.changes:
        before, after = row.changes["tasks"]
        return ngettext("%(n)d task", "%(n)d tasks", after - before) % {"n": after - before}
    return row.text


def lines_of(request: ChangeRequest, *, is_internal: bool) -> list[Line]:
    """Newest on top; one query."""
    rows = history.of(request).filter(verb__in=[verb for verb, told in VERBS.items() if is_internal or told.is_public])
    found = []
    for row in rows[:MOST_LINES]:
        told = VERBS[row.verb]
        text = text_of(row) if is_internal or told.words else ""
        who = str(row.actor) if is_internal and row.actor is not None else ""
        found.append(Line(row.at, told.icon, str(told.title), who, text))
    return found

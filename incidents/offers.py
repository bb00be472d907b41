"""What a person may do with an incident as it stands: by its state and by the person's rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from incidents.models import Incident, Status
from incidents.permissions import (
    Person,
    may_assign,
    may_comment,
    may_edit,
    may_hold,
    may_reopen,
    may_take,
    may_work,
)

Allowed = Callable[[Person, Incident], bool]

MAY: dict[str, Allowed] = {
    "acknowledge": may_work,
    "hold": may_hold,
    "resume": may_work,
    "resolve": may_work,
    "reopen": may_reopen,
    "close": may_edit,
    "take": may_take,
    "assign": may_assign,
    "comment": may_comment,
    "edit": may_edit,
}
_FROM = {
    "acknowledge": (Status.NEW,),
    "hold": (Status.NEW, Status.IN_PROGRESS),
    "resume": (Status.ON_HOLD,),
    "resolve": (Status.NEW, Status.IN_PROGRESS, Status.ON_HOLD),
    "take": (Status.NEW, Status.IN_PROGRESS, Status.ON_HOLD),
    "reopen": (Status.RESOLVED, Status.CLOSED),
    "close": (Status.NEW, Status.IN_PROGRESS, Status.ON_HOLD, Status.RESOLVED),
    "assign": (Status.NEW, Status.IN_PROGRESS, Status.ON_HOLD, Status.RESOLVED),
}
# The one thing to do next, by state.
_PRIMARY = {
    Status.NEW: "acknowledge",
    Status.IN_PROGRESS: "resolve",
    Status.ON_HOLD: "resume",
    Status.RESOLVED: "close",
}


@dataclass(frozen=True)
class Offers:
    """The names of the actions that make sense now and are allowed; `primary` is the first of them, or empty."""

    names: frozenset[str]
    primary: str

    def __contains__(self, name: str) -> bool:
        return name in self.names


NOTHING = Offers(frozenset(), "")


def may(user: Person, incident: Incident, action: str) -> bool:
    return MAY[action](user, incident)


def offers_for(user: Person, incident: Incident) -> Offers:
    names = {
        name
        for name, allowed in MAY.items()
        if incident.status in _FROM.get(name, Status.values) and allowed(user, incident)
    }
    if incident.assignee_id is not None:
        names.discard("take")
    primary = _PRIMARY.get(Status(incident.status), "")
    return Offers(frozenset(names), primary if primary in names else "")

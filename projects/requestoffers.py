"""What can be done with a request now: by its state, its tasks and the person's rights."""

from __future__ import annotations

from collections.abc import Callable

from accounts.permissions import Person
from projects.lifecycle import BEFORE_AGREEMENT, REQUEST_TRANSITIONS, RequestStatus
from projects.models import ChangeRequest
from projects.permissions import may_accept, may_attach, may_lead_request, may_withdraw

R = RequestStatus
Allowed = Callable[[Person, ChangeRequest], bool]
AT_WORK = frozenset({R.AGREED.value, R.IN_WORK.value})

MAY: dict[str, Allowed] = {
    "ask": may_lead_request,
    "start-decomposing": may_lead_request,
    "agree": may_lead_request,
    "promise": may_lead_request,
    "deliver": may_lead_request,
    "accept": may_accept,
    "send-back": may_accept,
    "reject": may_lead_request,
    "withdraw": may_withdraw,
    "edit": may_lead_request,
    "attach": may_attach,
}
_FROM = {
    "ask": BEFORE_AGREEMENT | AT_WORK,
    "start-decomposing": {R.NEW, R.CLARIFYING},
    "agree": BEFORE_AGREEMENT,
    "promise": AT_WORK,
    "deliver": AT_WORK,
    "accept": {R.DELIVERED},
    "send-back": {R.DELIVERED},
    "reject": {status for status, targets in REQUEST_TRANSITIONS.items() if R.REJECTED in targets},
    "withdraw": {status for status, targets in REQUEST_TRANSITIONS.items() if R.WITHDRAWN in targets},
    "edit": BEFORE_AGREEMENT | AT_WORK,
}


def may(user: Person, request: ChangeRequest, action: str) -> bool:
    return MAY[action](user, request)


def offers_for(user: Person, request: ChangeRequest, *, has_tasks: bool) -> frozenset[str]:
    """The names of the actions that make sense now and are allowed."""
    found = {
        name
        for name, allowed in MAY.items()
        if (name not in _FROM or request.status in _FROM[name]) and allowed(user, request)
    }
    return frozenset(found if has_tasks else found - {"agree", "deliver"})


def primary(request: ChangeRequest, *, open_questions: int, open_tasks: int) -> str:
    """The one thing to do next, whoever does it."""
    if request.status in {R.NEW, R.CLARIFYING}:
        return "ask" if request.status == R.NEW or open_questions else "start-decomposing"
    if request.status in AT_WORK:
        return "" if open_tasks else "deliver"
    return {R.DECOMPOSING: "agree", R.DELIVERED: "accept"}.get(R(request.status), "")

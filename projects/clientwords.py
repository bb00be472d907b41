"""What a client's people are told of their request: the same words on their page and on ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from projects.lifecycle import BEFORE_AGREEMENT, RequestStatus
from projects.models import ChangeRequest, Clarification
from projects.requesthistory import delivery_note
from sla.businesstime import BusinessCalendar, CalendarError

# How soon the client hears from us: a working day, in the client's hours.
WORK_DAY_S = 8 * 3600


@dataclass(frozen=True)
class ClientWords:
    """`lead` and `rest` are sentences, `note` is what was written along with the delivery. `next_word_at`: when we say
    something again; `is_if_answered`: counted from an answer given now; `is_late`: it has passed."""

    lead: str
    rest: str
    note: str
    questions: Sequence[Clarification]
    contact: User | None
    promised_at: datetime | None
    next_word_at: datetime | None
    is_if_answered: bool
    is_late: bool


def client_words(
    request: ChangeRequest, questions: Sequence[Clarification], *, hours: BusinessCalendar, now: datetime
) -> ClientWords:
    """`questions` are those to the client, answered ones as well."""
    owed = [question for question in questions if question.is_open]
    lead, rest = _said(request, len(owed))
    next_word_at = None
    if request.status in BEFORE_AGREEMENT:
        since = now if owed else max([request.opened_at, *(one.answered_at for one in questions if one.answered_at)])
        next_word_at = _a_work_day_after(since, hours)
    return ClientWords(
        lead=lead,
        rest=rest,
        note=delivery_note(request) if request.status == RequestStatus.DELIVERED else "",
        questions=owed,
        contact=request.project.stands_in(now) or request.project.tam_in_charge,
        promised_at=request.promised_at if request.status in {RequestStatus.AGREED, RequestStatus.IN_WORK} else None,
        next_word_at=next_word_at,
        is_if_answered=bool(owed),
        is_late=next_word_at is not None and next_word_at < now,
    )


def _said(request: ChangeRequest, owed: int) -> tuple[str, str]:
    if owed and request.status not in {RequestStatus.DELIVERED, RequestStatus.ACCEPTED}:
        lead = ngettext("We need %(n)d answer from you.", "We need %(n)d answers from you.", owed) % {"n": owed}
        if request.status in BEFORE_AGREEMENT:
            return lead, _("When we have them all, you get the plan and a date within one working day.")
        return lead, _("The work goes on meanwhile where it can.")
    return {
        RequestStatus.AGREED: (_("It is agreed."), _("The work is planned.")),
        RequestStatus.IN_WORK: (_("We are working on it."), ""),
        RequestStatus.DELIVERED: (
            _("It is ready for you."),
            _("Try it, and tell us whether it is what you asked for."),
        ),
        RequestStatus.ACCEPTED: (_("You have accepted it."), _("Thank you.")),
        RequestStatus.REJECTED: (_("We will not do it."), request.ended_reason),
        RequestStatus.WITHDRAWN: (_("It was withdrawn."), request.ended_reason),
    }.get(
        RequestStatus(request.status),
        (_("We are preparing the plan."), _("You get it together with a date within one working day.")),
    )


def _a_work_day_after(since: datetime, hours: BusinessCalendar) -> datetime | None:
    try:
        return datetime.fromtimestamp(hours.add(int(since.timestamp()), WORK_DAY_S), UTC)
    except CalendarError:  # the hours never come again
        return None

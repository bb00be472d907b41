"""What the page of a request shows besides its own columns: steps, questions, whose time it took, what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.permissions import Person
from accounts.reach import reach_of
from kernel.bars import Bar, Segment, tenth
from kernel.templatetags.ui import duration
from projects.lifecycle import BEFORE_AGREEMENT, RequestStatus
from projects.models import ChangeRequest, Clarification
from projects.permissions import may_answer, may_lead_request
from projects.planning.waiting import Asked, Stretch, spent, stretches
from sla.businesstime import BusinessCalendar
from sla.terms import business_calendar

R = RequestStatus
ORDER = (R.NEW, R.CLARIFYING, R.DECOMPOSING, R.AGREED, R.IN_WORK, R.DELIVERED, R.ACCEPTED)


@dataclass(frozen=True)
class Step:
    """One of the states on the way; `state` is done, now or nothing."""

    label: str
    state: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Question:
    """`waited_s`: business time until the answer, or until now; `is_addressee`: asked of this person, or of those this
    person works with."""

    question: Clarification
    waited_s: int
    may_answer: bool
    may_remind: bool
    is_addressee: bool


@dataclass(frozen=True)
class Spent:
    """Whose time it took until it was agreed."""

    with_us_s: int
    waiting_s: int
    bar: Bar | None


@dataclass(frozen=True)
class Fact:
    """Something that should be known before a request is cut into tasks."""

    label: str
    is_known: bool


def steps_of(request: ChangeRequest, *, open_questions: int) -> list[Step]:
    """The way to acceptance, or how it ended before."""
    status = R(request.status)
    begun = Step(str(R.NEW.label), "done", request.opened_at)
    if status not in ORDER:
        return [begun, Step(str(status.label), "now", request.status_since)]
    times = {
        R.NEW: request.opened_at,
        R.AGREED: request.agreed_at,
        R.DELIVERED: request.delivered_at,
        R.ACCEPTED: request.accepted_at,
    }
    here = ORDER.index(status)
    found = []
    for place, one in enumerate(ORDER):
        state = "done" if place < here else "now" if place == here else ""
        label = str(one.label)
        if state == "now" and open_questions:
            words = ngettext("%(status)s, %(n)d open", "%(status)s, %(n)d open", open_questions)
            label = words % {"status": label, "n": open_questions}
        found.append(Step(label, state, times.get(one) if place <= here else None))
    return found


def questions_of(
    request: ChangeRequest, questions: Iterable[Clarification], user: Person, *, hours: BusinessCalendar, now: datetime
) -> list[Question]:
    """Open ones first; a wait is counted in the hours of whom it was asked."""
    leads, reach = may_lead_request(user, request), reach_of(user)
    found = []
    for question in questions:
        theirs = question.client_id in reach.contact_client_ids if question.to_client else None
        found.append(
            Question(
                question,
                waited_s=_hours_of(question, hours).between(
                    int(question.asked_at.timestamp()), int((question.answered_at or now).timestamp())
                ),
                may_answer=request.is_open and question.withdrawn_at is None and may_answer(user, question),
                may_remind=leads and question.is_open,
                is_addressee=question.department_id in reach.department_ids if theirs is None else theirs,
            )
        )
    return sorted(found, key=lambda one: (not one.question.is_open, one.question.pk))


def _hours_of(question: Clarification, client: BusinessCalendar) -> BusinessCalendar:
    if question.department is None or question.department.calendar is None:
        return client
    version = question.department.calendar.current_id
    return business_calendar(version) if version else client


def spent_on(
    request: ChangeRequest, questions: Iterable[Clarification], *, hours: BusinessCalendar, now: datetime
) -> Spent:
    """Until it was agreed, or ended before; `questions` are those to the client."""
    until = request.agreed_at or (now if request.status in BEFORE_AGREEMENT else request.status_since)
    asked = [
        Asked(int(one.asked_at.timestamp()), int(closed.timestamp()) if closed else None)
        for one in questions
        for closed in (one.answered_at or one.withdrawn_at,)
    ]
    parts = stretches(
        asked, begins=int(request.opened_at.timestamp()), ends=int(until.timestamp()), between=hours.between
    )
    with_us, waiting = spent(parts)
    return Spent(with_us, waiting, _bar(parts, with_us, waiting))


def _bar(parts: Sequence[Stretch], with_us: int, waiting: int) -> Bar | None:
    whole = with_us + waiting
    if not whole:
        return None
    segments, at = [], 0
    for part in parts:
        if part.seconds:
            kind = "pause" if part.is_waiting else "run"
            segments.append(
                Segment(x=tenth(at / whole * 100), width=tenth(part.seconds / whole * 100), kind=kind)  # type: ignore[arg-type]
            )
            at += part.seconds
    label = _("With us %(ours)s, waiting for the client %(theirs)s")
    return Bar(segments=tuple(segments), label=label % {"ours": duration(with_us), "theirs": duration(waiting)})


def facts_of(request: ChangeRequest, questions: Sequence[Clarification]) -> list[Fact]:
    """What is known of a request, and each question that was asked."""
    asked = [Fact(one.text, not one.is_open) for one in questions if one.withdrawn_at is None]
    return [
        Fact(_("What for, in the client’s words"), bool(request.text.strip())),
        Fact(_("Who asks, and accepts the result"), request.requested_by_id is not None),
        Fact(_("Until when it is wanted"), request.wanted_on is not None),
        *asked,
    ]

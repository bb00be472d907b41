"""What people hear of change requests, here and at the client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Contact, User
from alerts.mail import as_read_by
from alerts.operations.telling import News, Step, tell
from alerts.preferences import Event
from departments.queries import members
from departments.queries.duty import Stead
from projects.lifecycle import OPEN_TASK, RequestStatus
from projects.models import ChangeRequest, Clarification, Task
from projects.operations.telling.leading import leader_of
from projects.paths import feedback_path, request_path

MOST_NAMED = 20


def all_done(task: Task, *, actor: User | None, at: datetime) -> None:
    """The last task of a request has ended: it can be delivered."""
    request = task.change_request
    if request is None or request.tasks.filter(status__in=sorted(OPEN_TASK)).exists():
        return
    _tell_of_request(request, lambda: _("Everything is done: %(request)s can be delivered"), "done", actor=actor, at=at)


def request_came(request: ChangeRequest, *, actor: User | None, at: datetime) -> None:
    _tell_of_request(request, lambda: _("A new request: %(request)s"), "came", actor=actor, at=at)


def accepted(request: ChangeRequest, *, actor: User | None, at: datetime) -> None:
    _tell_of_request(request, lambda: _("Accepted by the client: %(request)s"), "accepted", actor=actor, at=at)


def sent_back(request: ChangeRequest, *, reason: str, actor: User | None, at: datetime) -> None:
    _tell_of_request(request, lambda: _("Not accepted: %(request)s"), "sent_back", more=[reason], actor=actor, at=at)


def ended(request: ChangeRequest, *, actor: User | None, at: datetime) -> None:
    """The client's contact hears of a refusal, who leads the project of a withdrawal."""
    if request.status == RequestStatus.REJECTED:
        _tell_contact(
            request,
            request.requested_by,
            lambda: (
                _("Your request “%(title)s” was declined") % {"title": request.title},
                [request.ended_reason],
            ),
            "rejected",
            at=at,
        )
        return
    more = [request.ended_reason]
    _tell_of_request(request, lambda: _("Withdrawn: %(request)s"), "withdrawn", more=more, actor=actor, at=at)


def delivered(request: ChangeRequest, *, actor: User | None, at: datetime) -> None:
    """The contact who asked is told to try it."""
    del actor
    _tell_contact(
        request,
        request.requested_by,
        lambda: (
            _("Ready for you to try: %(title)s") % {"title": request.title},
            [_("What you asked for is done. Please tell us whether it is what you need.")],
        ),
        f"delivered:{int(at.timestamp())}",
        at=at,
    )


def asked(question: Clarification, request: ChangeRequest, *, at: datetime) -> None:
    """The addressee hears the question: the contact, or the department's head."""
    number = int((question.reminded_at or question.asked_at).timestamp())
    if question.to_client:
        _tell_contact(
            request,
            question.contact,
            lambda: (_("A question about “%(title)s”") % {"title": request.title}, [question.text]),
            f"question:{question.pk}:{number}",
            at=at,
        )
        return
    department = question.department
    assert department is not None
    key = f"request:{request.pk}:question:{question.pk}:{number}"
    news = []
    for person in [department.head] if department.head else members(at=at).get(department.pk, [])[:MOST_NAMED]:
        with as_read_by(person):
            subject = _("A question to %(department)s: %(request)s") % {"department": department, "request": request}
            news.append(_request_news(person, Event.QUESTION, subject, [question.text], request, key=key))
    tell(news, now=at)


def answered(question: Clarification, request: ChangeRequest, *, actor: User | None, at: datetime) -> None:
    """Who asked hears the answer or who stands in, else who leads the project; for its TAM whoever leads it by then."""
    stead, asker = Stead.at(at), question.asked_by
    is_tams = asker is None or asker == request.project.tam_in_charge
    person = (None if is_tams or asker is None else stead.of(asker)) or leader_of(request.project, stead, at=at)
    if person is None or person == actor:
        return
    with as_read_by(person):
        subject = _("Answered: %(question)s") % {"question": question.text}
        key = f"request:{request.pk}:answer:{question.pk}:{int(at.timestamp())}"
        tell([_request_news(person, Event.REQUEST, subject, [question.answer], request, key=key)], now=at)


def feedback_asked(request: ChangeRequest, contact: Contact, token: str, *, at: datetime) -> None:
    with as_read_by(None, language=contact.language):
        subject = _("How was it? %(title)s") % {"title": request.title}
        body = _("One question, one click, no account needed.")
        steps = [Step(_("Say how it was"), feedback_path(token))]
        key = f"request:{request.pk}:feedback"
        tell([_contact_news(request, contact, subject, [body], key=key, steps=steps)], now=at)


def _tell_of_request(
    request: ChangeRequest,
    subject: Callable[[], str],
    what: str,
    *,
    more: Sequence[str] = (),
    actor: User | None,
    at: datetime,
) -> None:
    leader = leader_of(request.project, Stead.at(at), at=at)
    if leader is None or leader == actor:
        return
    with as_read_by(leader):
        said = subject() % {"request": request}
        lines = [f"{request.client} · {request.project}", *more]
        key = f"request:{request.pk}:{what}:{int(at.timestamp())}"
        tell([_request_news(leader, Event.REQUEST, said, lines, request, key=key)], now=at)


def _tell_contact(
    request: ChangeRequest,
    contact: Contact | None,
    words: Callable[[], tuple[str, list[str]]],
    what: str,
    *,
    at: datetime,
) -> None:
    """Mail to somebody of the client, with or without an account."""
    if contact is None or not contact.email:
        return
    with as_read_by(None, language=contact.language):
        subject, lines = words()
        path = request_path(request)
        tell([_contact_news(request, contact, subject, lines, path=path, key=f"request:{request.pk}:{what}")], now=at)


def _contact_news(
    request: ChangeRequest,
    contact: Contact,
    subject: str,
    lines: Sequence[str],
    *,
    key: str,
    path: str = "",
    steps: Sequence[Step] = (),
) -> News:
    return News(
        recipient=None,
        address=contact.email,
        language=contact.language,
        event=Event.REQUEST,
        subject=subject,
        body="\n".join(lines),
        path=path,
        client=request.client,
        key=key,
        steps=steps,
    )


def _request_news(
    person: User, event: Event, subject: str, lines: Sequence[str], request: ChangeRequest, *, key: str
) -> News:
    return News(
        recipient=person,
        event=event,
        subject=subject,
        body="\n".join(lines),
        path=request_path(request),
        client=request.client,
        key=key,
    )

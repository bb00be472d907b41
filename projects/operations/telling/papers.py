"""What people hear of documents and handovers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from alerts.mail import as_read_by
from alerts.operations.telling import News, tell
from alerts.preferences import Event
from departments.queries.duty import Stead
from projects.models import Document, Handover
from projects.operations.telling.leading import leader_of
from projects.paths import document_path, documents_path, handover_path

MOST_NAMED = 20


def documents_due(documents: Sequence[Document], *, at: datetime) -> None:
    """Who answers for documents, or stands in, hears once of all of a project that want a look."""
    stead = Stead.at(at)
    by_owner: dict[tuple[User, int], list[Document]] = defaultdict(list)
    for document in documents:
        person = stead.of(document.owner) if document.owner is not None else None
        person = person or leader_of(document.project, stead, at=at)
        if person is not None:
            by_owner[person, document.project_id].append(document)
    news = []
    for (person, _project), theirs in by_owner.items():
        with as_read_by(person):
            first, n = theirs[0], len(theirs)
            words = ngettext("Is it still true? %(first)s", "%(n)d documents want a look, as %(first)s", n)
            news.append(
                News(
                    recipient=person,
                    event=Event.DOCUMENT,
                    subject=words % {"n": n, "first": first},
                    body="\n".join(_line(document) for document in theirs[:MOST_NAMED]),
                    path=document_path(first) if n == 1 else documents_path(first.project),
                    client=first.client,
                    key=f"document:{first.pk}:due:{int(at.timestamp())}",
                )
            )
    tell(news, now=at)


def _line(document: Document) -> str:
    if document.suspect_at is not None:
        why = _("changed since: %(what)s") % {"what": document.suspect_reason}
    else:
        days = document.review_every_days
        why = ngettext("not verified for %(n)d day", "not verified for %(n)d days", days) % {"n": days}
    return f"{document.reference} {document} · {document.project} · {why}"


def to_sign(handover: Handover, person: User, *, actor: User | None, at: datetime) -> None:
    _tell_of_handover(handover, person, lambda: _("For your signature: %(project)s"), "sign", actor=actor, at=at)


def handover_returned(handover: Handover, *, actor: User | None, at: datetime) -> None:
    _tell_of_handover(
        handover,
        handover.giver,
        lambda: _("The handover was returned: %(project)s"),
        "returned",
        lines=[handover.return_reason],
        actor=actor,
        at=at,
    )


def handed_over(handover: Handover, *, actor: User | None, at: datetime) -> None:
    """The one who signed first hears that the other has, too."""
    for person in (handover.giver, handover.receiver):
        _tell_of_handover(handover, person, lambda: _("Handed over: %(project)s"), "done", actor=actor, at=at)


def _tell_of_handover(
    handover: Handover,
    person: User,
    words: Callable[[], str],
    what: str,
    *,
    lines: Sequence[str] = (),
    actor: User | None,
    at: datetime,
) -> None:
    if person == actor:
        return
    with as_read_by(person):
        body = [f"{handover.client} · {handover.get_kind_display()}: {handover.giver} → {handover.receiver}", *lines]
        tell(
            [
                News(
                    recipient=person,
                    event=Event.HANDOVER,
                    subject=words() % {"project": handover.project},
                    body="\n".join(body),
                    path=handover_path(handover.project),
                    client=handover.client,
                    key=f"handover:{handover.pk}:{what}:{int(at.timestamp())}",
                )
            ],
            now=at,
        )

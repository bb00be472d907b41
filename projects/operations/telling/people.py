"""What people hear of who leads a project: those who do, and the client's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import Contact, User
from alerts.mail import as_read_by
from alerts.operations.telling import News, tell
from alerts.preferences import Event
from projects.models import Project
from projects.paths import people_path, project_path
from projects.queries.brief import brief_of


def tam_named(project: Project, *, former: User | None, actor: User | None, at: datetime) -> None:
    """Somebody else answers for the project without a handover: the new TAM gets the brief that one would have had,
    the former one and the client's people hear whose it is."""
    tam = project.tam_in_charge
    if tam == former or project.phase == Project.Phase.CLOSED:
        return
    if tam is not None and tam != actor:
        with as_read_by(tam):
            words = _("You are the TAM of %(project)s now") % {"project": project}
            _tell(project, tam, words, brief_of(project, at=at), "tam", path=project_path(project), at=at)
    if former is not None and former != actor:
        with as_read_by(former):
            words = _("%(project)s is no longer yours") % {"project": project}
            said = _("Its TAM is %(person)s now.") % {"person": tam} if tam is not None else _("It has no TAM yet.")
            _tell(project, former, words, said, "former", path=project_path(project), at=at)
    client_hears_of_tam(project, at=at)


def client_hears_of_tam(project: Project, *, at: datetime) -> None:
    """The client's technical experts hear who speaks with them from now on; where there are none, everybody there."""
    tam = project.tam_in_charge
    contacts = list(Contact.objects.filter(client=project.client_id).exclude(email="").order_by("pk"))
    experts = [contact for contact in contacts if contact.kind == Contact.Kind.TECHNICAL_EXPERT]
    if tam is None:
        return
    news = []
    for contact in experts or contacts:
        with as_read_by(None, language=contact.language):
            names = {"person": tam, "project": project}
            lines = [_("Ask %(person)s whatever is technical about %(project)s.") % names]
            if tam.email:
                lines.append(_("You reach %(person)s at %(address)s.") % {"person": tam, "address": tam.email})
            news.append(
                News(
                    recipient=None,
                    address=contact.email,
                    language=contact.language,
                    event=Event.HANDOVER,
                    subject=_("Your technical account manager for %(project)s is %(person)s") % names,
                    body="\n".join(lines),
                    path="",
                    client=project.client,
                    key=f"project:{project.pk}:tam:{int(at.timestamp())}",
                )
            )
    tell(news, now=at)


def deputy_appointed(
    project: Project, deputy: User, *, from_at: datetime, until: datetime, actor: User | None, at: datetime
) -> None:
    """The deputy hears for which days, and the TAM, where somebody else decided it."""

    def words() -> str:
        days = {"from": _day(from_at), "until": _day(until)}
        return _("Requests, tasks and alerts go to the deputy from %(from)s until %(until)s.") % days

    _tell_both(project, deputy, lambda: _("%(person)s stands in on %(project)s"), words, "deputy", actor=actor, at=at)


def deputy_dismissed(project: Project, deputy: User, *, actor: User | None, at: datetime) -> None:
    def words() -> str:
        return _("Requests, tasks and alerts go to the TAM again.")

    _tell_both(
        project,
        deputy,
        lambda: _("%(person)s stands in no longer on %(project)s"),
        words,
        "no_deputy",
        actor=actor,
        at=at,
    )


def _tell_both(
    project: Project,
    deputy: User,
    subject: Callable[[], str],
    words: Callable[[], str],
    what: str,
    *,
    actor: User | None,
    at: datetime,
) -> None:
    for person in (deputy, project.tam_in_charge):
        if person is not None and person != actor:
            with as_read_by(person):
                said = subject() % {"person": deputy, "project": project}
                _tell(project, person, said, words(), what, path=people_path(project), at=at)


def _tell(project: Project, person: User, subject: str, body: str, what: str, *, path: str, at: datetime) -> None:
    key = f"project:{project.pk}:{what}:{int(at.timestamp())}"
    tell(
        [
            News(
                recipient=person,
                event=Event.HANDOVER,
                subject=subject,
                body=body,
                path=path,
                client=project.client,
                key=key,
            )
        ],
        now=at,
    )


def _day(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "j M Y H:i")

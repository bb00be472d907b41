"""One timeline of a project, put together from several sources; rooms above register what theirs is to tell.

Entries are ordered by time, the newest first; of one instant by the order of the sources, then by id. A place in it is
where the next page begins, so that each page costs the same however far back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import Q, TextChoices
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Person
from projects.models import Project

BIGGEST_ID = 2**63 - 1


class Kind(TextChoices):
    REQUEST = "request", _("Change requests")
    DECISION = "decision", _("Decisions")
    TASK = "task", _("Tasks")
    INCIDENT = "incident", _("Incidents")
    DOCUMENT = "document", _("Documents")
    PEOPLE = "people", _("People")
    PROJECT = "project", _("Project")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. `subject` is what it happened to, `text` what somebody wrote, `changes` what stands otherwise now."""

    id: int
    at: datetime
    kind: Kind
    icon: str
    title: str
    tone: str = ""
    subject: str = ""
    url: str = ""
    who: str = ""
    text: str = ""
    changes: Sequence[str] = ()


@dataclass(frozen=True)
class Span:
    """Which entries of a source are asked for: before (`at`, `id`), and not before `since`."""

    at: datetime | None = None
    id: int = 0
    since: datetime | None = None

    def of(self, column: str = "at") -> Q:
        found = Q()
        if self.at is not None:
            earlier = Q(**{f"{column}__lt": self.at}) | Q(**{column: self.at, "id__lt": self.id})
            found &= Q(**{f"{column}__lte": self.at}) & earlier
        return found & Q(**{f"{column}__gt": self.since}) if self.since is not None else found


class Source(Protocol):
    """`name` stays the same for good: it stands in addresses."""

    name: str
    kinds: frozenset[Kind]

    def entries(
        self, project: Project, *, user: Person, kinds: Collection[Kind], span: Span, limit: int
    ) -> list[Entry]:
        """At most `limit`, newest first, what the person may see; a constant number of queries."""
        ...


@dataclass(frozen=True)
class Page:
    entries: list[Entry]
    older: str


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Called once, when the room's models are ready."""
    _sources[source.name] = source


def page_of(
    project: Project,
    *,
    user: Person,
    kinds: Collection[Kind] = (),
    since: datetime | None = None,
    older: str = "",
    size: int,
) -> Page:
    """Some of the timeline, of some kinds or of all; `older` is a place that a page named, one that cannot be read is
    the beginning."""
    wanted = frozenset(kinds or Kind)
    names = list(_sources)
    place = _place(older, names)
    found: list[tuple[Entry, int]] = []
    for order, source in enumerate(_sources.values()):
        if source.kinds & wanted:
            asked = source.kinds & wanted
            span = _span(place, order, since)
            some = source.entries(project, user=user, kinds=asked, span=span, limit=size + 1)
            found += [(entry, order) for entry in some]
    found.sort(key=lambda one: (one[0].at, -one[1], one[0].id), reverse=True)
    shown = found[:size]
    if len(found) <= size:
        return Page([entry for entry, _order in shown], "")
    last, order = shown[-1]
    return Page([entry for entry, _order in shown], f"{last.at.isoformat()}~{names[order]}~{last.id}")


def _place(text: str, names: Sequence[str]) -> tuple[datetime, int, int] | None:
    at, _tilde, rest = text.partition("~")
    name, _tilde, number = rest.partition("~")
    try:
        instant = parse_datetime(at)
    except ValueError:
        return None
    if instant is None or instant.tzinfo is None or name not in names or not (number.isdecimal() and len(number) < 19):
        return None
    return instant, names.index(name), int(number)


def _span(place: tuple[datetime, int, int] | None, order: int, since: datetime | None) -> Span:
    """Of the instant where a page ended, earlier sources have told all, later ones nothing yet."""
    if place is None:
        return Span(since=since)
    at, last, number = place
    return Span(at, 0 if order < last else number if order == last else BIGGEST_ID, since)

"""What a rule would have changed, in words and links."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Client, User
from alerts.words import role_label
from incidents.filters import MET, MISSED
from incidents.trials import Verdict
from incidents.trying import Changed, Outcome, Tally
from kernel.templatetags.ui import NOTHING, duration, number, percent
from sla.ladder import NAMED
from sla.models import Clock

FEW, MOST = 25, 2000


@dataclass(frozen=True)
class Stat:
    """A figure before and after; `url` leads to the incidents behind the former."""

    label: str
    value: str
    note: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Line:
    """An incident that would change."""

    title: str
    reference: str
    url: str
    client: str
    opened_at: datetime
    kind: str
    before: str
    after: str
    is_missed_now: bool
    is_missed_then: bool
    because: str


@dataclass(frozen=True)
class Told:
    """How many messages somebody of the ladder gets."""

    who: str
    before: int
    after: int


@dataclass(frozen=True)
class Result:
    outcome: Outcome
    since: datetime
    until: datetime
    stats: tuple[Stat, ...]
    lines: tuple[Line, ...]
    more: int
    told: tuple[Told, ...]


def result_of(outcome: Outcome, *, since: datetime, until: datetime, client: Client | None, most: int = FEW) -> Result:
    """`most` is how many of the changed incidents are listed: the newly missed first, then by their opening."""
    changed = sorted(outcome.changed, key=lambda one: (not one.is_missed_then, one.opened_at, one.incident_id))
    names = sorted({*outcome.messages_before, *outcome.messages_after}, key=_place)
    people = _people(names)
    where = _Where(since, until, client)
    return Result(
        outcome=outcome,
        since=since,
        until=until,
        stats=tuple(_stats(outcome, where)),
        lines=tuple(_line(one) for one in changed[:most]),
        more=max(len(changed) - most, 0),
        told=tuple(
            Told(people.get(name) or role_label(name), outcome.messages_before[name], outcome.messages_after[name])
            for name in names
        ),
    )


@dataclass(frozen=True)
class _Where:
    """The list of incidents, narrowed to what was tried."""

    since: datetime
    until: datetime
    client: Client | None

    def url(self, **narrowed: str) -> str:
        query = QueryDict(mutable=True)
        query.update({"view": "all", "opened_after": _iso(self.since), "opened_before": _iso(self.until), **narrowed})
        if self.client is not None:
            query["client"] = self.client.slug
        return f"{reverse('incidents')}?{query.urlencode()}"


def _iso(at: datetime) -> str:
    return timezone.localtime(at, timezone.get_default_timezone()).isoformat()


def _stats(outcome: Outcome, where: _Where) -> list[Stat]:
    found = [
        Stat(
            _("Incidents"),
            number(outcome.incidents),
            _("every clock counted anew"),
            where.url(),
        )
    ]
    labels = {
        Clock.Kind.RESPONSE: _("Response in time"),
        Clock.Kind.RESOLUTION: _("Resolution in time"),
        Clock.Kind.UPDATE: _("Updates in time"),
    }
    for kind, label in labels.items():
        before, after = outcome.before[kind], outcome.after[kind]
        if kind != Clock.Kind.UPDATE or _decided(before) or _decided(after):
            found.append(
                Stat(
                    label,
                    f"{percent(before.share)} → {percent(after.share)}",
                    _("%(before)s missed, would be %(after)s")
                    % {"before": number(before.missed), "after": number(after.missed)},
                    where.url(clock=kind.value, verdict=MISSED),
                )
            )
    found.append(
        Stat(_("Newly missed"), number(outcome.newly_missed), _("promises"), tone="red" if outcome.newly_missed else "")
    )
    found.append(
        Stat(
            _("No longer missed"),
            number(outcome.no_longer_missed),
            _("promises"),
            tone="green" if outcome.no_longer_missed else "",
        )
    )
    return found


def _decided(tally: Tally) -> int:
    return tally.met + tally.missed


def _line(one: Changed) -> Line:
    return Line(
        title=one.title,
        reference=f"INC-{one.incident_id}",
        url=f"{reverse('clock', args=[one.incident_id, one.kind])}",
        client=one.client,
        opened_at=one.opened_at,
        kind=str(Clock.Kind(one.kind).label),
        before=_verdict(one.before),
        after=_verdict(one.after),
        is_missed_now=one.is_missed_now,
        is_missed_then=one.is_missed_then,
        because="; ".join(one.reasons),
    )


def _verdict(verdict: Verdict | None) -> str:
    if verdict is None:
        return NOTHING
    if verdict.verdict == MISSED:
        return _("Over by %(time)s") % {"time": duration(max(-verdict.left_s, 0))}
    if verdict.verdict == MET:
        return _("Met, %(time)s") % {"time": duration(verdict.used_s)}
    return _("%(time)s left") % {"time": duration(max(verdict.left_s, 0))}


def _people(names: Iterable[str]) -> dict[str, str]:
    """What those are called whom a ladder names; by their username if there is no such person any more."""
    usernames = {name.removeprefix(NAMED) for name in names if name.startswith(NAMED)}
    known = {person.username: str(person) for person in User.objects.filter(username__in=usernames)}
    return {f"{NAMED}{username}": known.get(username, username) for username in usernames}


def _place(name: str) -> tuple[bool, str]:
    """Offices first, named people after them."""
    return name.startswith(NAMED), name

"""The duty roster in sentences. Times are in the active zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import formats, timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from departments.models import Department
from departments.queries.roster import Line, Roster, Stretch

MOST_NAMED = 4
MOST_GAPS = 5


def duty_sentence(found: Roster, *, now: datetime) -> str:
    """Who is called now, and who comes next for those without anybody of their own."""
    if found.is_empty:
        return _("Nobody is on duty: nothing is planned yet. Outside working hours alerts go to the duty mailbox.")
    own = [(line, people) for line in found.departments if line.department and (people := _people_at(line, now))]
    parts = [_for(people, line.department.short) for line, people in own[:MOST_NAMED] if line.department]
    if len(own) > MOST_NAMED:
        rest = len(own) - MOST_NAMED
        others = ngettext("others for %(n)d department more", "others for %(n)d departments more", rest)
        parts.append(others % {"n": rest})
    everybody = _people_at(found.provider, now)
    ahead = [stretch for stretch in found.provider.stretches if stretch.starts_at > now]
    changes = next((stretch for stretch in ahead if stretch.people != tuple(everybody)), None)
    if everybody:
        place = _("everything else") if own else _("everything")
        ends_at = changes.starts_at if changes is not None and not changes.people else None
        parts.append(_for(everybody, place, until=moment(ends_at, now=now) if ends_at else ""))
    said = _("On duty now: %(parts)s.") % {"parts": _listed(parts)} if parts else _("Nobody is on duty now.")
    called = next((one for one in ahead if one.people and changes and one.starts_at >= changes.starts_at), None)
    if called is None:
        return said
    then = _("From %(time)s %(people)s for everything else.")
    words = {"time": moment(called.starts_at, now=now), "people": _listed(map(str, called.people))}
    return f"{said} {then % words}"


def gap_sentences(found: Roster, *, now: datetime) -> list[str]:
    """When nobody can be reached, the soonest first; departments with the same gap in one sentence.

    The last sentence counts those that are not told one by one.
    """
    if found.is_empty:
        return []
    together: dict[tuple[datetime, datetime], list[Department]] = {}
    for line in found.departments:
        for gap in line.gaps:
            if line.department is not None and gap.ends_at > now:
                together.setdefault((gap.starts_at, gap.ends_at), []).append(line.department)
    said = [
        _("Nobody is on duty for %(places)s from %(from)s to %(to)s.")
        % {"places": _places(departments), "from": moment(begins, now=now), "to": moment(ends, now=now)}
        for (begins, ends), departments in sorted(together.items(), key=lambda pair: pair[0])
    ]
    rest = len(said) - MOST_GAPS
    if rest > 0:
        more = ngettext("And %(n)d time more in these two weeks.", "And %(n)d times more in these two weeks.", rest)
        said[MOST_GAPS:] = [more % {"n": rest}]
    return said


def moment(instant: datetime, *, now: datetime) -> str:
    """ "18:00" today, else "Sat 08:00", with the date where the weekday alone could mislead."""
    local, today = timezone.localtime(instant), timezone.localdate(now)
    ahead = (local.date() - today).days
    if ahead == 0:
        return formats.date_format(local, "H:i")
    return formats.date_format(local, _("D H:i") if 0 < ahead < 6 else _("D j M H:i"))


def span(stretch: Stretch, *, begin: datetime, end: datetime) -> str:
    """The part of a stretch within a day: "18:00–24:00", empty for the whole day."""
    starts_at, ends_at = max(stretch.starts_at, begin), min(stretch.ends_at, end)
    if (starts_at, ends_at) == (begin, end):
        return ""
    until = "24:00" if ends_at == end else formats.date_format(timezone.localtime(ends_at), "H:i")
    return f"{formats.date_format(timezone.localtime(starts_at), 'H:i')}–{until}"


def _people_at(line: Line, now: datetime) -> Sequence[User]:
    return next((s.people for s in line.stretches if s.starts_at <= now < s.ends_at), ())


def _for(people: Iterable[User], place: str, *, until: str = "") -> str:
    words = {"people": _listed(map(str, people)), "place": place, "time": until}
    return (_("%(people)s for %(place)s until %(time)s") if until else _("%(people)s for %(place)s")) % words


def _places(departments: Sequence[Department]) -> str:
    names = [department.short for department in departments[:MOST_NAMED]]
    rest = len(departments) - MOST_NAMED
    if rest > 0:
        names.append(ngettext("%(n)d department more", "%(n)d departments more", rest) % {"n": rest})
    return _listed(names)


def _listed(names: Iterable[str]) -> str:
    return get_text_list(list(names), _("and"))

"""The page that explains a clock, put together: for a person, of an incident that this person sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from departments.models import Department
from incidents.attribution import attribution
from incidents.clocknames import clock_name
from incidents.clockrows import Row, ShownRow, from_to, rows_of, short_moment, shown_rows
from incidents.courses import next_opening
from incidents.explaining import Explained, Held, explained_clocks, kinds_shown_to, names_of, stored_clocks
from incidents.holders import Share, shares_by_department, shares_by_person, shares_of_waiting
from incidents.lifelines import Lifeline, lifeline, moment, waiting_for
from incidents.models import Incident, IncidentEvent
from incidents.permissions import Person, sees_internal_notes, sees_internal_side
from incidents.queries import readable, timeline
from incidents.targets import Change, Origin, origin_of
from kernel.templatetags.ui import countdown, duration
from sla.explain import Explanation, PieceKind
from sla.measure import epoch
from sla.models import Clock
from sla.permissions import may_read_policies
from sla.terms import business_calendar

# A life longer than this passes a day of the month twice.
FAR_S = 25 * 86_400


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Sum:
    """The last line of the table: target less used is what is left, and when that is used up."""

    words: str
    left: str
    due: str
    due_in_full: str
    is_over: bool


@dataclass(frozen=True)
class Blame:
    """What the resolution ran over, split among the stays whose department overran its own promise; without `parts` all
    kept theirs."""

    over_s: int
    parts: tuple[tuple[Department, int], ...]


@dataclass(frozen=True)
class Page:
    """`whole_url` leads to every stretch where the table puts some together; `zone` is named where it is not usual."""

    one: Explained
    title: str
    tabs: tuple[Tab, ...]
    text_url: str
    whole_url: str
    drawing: Lifeline
    counted: str
    paused: str
    left: str
    rows: tuple[ShownRow, ...]
    sum: Sum
    zone: str
    departments: tuple[Share, ...]
    people: tuple[Share, ...]
    waits: tuple[Share, ...]
    blame: Blame | None
    origin: Origin | None
    changes: tuple[str, ...]


def page_of(
    incident: Incident, kind: str, cycle: str, *, user: Person, now: datetime, whole: bool = False
) -> Page | None:
    """The clock of this kind and cycle (empty: the last one); None where the person sees none.

    About a dozen queries, however long the incident lives.
    """
    kinds = kinds_shown_to(user)
    if kind not in kinds:
        return None
    events = list(incident.events.order_by("at", "id"))
    found = explained_clocks(incident, events, now=now, kinds=[kind])
    chosen = [one for one in found if str(one.clock.cycle) == cycle] if cycle else found[-1:]
    if not chosen:
        return None
    one, is_internal, zone = chosen[0], sees_internal_side(user), zone_of(chosen[0].clock)
    names = names_of([one.life]) if is_internal else None
    hops = _hops(incident) if is_internal else {}
    is_far = one.life.ends_at - one.life.state.started_at > FAR_S
    rows = rows_of(one.life, whole=whole)
    calendar = business_calendar(one.clock.calendar_version_id)
    shown = shown_rows(
        rows,
        names=names,
        notes=_notes(incident, events, user),
        zone=zone,
        far=is_far,
        opens_at=next_opening(calendar, one.life.ends_at),
    )
    title = clock_name(one.clock, hops)
    clocks = stored_clocks(incident, kinds=kinds)
    origin = origin_of(incident, one.clock, one.run, now=now) if may_read_policies(user) else None
    return Page(
        one=one,
        title=title,
        tabs=tuple(Tab(clock_name(clock, hops), _address(clock), clock.pk == one.clock.pk) for clock in clocks),
        text_url=f"{reverse('clock-text', args=[incident.pk, kind])}?cycle={one.clock.cycle}",
        whole_url=f"{_address(one.clock)}&whole" if any(row.hidden or row.days > 1 for row in rows) else "",
        drawing=lifeline(
            one.life,
            calendar=calendar,
            zone=zone,
            summary=_summary(f"{incident.reference}, {title}", one.life, rows, zone),
        ),
        counted=countdown(one.life.used_s),
        paused=countdown(one.life.length_s(PieceKind.PAUSED)),
        left=countdown(one.life.left_s),
        rows=tuple(shown),
        sum=_sum(one.life, zone),
        zone=str(zone) if str(zone) != timezone.get_current_timezone_name() else "",
        departments=tuple(shares_by_department(one.life, names) if names else ()),
        people=tuple(shares_by_person(one.life, names) if names else ()),
        waits=tuple(shares_of_waiting(one.life)),
        blame=_blame(clocks, hops, now=now) if is_internal and one.clock.kind == Clock.Kind.RESOLUTION else None,
        origin=origin,
        changes=tuple(_change(change, one, zone) for change in origin.changes) if origin else (),
    )


def zone_of(clock: Clock) -> tzinfo:
    """Hours are told in the zone of their calendar; around the clock there are none."""
    version = clock.calendar_version
    return timezone.get_current_timezone() if version.always else ZoneInfo(version.timezone)


def _address(clock: Clock) -> str:
    return f"{reverse('clock', args=[clock.subject_id, clock.kind])}?cycle={clock.cycle}"


def _hops(incident: Incident) -> dict[int, Department]:
    return {hop.number: hop.department for hop in incident.hops.select_related("department")}


def _blame(clocks: Sequence[Clock], hops: Mapping[int, Department], *, now: datetime) -> Blame | None:
    """None where the target is kept, or no department promised anything."""
    if not any(clock.kind == Clock.Kind.FINISH for clock in clocks):
        return None
    found = attribution(clocks, now=now)
    parts = [(hops[number], seconds) for number, seconds in found.by_hop.items() if number in hops]
    return Blame(found.excess_s, tuple(parts)) if found.excess_s else None


def _notes(incident: Incident, events: Sequence[IncidentEvent], user: Person) -> Mapping[int, str]:
    """What was written when it was put on hold, as far as the person may read it, by instant."""
    shown = events if sees_internal_notes(user) else readable(timeline(incident, user), user)
    return {epoch(event.at): event.text for event in shown if event.hold_reason and event.text}


def _sum(life: Explanation[Held], zone: tzinfo) -> Sum:
    words = {
        "target": countdown(life.target_s),
        "used": countdown(life.used_s),
        "at": moment(life.ends_at, zone, seconds=True),
    }
    if life.state.stopped_at is not None:
        said = _("Target %(target)s less %(used)s used, stopped %(at)s") % words
    elif life.due_at is None:
        said = _("Target %(target)s less %(used)s used, if it goes on now, %(at)s") % words
    else:
        said = _("Target %(target)s less %(used)s used, from %(at)s on") % words
    due_at = life.due_at if life.due_at is not None else life.due_if_resumed
    return Sum(
        words=said,
        left=countdown(life.left_s),
        due="" if due_at is None else short_moment(due_at, zone),
        due_in_full="" if due_at is None else moment(due_at, zone, seconds=True),
        is_over=life.state.breached_at is not None,
    )


def _summary(name: str, life: Explanation[Held], rows: Sequence[Row], zone: tzinfo) -> str:
    """The drawing in a sentence for who does not see it."""
    said = [_("Life of %(clock)s.") % {"clock": name}]
    counted = [row for row in rows if row.kind is PieceKind.COUNTED]
    paused = [row for row in rows if row.kind is PieceKind.PAUSED]
    said.append(
        ngettext("Counted %(time)s in %(n)d stretch.", "Counted %(time)s in %(n)d stretches.", len(counted))
        % {"time": duration(life.used_s), "n": len(counted)}
    )
    said += [
        _("Paused %(when)s: %(why)s.")
        % {"when": from_to(row.start, row.end, zone, far=True), "why": waiting_for(row.waits or "")}
        for row in paused[:5]
    ]
    if life.due_at is not None:
        said.append(_("Deadline %(time)s.") % {"time": moment(life.due_at, zone, seconds=True)})
    return " ".join(said)


def _change(change: Change, one: Explained, zone: tzinfo) -> str:
    """What was changed and how the clock would stand without it."""
    words = {
        "at": moment(change.at, zone),
        "before": change.before,
        "after": change.after,
        "target": duration(change.target_s),
        "due": "" if change.state.due_at is None else moment(change.state.due_at, zone, seconds=True),
    }
    said = [_("%(at)s: %(before)s became %(after)s.") % words]
    if change.state.state == "breached":
        said.append(_("The target before, %(target)s, would be missed: it was due %(due)s.") % words)
    elif change.state.state == "met":
        said.append(_("The target before, %(target)s, would be met.") % words)
    elif words["due"]:
        said.append(_("The target before, %(target)s, would be due %(due)s.") % words)
    else:
        said.append(_("The target before was %(target)s.") % words)
    late_at = one.clock.late_by_change_at
    if late_at is not None and epoch(late_at) == change.at:
        said.append(_("Late by change: the new target was used up already."))
    return " ".join(said)

"""Whether what an import stored is what the oracle expects; tests ask it of a part of the log, the benchmark of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.models import Client
from departments.models import Department, GroupMapping
from incidents.models import Incident
from sla.models import Calendar, Clock, SlaPolicy
from sla.operations import TargetInput, create_calendar, create_policy
from tests.incidents.oracle import AroundTheClock, Expected, ExpectedClock, MinuteTable, Promise, expect, read

OFFICE = {
    "timezone": "Europe/Berlin",
    "hours": {
        **{day: [["08:30", "12:15"], ["13:00", "17:45"]] for day in ("mon", "tue", "wed", "thu", "fri")},
        "sat": [["09:00", "12:00"]],
    },
    "holidays": ["2016-03-25", "2016-03-28", "2016-05-05", "2016-05-16", "2016-10-03", "2016-12-26", "2017-01-06"],
}
TARGETS = {"P1": (15, 240), "P2": (30, 480), "P3": (240, 1440), "P4": (480, 4320)}
GROUPS = {
    "Group 70": "service-engineers",
    "Group 24": "unix",
    "Group 25": "unix",
    "Group 20": "dba",
    "Group 72": "network",
}


def promise_around_the_clock(*, at: datetime) -> tuple[SlaPolicy, Promise]:
    return _policy("oracle-24x7", Calendar.objects.get(slug="always"), at=at), Promise(AroundTheClock(), TARGETS)


def promise_in_office_hours(*, at: datetime) -> tuple[SlaPolicy, Promise]:
    calendar = create_calendar(slug="oracle-office", name="Office", fields=OFFICE, actor=None, at=at)
    table = MinuteTable(OFFICE["timezone"], OFFICE["hours"], OFFICE["holidays"])  # type: ignore[arg-type]
    return _policy("oracle-office", calendar, at=at), Promise(table, TARGETS)


def _policy(slug: str, calendar: Calendar, *, at: datetime) -> SlaPolicy:
    targets = [
        TargetInput(p, 60 * response, 60 * resolution, calendar) for p, (response, resolution) in TARGETS.items()
    ]
    return create_policy(slug=slug, name=slug, targets=targets, actor=None, at=at)


def map_groups(client: Client) -> None:
    """Some groups of the log are departments, the others stay unknown."""
    for group, slug in GROUPS.items():
        GroupMapping.objects.create(client=client, group=group, department=Department.objects.get(slug=slug))


def differences(path: Path, promise: Promise, *, client: Client, now: datetime, zone: str = "UTC") -> Iterator[str]:
    """Everything in which the stored incidents of a client are not what the log at `path` says."""
    slugs = dict(Department.objects.values_list("pk", "slug"))
    mapping = dict(GroupMapping.objects.filter(client=client).values_list("group", "department__slug"))
    stored = {
        incident.external_ref: incident
        for incident in Incident.objects.filter(client=client, source="servicenow").prefetch_related("hops", "events")
    }
    clocks: dict[tuple[int, str], list[Clock]] = {}
    for clock in Clock.objects.filter(client=client, subject_kind="incident"):
        clocks.setdefault((clock.subject_id, clock.kind), []).append(clock)
    for number, rows in read(path).items():
        wanted = expect(rows, promise, now=now, zone=zone)
        incident = stored.pop(number, None)
        if incident is None:
            yield f"{number} is missing"
            continue
        yield from _unequal(number, _facts(wanted, mapping), _stored_facts(incident, slugs))
        for kind, expected in (("response", wanted.response), ("resolution", wanted.resolution)):
            found = clocks.get((incident.pk, kind), [])
            if len(found) == 1:
                yield from _unequal(f"{number} {kind}", _clock_facts(expected), _stored_clock_facts(found[0]))
            else:
                yield f"{number} has {len(found)} {kind} clocks"
    for number in stored:
        yield f"{number} is not in the log"


def _facts(wanted: Expected, mapping: Mapping[str, str]) -> dict[str, Any]:
    hops: list[tuple[str, datetime]] = []
    for group, since in wanted.groups:
        slug = mapping.get(group, "support")
        if not hops or hops[-1][0] != slug:
            hops.append((slug, since))
    names = (
        "opened_at",
        "status",
        "hold_reason",
        "priority",
        "responded_at",
        "resolved_at",
        "closed_at",
        "reopen_count",
    )
    return {name: getattr(wanted, name) for name in names} | {"events": wanted.events, "hops": hops}


def _stored_facts(incident: Incident, slugs: Mapping[int, str]) -> dict[str, Any]:
    names = (
        "opened_at",
        "status",
        "hold_reason",
        "priority",
        "responded_at",
        "resolved_at",
        "closed_at",
        "reopen_count",
    )
    hops = [(slugs[hop.department_id], hop.started_at) for hop in incident.hops.all()]
    return {name: getattr(incident, name) for name in names} | {"events": len(incident.events.all()), "hops": hops}


def _clock_facts(wanted: ExpectedClock) -> dict[str, Any]:
    facts = {name: getattr(wanted, name) for name in ("state", "due_at", "stopped_at", "breached_at")}
    return facts | {"elapsed": timedelta(minutes=wanted.elapsed)}


def _stored_clock_facts(clock: Clock) -> dict[str, Any]:
    facts = {name: getattr(clock, name) for name in ("state", "due_at", "stopped_at", "breached_at")}
    return facts | {"elapsed": timedelta(seconds=clock.elapsed_s)}


def _unequal(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        if found[name] != value:
            yield f"{what}: {name} is {found[name]}, expected {value}"

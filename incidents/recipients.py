"""Whom alerts about incidents go to, for many clocks at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from accounts.models import User
from departments.models import Department
from departments.queries import Stead, next_at_work_of, on_duty
from incidents.models import Hop, Incident
from sla.ladder import NAMED
from sla.models import Clock
from sla.subjects import Candidate

BETWEEN_DEPARTMENTS = frozenset({Clock.Kind.ACCEPT, Clock.Kind.FINISH})
ROLES = ("assignee", "tam", "deputy", "head", "service_manager")


def chain_of_roles(kind: str) -> tuple[str, ...]:
    """Who is told in turn: about a promise to the client its TAM first, about a department's or vendor's who works."""
    if kind in BETWEEN_DEPARTMENTS:
        return ("assignee", "head", "tam")
    if kind == Clock.Kind.VENDOR:
        return ("assignee", "tam", "deputy", "head")
    return ("tam", "deputy", "head", "service_manager")


def candidates_of(
    clocks: Sequence[Clock], *, at: datetime, named: Collection[str] = ()
) -> Mapping[int, list[Candidate]]:
    """By the clocks' ids: the chain in its order, then those whom only a ladder names. At most twelve queries."""
    incidents = Incident.objects.select_related(
        "assignee",
        "client__tam",
        "client__deputy",
        "client__service_manager",
        "department__head",
        "project__client__tam",
        "project__client__deputy",
        "project__tam",
        "project__deputy",
    ).in_bulk({clock.subject_id for clock in clocks})
    departments = _departments(clocks, incidents)
    others = [(f"{NAMED}{user.username}", user) for user in User.objects.filter(username__in=named)] if named else []
    stead = Stead.at(at)
    duty = on_duty(at, {department.pk for department in departments.values()})
    asked, instead = {}, {}
    for clock in clocks:
        people = _people(incidents[clock.subject_id], departments[clock.pk])
        chain = chain_of_roles(clock.kind)
        project = incidents[clock.subject_id].project
        instead[clock.pk] = {"tam": project.stands_in(at)} if project is not None else {}
        asked[clock.pk] = [
            *((role, user, True) for role in chain if (user := people[role]) is not None),
            *((role, user, False) for role in ROLES if role not in chain and (user := people[role]) is not None),
            *(("on_duty", user, False) for user in duty[departments[clock.pk].pk]),
            *((role, user, False) for role, user in others),
        ]
    everybody = {user for rows in asked.values() for _role, user, _in_chain in rows}
    everybody |= {person for user in everybody if (person := stead.of(user)) is not None}
    works_from = next_at_work_of({user.pk for user in everybody}, at)
    return {pk: list(_candidates(rows, stead, works_from, instead=instead[pk], at=at)) for pk, rows in asked.items()}


def _departments(clocks: Iterable[Clock], incidents: Mapping[int, Incident]) -> dict[int, Department]:
    """By the clocks' ids: the department a clock between departments runs against, else the one that has it now."""
    runs_against = {clock.pk: clock for clock in clocks if clock.kind in BETWEEN_DEPARTMENTS}
    hops = {}
    if runs_against:
        subjects = {clock.subject_id for clock in runs_against.values()}
        rows = Hop.objects.filter(incident__in=subjects).select_related("department__head")
        hops = {(hop.incident_id, hop.number): hop.department for hop in rows}
    return {
        clock.pk: (hops.get((clock.subject_id, clock.cycle)) if clock.pk in runs_against else None)
        or incidents[clock.subject_id].department
        for clock in clocks
    }


def _people(incident: Incident, department: Department) -> dict[str, User | None]:
    client, project = incident.client, incident.project
    return {
        "assignee": incident.assignee,
        "tam": project.tam_in_charge if project is not None else client.tam,
        "deputy": project.deputy_in_charge if project is not None else client.deputy,
        "head": department.head,
        "service_manager": client.service_manager,
    }


def _candidates(
    rows: Iterable[tuple[str, User, bool]],
    stead: Stead,
    works_from: Mapping[int, datetime | None],
    *,
    instead: Mapping[str, User | None],
    at: datetime,
) -> Iterable[Candidate]:
    """Each person, and after who is away whoever stands in. Who is on duty is at work, whatever the hours. `instead`:
    the deputy of a role whose days these are, who is asked for it if there is a way to."""
    for role, user, in_chain in rows:
        deputy = stead.of(named) if (named := instead.get(role)) is not None else None
        person = deputy if deputy is not None and deputy.email else stead.of(user)
        is_away = person != user and user.is_active
        yield _candidate(role, user, is_away=is_away, in_chain=in_chain, works_from=works_from, at=at)
        if is_away and person is not None:
            yield _candidate(f"{role}_stand_in", person, is_away=False, in_chain=in_chain, works_from=works_from, at=at)


def _candidate(
    role: str, user: User, *, is_away: bool, in_chain: bool, works_from: Mapping[int, datetime | None], at: datetime
) -> Candidate:
    if not user.is_active:
        skipped = "inactive"
    elif not user.email:
        skipped = "no address"
    else:
        skipped = "absent" if is_away else ""
    begins = at if role.startswith("on_duty") else works_from[user.pk]
    return Candidate(
        role=role,
        user_id=user.pk,
        name=str(user),
        address=user.email,
        skipped=skipped,
        in_chain=in_chain,
        at_work=begins is not None and begins <= at,
        works_from="" if begins is None or begins <= at else begins.astimezone(UTC).isoformat(),
    )

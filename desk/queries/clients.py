"""Clients as their service manager looks at them: the portfolio, and one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from accounts.models import Client, Contact
from accounts.permissions import clients_visible_to
from alerts.models import Alert
from alerts.permissions import alerts_visible_to
from alerts.queries import AlertRow, described
from desk.health import Standing
from desk.queries.clocks import at_risk_by_client
from desk.queries.counts import counts_by, counts_of
from desk.queries.rows import Clocks, clocks_of
from incidents.models import IncidentQuerySet
from incidents.permissions import Person, incidents_visible_to
from incidents.queries import incident_list
from projects.lifecycle import ENDED_REQUEST
from projects.models import ChangeRequest
from projects.queries.projects import Line as ProjectLine
from projects.queries.projects import Wishes, lines_of, listed
from projects.queries.requests import request_list
from quality.periods import next_month, today
from quality.queries import Compliance, compliance_by_client_and_month
from sla.models import ClientPolicy, Clock, SlaPolicy, SlaTarget

SOME_OVER, SOME_AHEAD, SOME_ALERTS, SOME_REQUESTS, SOME_PROJECTS = 6, 6, 6, 8, 12
SPARK_MONTHS, JUDGED_MONTHS, YEAR = 6, 3, 12
Months = dict[str, list[Compliance]]


@dataclass(frozen=True, slots=True)
class Figures:
    """The shares of clocks met, by month; the last month is the present one."""

    response: list[Compliance]
    resolution: list[Compliance]

    @property
    def this_month(self) -> tuple[Compliance, Compliance]:
        return self.response[-1], self.resolution[-1]

    @property
    def judged(self) -> tuple[Compliance, Compliance]:
        return together(self.response[-JUDGED_MONTHS:]), together(self.resolution[-JUDGED_MONTHS:])


@dataclass(frozen=True, slots=True)
class ClientLine:
    client: Client
    policy: SlaPolicy | None
    standing: Standing
    figures: Figures


@dataclass(frozen=True, slots=True)
class ClientPage:
    """`figures`, `alerts` and `projects` are for the provider's own people; `by_priority` counts what is open."""

    client: Client
    policy: SlaPolicy | None
    targets: list[SlaTarget]
    standing: Standing
    figures: Figures | None
    months: list[date]
    by_priority: dict[str, int]
    waiting_for_client: int
    clocks: Clocks
    contacts: list[Contact]
    alerts: list[AlertRow]
    requests: list[ChangeRequest]
    more_requests: bool
    projects: list[ProjectLine]


def together(months: Sequence[Compliance]) -> Compliance:
    return Compliance(
        met=sum(month.met for month in months),
        missed=sum(month.missed for month in months),
        running=sum(month.running for month in months),
    )


def portfolio(user: Person, *, now: datetime, only_ids: frozenset[int] | None = None) -> list[ClientLine]:
    """The clients a person answers for, worst first; six queries however many they are."""
    clients = clients_visible_to(user).filter(archived_at=None)
    if only_ids is not None:
        clients = clients.filter(pk__in=only_ids)
    found = list(clients.select_related("tam", "service_manager"))
    ids = [client.pk for client in found]
    incidents = incidents_visible_to(user).open().filter(client__in=ids)
    counts = counts_by("client", incidents, "open", "over", "urgent_over", now=now)
    close = at_risk_by_client(incidents, now=now)
    first = next_month(today(now).replace(day=1), 1 - SPARK_MONTHS)
    months = compliance_by_client_and_month(clients=ids, first=first, months=SPARK_MONTHS)
    policies = _policies(ids)
    lines = []
    for client in found:
        figures = _figures(months.get(client.pk), months=SPARK_MONTHS)
        standing = _standing(counts.get(client.pk, {}), figures, at_risk=close[client.pk])
        lines.append(ClientLine(client, policies.get(client.pk), standing, figures))
    return sorted(lines, key=_worst_first)


def client_page(user: Person, client: Client, *, now: datetime, is_internal: bool) -> ClientPage:
    """One client's dashboard. Its own people see what is open and what was promised, not the figures."""
    inside = incidents_visible_to(user).open().filter(client=client)
    policy = _policies([client.pk]).get(client.pk)
    counts = counts_of(inside, "open", "over", "urgent_over", "waiting_for_client", now=now)
    waiting = counts.pop("waiting_for_client")
    first = next_month(today(now).replace(day=1), 1 - YEAR)
    figures = None
    if is_internal:
        found = compliance_by_client_and_month(clients=[client.pk], first=first, months=YEAR)
        figures = _figures(found.get(client.pk), months=YEAR)
    alerts = alerts_visible_to(user).filter(client=client).exclude(state__in=[Alert.State.SKIPPED, Alert.State.PAST])
    requests = request_list(user).filter(client=client).exclude(status__in=sorted(ENDED_REQUEST))[: SOME_REQUESTS + 1]
    return ClientPage(
        client=client,
        policy=policy,
        targets=_targets(policy),
        standing=_standing(counts, figures, at_risk=at_risk_by_client(inside, now=now)[client.pk]),
        figures=figures,
        months=[next_month(first, after) for after in range(YEAR)],
        by_priority=_by_priority(inside),
        waiting_for_client=waiting,
        clocks=clocks_of(
            incident_list(user).open().filter(client=client), user, some_over=SOME_OVER, some_ahead=SOME_AHEAD, now=now
        ),
        contacts=list(client.contacts.all()),
        alerts=described(alerts[:SOME_ALERTS]),
        requests=list(requests[:SOME_REQUESTS]),
        more_requests=len(requests) > SOME_REQUESTS,
        projects=_projects(user, client, now=now) if is_internal else [],
    )


def _projects(user: Person, client: Client, *, now: datetime) -> list[ProjectLine]:
    """Those that run, what breaks next in front."""
    running = listed(user, Wishes(client=client))[:SOME_PROJECTS]
    return lines_of(list(running), now=now)


def _standing(counts: dict[str, int], figures: Figures | None, *, at_risk: int) -> Standing:
    if figures is None:
        return Standing(**counts, at_risk=at_risk)
    response, resolution = figures.judged
    return Standing(**counts, at_risk=at_risk, response=response.share, resolution=resolution.share)


def _figures(found: Months | None, *, months: int) -> Figures:
    nothing = [Compliance()] * months
    if found is None:
        return Figures(nothing, nothing)
    return Figures(found[Clock.Kind.RESPONSE], found[Clock.Kind.RESOLUTION])


def _policies(client_ids: Sequence[int]) -> dict[int, SlaPolicy]:
    """The policy each contract names, or the default one."""
    named = ClientPolicy.objects.filter(client__in=client_ids).select_related("policy__current")
    found = {one.client_id: one.policy for one in named}
    default = SlaPolicy.objects.filter(is_default=True).select_related("current").first()
    if default is None:
        return found
    return {client_id: found.get(client_id, default) for client_id in client_ids}


def _targets(policy: SlaPolicy | None) -> list[SlaTarget]:
    if policy is None or policy.current is None:
        return []
    return list(policy.current.targets.select_related("calendar"))


def _by_priority(incidents: IncidentQuerySet) -> dict[str, int]:
    counted = incidents.order_by().values("priority").annotate(n=Count("pk")).order_by("priority")
    return {row["priority"]: row["n"] for row in counted}


def _worst_first(line: ClientLine) -> tuple[int, int, float, str]:
    standing = line.standing
    share = 1.0 if standing.resolution is None else standing.resolution
    return standing.health, -standing.urgent_over, share, line.client.name

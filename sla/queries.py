"""Reads of policies and calendars for their pages, each with a stated cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from accounts.models import Client
from accounts.permissions import Person
from sla.models import Calendar, CalendarVersion, ClientPolicy, Clock, PolicyVersion, SlaPolicy
from sla.permissions import calendars_visible_to, policies_visible_to


@dataclass(frozen=True)
class PolicyLine:
    """A policy as the list shows it. `clients` counts whose contract names it and, for the default, who name none;
    `running` its clocks that have not stopped; `scheduled` is the next version to come."""

    policy: SlaPolicy
    in_force: PolicyVersion
    scheduled: PolicyVersion | None
    clients: int
    vendors: int
    running: int


@dataclass(frozen=True)
class CalendarLine:
    """`policies` counts those that promise by it now."""

    calendar: Calendar
    in_force: CalendarVersion
    scheduled: CalendarVersion | None
    policies: int


def policy_list(user: Person, *, now: datetime) -> list[PolicyLine]:
    """By scope, then name; six queries, one of them over the open clocks."""
    policies = list(policies_visible_to(user).annotate(how_many=Count("vendors")).prefetch_related("versions"))
    named = dict(ClientPolicy.objects.values_list("policy").annotate(n=Count("pk")).order_by())
    unnamed = Client.objects.filter(archived_at=None, sla=None).count() if any(p.is_default for p in policies) else 0
    running = open_clocks_by_version()
    lines = []
    for policy in sorted(policies, key=lambda one: (SlaPolicy.Scope.values.index(one.scope), one.name.casefold())):
        versions = sorted(policy.versions.all(), key=lambda version: version.number)
        begun = [version for version in versions if version.valid_from <= now] or versions[:1]
        ahead = [version for version in versions if version.valid_from > now and version is not begun[-1]]
        lines.append(
            PolicyLine(
                policy=policy,
                in_force=begun[-1],
                scheduled=ahead[0] if ahead else None,
                clients=named.get(policy.pk, 0) + (unnamed if policy.is_default else 0),
                vendors=policy.how_many,
                running=sum(running.get(version.pk, 0) for version in versions),
            )
        )
    return lines


def ola_policies() -> QuerySet[SlaPolicy]:
    """What departments promise each other."""
    return SlaPolicy.objects.filter(scope=SlaPolicy.Scope.DEPARTMENT).order_by("name")


def open_clocks_by_version(policy: SlaPolicy | None = None) -> Mapping[int, int]:
    """How many clocks that have not stopped hold which version of a policy; one query."""
    clocks = Clock.objects.open()
    if policy is not None:
        clocks = clocks.filter(policy_version__policy=policy)
    return dict(clocks.values_list("policy_version").annotate(n=Count("pk")).order_by())


def open_clocks_by_calendar_version(calendar: Calendar) -> Mapping[int, int]:
    """As `open_clocks_by_version`, for a calendar."""
    clocks = Clock.objects.open().filter(calendar_version__calendar=calendar)
    return dict(clocks.values_list("calendar_version").annotate(n=Count("pk")).order_by())


def calendar_list(user: Person, *, now: datetime) -> list[CalendarLine]:
    """By name; three queries."""
    promised = dict(
        PolicyVersion.objects.filter(pk__in=SlaPolicy.objects.values("current"))
        .values_list("targets__calendar")
        .annotate(n=Count("policy", distinct=True))
        .order_by()
    )
    lines = []
    for calendar in calendars_visible_to(user).prefetch_related("versions").order_by("name", "pk"):
        versions = sorted(calendar.versions.all(), key=lambda version: version.number)
        begun = [version for version in versions if version.valid_from <= now] or versions[:1]
        ahead = [version for version in versions if version.valid_from > now and version is not begun[-1]]
        lines.append(CalendarLine(calendar, begun[-1], ahead[0] if ahead else None, promised.get(calendar.pk, 0)))
    return lines


def policies_using(calendar: Calendar, user: Person) -> QuerySet[SlaPolicy]:
    """The policies one sees that promise by the calendar now."""
    return policies_visible_to(user).filter(current__targets__calendar=calendar).distinct()

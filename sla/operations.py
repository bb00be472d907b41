"""Writes of calendars and policies. Both are versioned: a change is a new version, running clocks keep theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import holidays as public_holidays
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import operations as accounts
from accounts.models import Client, User
from kernel import history
from kernel.errors import Invalid
from kernel.locking import lock
from kernel.versions import bump, check
from sla.businesstime import BusinessCalendar, CalendarError, CalendarSpec
from sla.models import Calendar, CalendarVersion, ClientPolicy, PolicyVersion, SlaPolicy, SlaTarget

DEFAULT_THRESHOLDS = (50, 75, 90, 100, 150)
DEFAULT_PAUSE_ON = ("client", "vendor")
LONGEST_TARGET_S = 10 * 366 * 86400
HOLIDAY_YEARS = range(2010, 2051)


@dataclass(frozen=True)
class TargetInput:
    priority: str
    response_s: int
    resolution_s: int
    calendar: Calendar


def country_holidays(country: str) -> list[str]:
    """ISO dates of a country's public holidays over the years that calendars cover. Unknown countries are Invalid."""
    try:
        found = public_holidays.country_holidays(country, years=HOLIDAY_YEARS)
    except NotImplementedError:
        message = _(
            "No public holidays are known for the country %(country)s: use an ISO 3166 code such as FR, or list dates."
        )
        raise Invalid(message % {"country": country}, field="country") from None
    return sorted(day.isoformat() for day in found)


def calendar_spec(fields: Mapping[str, Any]) -> CalendarSpec:
    """The calendar that API fields describe, holidays of the country included. Raises Invalid naming the field."""
    try:
        days = {date.fromisoformat(day).isoformat() for day in fields.get("holidays", [])}
    except ValueError as error:
        raise Invalid(str(error), field="holidays") from None
    if fields.get("country"):
        days.update(country_holidays(fields["country"]))
    try:
        spec = CalendarSpec.parse({**fields, "holidays": sorted(days)})
        BusinessCalendar.compile(spec)
    except CalendarError as error:
        raise Invalid(_(error.message) % error.params, field=_dotted(error.field)) from None
    return spec


def _dotted(where: str) -> str:
    """`hours.mon[1]` as the API names it: `hours.mon.1`."""
    return where.replace("[", ".").replace("]", "")


@transaction.atomic
def create_calendar(*, slug: str, name: str, fields: Mapping[str, Any], actor: User | None, at: datetime) -> Calendar:
    """`fields` are those of the API: timezone, hours, holidays, date_hours, country, always."""
    calendar = Calendar.objects.create(slug=slug, name=name)
    _add_calendar_version(calendar, fields, at=at)
    history.record(calendar, "created", actor=actor, at=at)
    return calendar


@transaction.atomic
def update_calendar(
    *,
    calendar: Calendar,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Calendar:
    """Change name or hours; changed hours are a new version that clocks started from now on use."""
    calendar = lock(Calendar.objects.select_related("current")).get(pk=calendar.pk)
    check(calendar, expected_version)
    before = calendar_fields(calendar)
    after = {**before, **{k: v for k, v in changes.items() if k in before}}
    if after == before and changes.get("name", calendar.name) == calendar.name:
        return calendar
    calendar.name = changes.get("name", calendar.name)
    if after != before:
        _add_calendar_version(calendar, after, at=at)
    bump(calendar)
    calendar.save()
    changed = {k: [before[k], after[k]] for k in before if before[k] != after[k]}
    history.record(calendar, "changed", actor=actor, at=at, changes=changed)
    return calendar


def calendar_fields(calendar: Calendar) -> dict[str, Any]:
    """What the current version says, in the API's fields."""
    current = calendar.current
    assert current is not None
    return {
        "timezone": current.timezone,
        "hours": current.hours,
        "holidays": current.extra_holidays,
        "date_hours": current.date_hours,
        "country": current.country or None,
        "always": current.always,
    }


def _add_calendar_version(calendar: Calendar, fields: Mapping[str, Any], *, at: datetime) -> None:
    spec = calendar_spec(fields)
    number = calendar.versions.count() + 1
    calendar.current = CalendarVersion.objects.create(
        calendar=calendar,
        number=number,
        timezone=spec.timezone,
        hours=dict(fields.get("hours") or {}),
        extra_holidays=sorted(fields.get("holidays") or []),
        holidays=sorted(day.isoformat() for day in spec.holidays),
        date_hours=dict(fields.get("date_hours") or {}),
        country=fields.get("country") or "",
        always=spec.always,
        created_at=at,
        valid_from=at,
    )
    calendar.save(update_fields=["current"])


@transaction.atomic
def create_policy(
    *,
    slug: str,
    name: str,
    targets: Sequence[TargetInput],
    actor: User | None,
    at: datetime,
    description: str = "",
    pause_on: Iterable[str] = DEFAULT_PAUSE_ON,
    thresholds: Iterable[int] = DEFAULT_THRESHOLDS,
    reopen: str = PolicyVersion.Reopen.CONTINUE,
    is_default: bool = False,
) -> SlaPolicy:
    """A policy and its first version. A priority that is not named counts by its nearest neighbour (`sla.terms`)."""
    if is_default:
        _retire_default()
    policy = SlaPolicy.objects.create(slug=slug, name=name, description=description, is_default=is_default)
    _add_policy_version(policy, targets=targets, pause_on=pause_on, thresholds=thresholds, reopen=reopen, at=at)
    history.record(policy, "created", actor=actor, at=at)
    return policy


@transaction.atomic
def update_policy(
    *,
    policy: SlaPolicy,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> SlaPolicy:
    """Change words, or what is promised: the latter is a new version for clocks that start from now on.

    `changes` may hold name, description, targets (of TargetInput), pause_on, thresholds, reopen.
    """
    policy = lock(SlaPolicy.objects.all()).get(pk=policy.pk)
    check(policy, expected_version)
    current = policy.current
    assert current is not None
    before = {
        "targets": [
            TargetInput(t.priority, t.response_s, t.resolution_s, t.calendar)
            for t in current.targets.select_related("calendar")
        ],
        "pause_on": current.pause_on,
        "thresholds": current.thresholds,
        "reopen": current.reopen,
    }
    after = {**before, **{k: v for k, v in changes.items() if k in before}}
    words = {k: changes[k] for k in ("name", "description") if k in changes and changes[k] != getattr(policy, k)}
    if after == before and not words:
        return policy
    for field, value in words.items():
        setattr(policy, field, value)
    if after != before:
        _add_policy_version(policy, at=at, **after)
    bump(policy)
    policy.save()
    history.record(
        policy,
        "changed",
        actor=actor,
        at=at,
        changes={"version": [current.number, policy.current.number if policy.current else 0]},
    )
    return policy


def _add_policy_version(
    policy: SlaPolicy,
    *,
    targets: Sequence[TargetInput],
    pause_on: Iterable[str],
    thresholds: Iterable[int],
    reopen: str,
    at: datetime,
) -> None:
    _check_targets(targets)
    levels = sorted(set(thresholds))
    if any(not 1 <= level <= 1000 for level in levels):
        raise Invalid(_("Thresholds are whole percents from 1 to 1000."), field="thresholds")
    version = PolicyVersion.objects.create(
        policy=policy,
        number=policy.versions.count() + 1,
        pause_on=sorted(set(pause_on)),
        thresholds=levels,
        reopen=reopen,
        created_at=at,
        valid_from=at,
    )
    SlaTarget.objects.bulk_create(
        SlaTarget(
            policy_version=version,
            priority=target.priority,
            response_s=target.response_s,
            resolution_s=target.resolution_s,
            calendar=target.calendar,
        )
        for target in targets
    )
    policy.current = version
    policy.save(update_fields=["current"])


def _check_targets(targets: Sequence[TargetInput]) -> None:
    if not targets:
        raise Invalid(_("A policy needs at least one target."), field="targets")
    seen: set[str] = set()
    for index, target in enumerate(targets):
        at = f"targets.{index}"
        if target.priority in seen:
            raise Invalid(_("Priority %(p)s stands twice.") % {"p": target.priority}, field=f"{at}.priority")
        seen.add(target.priority)
        for name in ("response_s", "resolution_s"):
            if not 1 <= getattr(target, name) <= LONGEST_TARGET_S:
                raise Invalid(_("A target is at least one second and at most ten years."), field=f"{at}.{name}")
        if target.response_s > target.resolution_s:
            raise Invalid(_("The response cannot be promised later than the resolution."), field=f"{at}.response_s")


@transaction.atomic
def set_default_policy(*, policy: SlaPolicy, actor: User | None, at: datetime) -> None:
    """The policy of clients that name none. It takes the place of the former one."""
    policy = lock(SlaPolicy.objects.all()).get(pk=policy.pk)
    if policy.is_default:
        return
    _retire_default()
    policy.is_default = True
    bump(policy)
    policy.save()
    history.record(policy, "made default", actor=actor, at=at)


def _retire_default() -> None:
    """At no moment are there two, so the former one goes first."""
    for former in lock(SlaPolicy.objects.filter(is_default=True)):
        former.is_default = False
        bump(former)
        former.save()


@transaction.atomic
def create_client(*, policy: SlaPolicy | None, actor: User | None, at: datetime, **fields: Any) -> Client:
    """A client together with the policy that its contract names."""
    client = accounts.create_client(actor=actor, at=at, **fields)
    if policy is not None:
        ClientPolicy.objects.create(client=client, policy=policy)
    return client


@transaction.atomic
def set_client_policy(*, client: Client, policy: SlaPolicy | None, actor: User | None, at: datetime) -> None:
    """What the client's contract names; None: the default counts. Incidents that are open keep their version."""
    client = lock(Client.objects.all()).get(pk=client.pk)
    named = ClientPolicy.objects.filter(client=client).select_related("policy").first()
    before = named.policy if named is not None else None
    if policy == before:
        return
    if policy is None:
        ClientPolicy.objects.filter(client=client).delete()
    else:
        ClientPolicy.objects.update_or_create(client=client, defaults={"policy": policy})
    bump(client)
    client.save()
    changes = {"sla_policy": [before.slug if before else None, policy.slug if policy else None]}
    history.record(client, "policy set", actor=actor, at=at, tenant_id=client.pk, changes=changes)


def policy_for(*candidates: SlaPolicy | None, client: Client) -> PolicyVersion:
    """The version that counts for a new subject: the first candidate named (incident, project), the client's, the
    default."""
    for policy in candidates:
        if policy is not None:
            return _current(policy)
    named = ClientPolicy.objects.filter(client=client).select_related("policy__current").first()
    if named is not None:
        return _current(named.policy)
    default = SlaPolicy.objects.filter(is_default=True).select_related("current").first()
    if default is None:
        raise Invalid(
            _("The client names no SLA policy and no policy is the default: make one the default."), field="client"
        )
    return _current(default)


def _current(policy: SlaPolicy) -> PolicyVersion:
    assert policy.current is not None
    return policy.current

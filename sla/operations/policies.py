"""Writes of policies: a change is a new version, running clocks keep theirs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from kernel import history
from kernel.errors import Conflict, Invalid
from kernel.locking import lock
from kernel.versions import bump, check
from sla.ladder import NAMED, ROLES, Step, step_of
from sla.models import Calendar, PolicyVersion, Priority, SlaPolicy, SlaTarget
from sla.operations.versions import place, starts
from sla.versions import version_in_force

DEFAULT_THRESHOLDS = (50, 75, 90, 100, 150)
DEFAULT_PAUSE_ON = ("client", "vendor")
LONGEST_TARGET_S = 10 * 366 * 86400
LONGEST_REOPEN_DAYS = 3650
LONGEST_WAIT_S = 30 * 86400


@dataclass(frozen=True)
class TargetInput:
    """`update_s`: how often the client hears of it; None: nothing is promised about that."""

    priority: str
    response_s: int
    resolution_s: int
    calendar: Calendar
    update_s: int | None = None


@transaction.atomic
def create_policy(
    *,
    slug: str,
    name: str,
    targets: Sequence[TargetInput],
    actor: User | None,
    at: datetime,
    description: str = "",
    scope: str = SlaPolicy.Scope.CLIENT,
    pause_on: Iterable[str] = DEFAULT_PAUSE_ON,
    thresholds: Iterable[int] = DEFAULT_THRESHOLDS,
    reopen: str = PolicyVersion.Reopen.CONTINUE,
    reopen_within_days: int | None = None,
    update_mode: str = PolicyVersion.Update.EVERY,
    ladder: Iterable[Step] = (),
    escalate_after_s: int | None = None,
    is_default: bool = False,
) -> SlaPolicy:
    """A policy and its first version. A priority that is not named counts by its nearest neighbour (`sla.terms`)."""
    if is_default:
        _refuse_default(scope)
        _retire_default()
    policy = SlaPolicy.objects.create(slug=slug, name=name, description=description, scope=scope, is_default=is_default)
    promised = {
        "targets": list(targets),
        "pause_on": pause_on,
        "thresholds": thresholds,
        "reopen": reopen,
        "reopen_within_days": reopen_within_days,
        "update_mode": update_mode,
        "ladder": tuple(ladder),
        "escalate_after_s": escalate_after_s,
    }
    _add_version(policy, promised, at=at, valid_from=at)
    history.record(policy, "created", actor=actor, at=at)
    return policy


@transaction.atomic
def update_policy(
    *,
    policy: SlaPolicy,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    valid_from: datetime | None = None,
    expected_version: int | None = None,
) -> SlaPolicy:
    """Change words, or what is promised: the latter is a new version, for what becomes known from `valid_from` on
    (None: from now on). It changes what would be in force by then, and takes the place of what was scheduled for that
    instant.

    `changes` may hold name, description, and what `promised_by` tells.
    """
    valid_from = starts(valid_from, at=at)
    policy = lock(SlaPolicy.objects.all()).get(pk=policy.pk)
    check(policy, expected_version)
    if changes.get("scope", policy.scope) != policy.scope:
        raise Conflict(_("What kind of promise it is cannot be changed: make another policy."), field="scope")
    base = version_in_force(policy, valid_from)
    before = promised_by(base)
    after = {**before, **{k: v for k, v in changes.items() if k in before}}
    words = {k: changes[k] for k in ("name", "description") if k in changes and changes[k] != getattr(policy, k)}
    if after == before and not words:
        return policy
    for field, value in words.items():
        setattr(policy, field, value)
    changed: dict[str, Any] = {}
    if after != before:
        version = _add_version(policy, after, at=at, valid_from=valid_from)
        changed = {"version": [base.number, version.number]}
        if valid_from > at:
            changed["valid_from"] = [None, valid_from.isoformat()]
    bump(policy)
    policy.save()
    history.record(policy, "changed", actor=actor, at=at, changes=changed)
    return policy


def promised_by(version: PolicyVersion) -> dict[str, Any]:
    """What a version promises: `targets` of TargetInput, `ladder` of Step, pause_on, thresholds, reopen,
    reopen_within_days, update_mode, escalate_after_s."""
    return {
        "targets": [
            TargetInput(t.priority, t.response_s, t.resolution_s, t.calendar, t.update_s)
            for t in version.targets.select_related("calendar")
        ],
        "pause_on": version.pause_on,
        "thresholds": version.thresholds,
        "reopen": version.reopen,
        "reopen_within_days": version.reopen_within_days,
        "update_mode": version.update_mode,
        "ladder": tuple(step_of(step) for step in version.ladder),
        "escalate_after_s": version.escalate_after_s,
    }


def _add_version(
    policy: SlaPolicy, promised: Mapping[str, Any], *, at: datetime, valid_from: datetime
) -> PolicyVersion:
    """`promised` is what `promised_by` tells of it afterwards. The levels of the ladder are thresholds, too."""
    targets, ladder = promised["targets"], promised["ladder"]
    _check_targets(targets, scope=policy.scope)
    _check_ladder(ladder)
    levels = sorted({*promised["thresholds"], *(step.level for step in ladder)})
    if any(not 1 <= level <= 1000 for level in levels):
        raise Invalid(_("Thresholds are whole percents from 1 to 1000."), field="thresholds")
    days, wait_s = promised["reopen_within_days"], promised["escalate_after_s"]
    if days is not None and not 1 <= days <= LONGEST_REOPEN_DAYS:
        raise Invalid(_("From one day to ten years, or without an end."), field="reopen_within_days")
    if wait_s is not None and not 60 <= wait_s <= LONGEST_WAIT_S:
        raise Invalid(_("From one minute to 30 days, or never."), field="escalate_after_s")
    version = PolicyVersion.objects.create(
        policy=policy,
        number=place(policy.versions.all(), valid_from=valid_from, at=at),
        pause_on=sorted(set(promised["pause_on"])),
        thresholds=levels,
        reopen=promised["reopen"],
        reopen_within_days=days,
        update_mode=promised["update_mode"],
        ladder=[step.stored() for step in ladder],
        escalate_after_s=wait_s,
        created_at=at,
        valid_from=valid_from,
    )
    SlaTarget.objects.bulk_create(
        SlaTarget(
            policy_version=version,
            priority=target.priority,
            response_s=target.response_s,
            resolution_s=target.resolution_s,
            update_s=target.update_s,
            calendar=target.calendar,
        )
        for target in targets
    )
    if valid_from <= at:
        policy.current = version
        policy.save(update_fields=["current"])
    return version


def _check_targets(targets: Sequence[TargetInput], *, scope: str) -> None:
    if not targets:
        raise Invalid(_("A policy needs at least one target."), field="targets")
    seen: set[str] = set()
    for index, target in enumerate(targets):
        at = f"targets.{index}"
        if target.priority in seen:
            raise Invalid(_("Priority %(p)s stands twice.") % {"p": target.priority}, field=f"{at}.priority")
        seen.add(target.priority)
        for name in ("response_s", "resolution_s", "update_s"):
            seconds = getattr(target, name)
            if seconds is not None and not 1 <= seconds <= LONGEST_TARGET_S:
                raise Invalid(_("A target is at least one second and at most ten years."), field=f"{at}.{name}")
        if target.response_s > target.resolution_s:
            raise Invalid(_("The response cannot be promised later than the resolution."), field=f"{at}.response_s")
        if target.update_s is not None and scope != SlaPolicy.Scope.CLIENT:
            raise Invalid(_("Updates are promised to clients only."), field=f"{at}.update_s")


def _check_ladder(ladder: Sequence[Step]) -> None:
    names = {who.removeprefix(NAMED) for step in ladder for who in step.to if who.startswith(NAMED)}
    known = set(User.objects.filter(username__in=names, is_active=True).values_list("username", flat=True))
    for index, step in enumerate(ladder):
        at = f"ladder.{index}"
        if not 1 <= step.level <= 1000:
            raise Invalid(_("Levels are whole percents from 1 to 1000."), field=f"{at}.level")
        if not step.to:
            raise Invalid(_("Say who is told."), field=f"{at}.to")
        for who in step.to:
            is_known = who.removeprefix(NAMED) in known if who.startswith(NAMED) else who in ROLES
            if not is_known:
                raise Invalid(_("“%(who)s” is nobody who could be told.") % {"who": who[:60]}, field=f"{at}.to")
        for priority in step.priorities:
            if priority not in Priority.values:
                message = _("There is no priority “%(priority)s”.") % {"priority": priority[:10]}
                raise Invalid(message, field=f"{at}.priorities")


def _refuse_default(scope: str) -> None:
    if scope != SlaPolicy.Scope.CLIENT:
        raise Invalid(_("Only a promise to clients can be the default."), field="is_default")


@transaction.atomic
def set_default_policy(*, policy: SlaPolicy, actor: User | None, at: datetime) -> None:
    """The policy of clients that name none. It takes the place of the former one."""
    policy = lock(SlaPolicy.objects.all()).get(pk=policy.pk)
    if policy.is_default:
        return
    _refuse_default(policy.scope)
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

"""Where the target of a clock came from: which policy, chosen by what, and how it was changed on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext as _

from incidents.models import HoldReason, Incident
from incidents.settling import calendars
from sla.measure import Promised, Run, epoch, pauses_of
from sla.models import PROMISED, ClientPolicy, Clock, PolicyVersion
from sla.replay import ClockState, replay
from sla.terms import terms_of


@dataclass(frozen=True, slots=True)
class Change:
    """From the instant `at` on another promise counted; `state` is what the clock would be under the one before it."""

    at: int
    before: str
    after: str
    target_s: int
    state: ClockState


@dataclass(frozen=True, slots=True)
class Origin:
    """`pauses` and `never_pauses` are reasons to hold, in words; a response stands for nothing."""

    version: PolicyVersion
    chosen_by: str
    priority: str
    pauses: tuple[str, ...]
    never_pauses: tuple[str, ...]
    changes: tuple[Change, ...]


def origin_of(incident: Incident, clock: Clock, run: Run, *, now: datetime) -> Origin:
    """At most one query besides what a process remembers of policies and calendars, and one for each change of them."""
    pause_on = pauses_of(clock.kind, terms_of(clock.policy_version_id))
    reasons = () if clock.kind == Clock.Kind.RESPONSE else tuple(HoldReason)
    return Origin(
        version=clock.policy_version,
        chosen_by=_chosen_by(incident, clock),
        priority=run.promised[-1].priority,
        pauses=tuple(str(reason.label) for reason in reasons if reason in pause_on),
        never_pauses=tuple(str(reason.label) for reason in reasons if reason not in pause_on),
        changes=tuple(_changes(run, now=now)),
    )


def _chosen_by(incident: Incident, clock: Clock) -> str:
    """Who named the policy. A contract may have changed since: then nobody of today names it any more."""
    policy = clock.policy_version.policy
    if clock.kind not in PROMISED:
        return str(policy)
    if incident.sla_policy_id == policy.pk:
        return _("The incident itself")
    project = incident.project
    if project is not None and project.sla_policy_id == policy.pk:
        return _("Project %(project)s") % {"project": project}
    if ClientPolicy.objects.filter(client=incident.client_id, policy=policy).exists():
        return _("Contract of %(client)s") % {"client": incident.client}
    if policy.is_default:
        return _("Default, for no contract names one")
    return _("What was agreed when the clock started")


def _changes(run: Run, *, now: datetime) -> Iterator[Change]:
    """Each promise that counted before another one, with what the clock would be under it now."""
    phases = run.phases(calendars(now=now)) if len(run.promised) > 1 else []
    for (before, after), phase in zip(pairwise(run.promised), phases, strict=False):
        yield Change(
            at=after.since,
            before=_named(before, after),
            after=_named(after, before),
            target_s=phase.target_s,
            state=replay(
                started_at=run.started_at,
                target_s=phase.target_s,
                marks=phase.marks,
                calendar=phase.calendar,
                now=epoch(now),
            ),
        )


def _named(promised: Promised, beside: Promised) -> str:
    """The priority, where nothing else changed; else the policy."""
    version_id = promised.terms.policy_version_id
    if version_id == beside.terms.policy_version_id and promised.priority != beside.priority:
        return promised.priority
    version = PolicyVersion.objects.select_related("policy").get(pk=version_id)
    return _("%(policy)s, version %(number)d") % {"policy": version.policy, "number": version.number}

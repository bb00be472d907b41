"""Where the target of a clock came from: which policy, chosen by what, and how it was changed on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import HoldReason, Incident, IncidentEvent
from incidents.settling import runs_of, story_of
from sla.measure import Run, epoch
from sla.models import PROMISED, ClientPolicy, Clock, PolicyVersion, Priority
from sla.replay import ClockState, replay
from sla.terms import business_calendar, terms_of


@dataclass(frozen=True, slots=True)
class Change:
    """The target was another one until `at`; `state` is what the clock would be with it, seen at the same instant."""

    at: datetime
    before: str
    after: str
    target_s: int
    state: ClockState


@dataclass(frozen=True, slots=True)
class Origin:
    """`counts_as` is the priority whose target counts where the policy does not name the incident's own.

    `pauses` and `never_pauses` are reasons in words; a response stands for nothing.
    """

    version: PolicyVersion
    chosen_by: str
    priority: str
    pauses: tuple[str, ...]
    never_pauses: tuple[str, ...]
    changes: tuple[Change, ...]


def origin_of(incident: Incident, clock: Clock, events: Sequence[IncidentEvent], *, now: datetime) -> Origin:
    """At most two queries besides what a process remembers of policies. `events` are all, in their order."""
    pause_on = terms_of(clock.policy_version_id).pause_on
    stands = clock.kind != Clock.Kind.RESPONSE
    return Origin(
        version=clock.policy_version,
        chosen_by=_chosen_by(incident, clock),
        priority=incident.priority,
        pauses=tuple(str(reason.label) for reason in HoldReason if stands and reason in pause_on),
        never_pauses=tuple(str(reason.label) for reason in HoldReason if stands and reason not in pause_on),
        changes=tuple(_changes(incident, clock, events, now=now)),
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


def _changes(incident: Incident, clock: Clock, events: Sequence[IncidentEvent], *, now: datetime) -> Iterator[Change]:
    """Priorities and policies that counted before, each with what the clock would be under it."""
    if clock.kind not in PROMISED:
        return
    run = _run_of(incident, clock, events, now=now)
    if run is None:
        return
    priority, version_id = "", 0
    for event in events:
        after_priority = event.priority or priority
        after_version = event.policy_version_id or version_id
        if priority and (after_priority, after_version) != (priority, version_id) and event.at > clock.started_at:
            old_version = version_id or clock.policy_version_id
            target_s = _target_s(old_version, priority, clock.kind)
            if target_s is not None:
                changed_policy = after_version != version_id
                yield Change(
                    at=event.at,
                    before=str(_version(old_version)) if changed_policy else priority,
                    after=str(_version(after_version)) if changed_policy else after_priority,
                    target_s=target_s,
                    state=replay(
                        started_at=run.started_at,
                        target_s=target_s,
                        marks=run.marks,
                        calendar=business_calendar(clock.calendar_version_id),
                        now=epoch(now),
                    ),
                )
        priority, version_id = after_priority, after_version


def _run_of(incident: Incident, clock: Clock, events: Sequence[IncidentEvent], *, now: datetime) -> Run | None:
    story = story_of(incident, events, until=now)
    runs = runs_of(story, opened_at=epoch(incident.opened_at))
    return next((run for run in runs if (run.kind, run.cycle) == (clock.kind, clock.cycle)), None)


def _target_s(version_id: int, priority: str, kind: str) -> int | None:
    target = terms_of(version_id).targets.get(Priority(priority))
    if target is None or (kind == Clock.Kind.UPDATE and target.update_s is None):
        return None
    return target.seconds(kind)


def _version(version_id: int) -> str:
    version = PolicyVersion.objects.select_related("policy").get(pk=version_id)
    return _("%(policy)s, version %(number)d") % {"policy": version.policy, "number": version.number}

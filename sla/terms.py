"""What a policy version promises, as values: read once per process and version, for versions never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from sla.businesstime import BusinessCalendar, CalendarSpec
from sla.ladder import Step, step_of
from sla.models import CalendarVersion, Clock, PolicyVersion, Priority
from sla.versions import forget as forget_versions


@dataclass(frozen=True)
class Target:
    """One priority's promise, in seconds of the calendar's business time."""

    response_s: int
    resolution_s: int
    calendar_id: int
    update_s: int | None = None

    def seconds(self, kind: str) -> int:
        """The target of a kind of clock. An OLA promises acceptance as its response and the end as its resolution."""
        if kind == Clock.Kind.UPDATE:
            assert self.update_s is not None
            return self.update_s
        return self.response_s if kind in {Clock.Kind.RESPONSE, Clock.Kind.ACCEPT} else self.resolution_s


@dataclass(frozen=True)
class Terms:
    policy_version_id: int
    pause_on: frozenset[str]
    thresholds: tuple[int, ...]
    reopen: str
    targets: Mapping[str, Target]
    reopen_within_days: int | None = None
    update_mode: str = PolicyVersion.Update.EVERY
    ladder: tuple[Step, ...] = ()
    escalate_after_s: int | None = None


@lru_cache(maxsize=1024)
def terms_of(policy_version_id: int) -> Terms:
    """The terms of one stored version."""
    version = PolicyVersion.objects.prefetch_related("targets").get(pk=policy_version_id)
    return Terms(
        policy_version_id=version.pk,
        pause_on=frozenset(version.pause_on),
        thresholds=tuple(sorted(version.thresholds)),
        reopen=version.reopen,
        targets=MappingProxyType(
            for_all(
                {
                    t.priority: Target(t.response_s, t.resolution_s, t.calendar_id, t.update_s)
                    for t in version.targets.all()
                }
            )
        ),
        reopen_within_days=version.reopen_within_days,
        update_mode=version.update_mode,
        ladder=tuple(step_of(step) for step in version.ladder),
        escalate_after_s=version.escalate_after_s,
    )


def for_all(named: Mapping[str, Target]) -> dict[str, Target]:
    """A priority that is not named counts by the nearest more urgent one, else by the nearest less urgent."""
    order = [priority.value for priority in Priority]
    return {
        priority: next(named[p] for p in [*reversed(order[: place + 1]), *order[place + 1 :]] if p in named)
        for place, priority in enumerate(order)
    }


def spec_of(version: CalendarVersion) -> CalendarSpec:
    """The calendar version as the pure module reads it."""
    return CalendarSpec.parse(
        {
            "timezone": version.timezone,
            "hours": version.hours,
            "holidays": version.holidays,
            "date_hours": version.date_hours,
            "always": version.always,
        }
    )


@lru_cache(maxsize=256)
def business_calendar(calendar_version_id: int) -> BusinessCalendar:
    """The compiled calendar of one stored version."""
    return BusinessCalendar.compile(spec_of(CalendarVersion.objects.get(pk=calendar_version_id)))


def forget() -> None:
    """Empty the caches; tests call it, because they reuse ids after a rollback."""
    terms_of.cache_clear()
    business_calendar.cache_clear()
    forget_versions()

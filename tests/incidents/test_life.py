"""Any order of real operations, late reports among them: what is stored is what the events say, and alerts agree."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Role, User
from alerts import audit
from alerts.operations import sweep
from departments.operations import update_department
from incidents import operations
from incidents.models import HoldReason, Incident, ReopenReason
from incidents.operations import Report, report
from kernel.errors import DomainError
from sla import terms
from sla.models import Calendar, Priority, SlaPolicy
from sla.operations import TargetInput, create_vendor, update_calendar, update_policy
from tests.factories import MONDAY, a_calendar, a_client, a_department, a_policy, a_user, an_incident
from tests.incidents.clocks import assert_as_replayed

pytestmark = pytest.mark.django_db
HOUR = 3600
SLUGS = ("support", "network", "backup")


class World:
    """One incident in a world of promises, and everything that can happen to it."""

    def __init__(self) -> None:
        self.now = MONDAY
        self.office, always = a_calendar(), Calendar.objects.get(slug="always")
        tiers = list(enumerate(Priority, start=1))
        daily = [TargetInput(p, n * HOUR, n * 4 * HOUR, self.office, n * 1800) for n, p in tiers]
        whole = [TargetInput(p, n * 600, n * 9 * HOUR, always) for n, p in tiers]
        self.daily = a_policy(targets=daily, reopen_within_days=3)
        self.whole = a_policy(targets=whole, reopen="new_cycle", pause_on=["client"], update_mode="after_client")
        ola = a_policy(scope=SlaPolicy.Scope.DEPARTMENT, targets=daily_without_updates(daily))
        for slug in SLUGS[1:]:
            update_department(department=a_department(slug), changes={"ola": ola}, actor=None, at=MONDAY)
        promise = a_policy(scope=SlaPolicy.Scope.VENDOR, targets=whole)
        self.vendor = create_vendor(slug="fiberco", name="Fiber Co", policy=promise, actor=None, at=MONDAY)
        self.engineer, self.jira = a_user("engineer", Role.ENGINEER), a_user("jira", Role.INTEGRATION)
        self.client = a_client(policy=self.daily)
        self.incident = an_incident(client=self.client, now=self.now, source="jira", external_ref="1")

    def do(self, verb: str, value: Any, *, back: int) -> None:
        """What is refused changes nothing."""
        at = self.now - timedelta(seconds=back) if back else None
        with suppress(DomainError):
            getattr(self, verb)(value, at)

    def _now(self, at: datetime | None, actor: User | None = None) -> dict[str, Any]:
        return {"incident": self.incident, "actor": actor or self.engineer, "now": self.now, "at": at}

    def acknowledge(self, _value: int, at: datetime | None) -> None:
        operations.acknowledge(**self._now(at))

    def hold(self, value: int, at: datetime | None) -> None:
        reason = HoldReason.values[value % len(HoldReason.values)]
        vendor = self.vendor if reason == "vendor" and value % 2 else None
        operations.hold(reason=reason, vendor=vendor, text="?" if value % 3 else "", **self._now(at))

    def resume(self, _value: int, at: datetime | None) -> None:
        operations.resume(**self._now(at))

    def resolve(self, _value: int, at: datetime | None) -> None:
        operations.resolve(**self._now(at))

    def reopen(self, value: int, at: datetime | None) -> None:
        operations.reopen(reopen_reason=ReopenReason.values[value % 3], **self._now(at))

    def close(self, _value: int, at: datetime | None) -> None:
        operations.close(**self._now(at))

    def assign(self, value: int, at: datetime | None) -> None:
        person = self.engineer if value % 2 else None
        operations.assign(department=a_department(SLUGS[value % 3]), assignee=person, **self._now(at))

    def comment(self, value: int, at: datetime | None) -> None:
        operations.comment(
            text="…", is_public=bool(value % 3), **self._now(at, [None, self.engineer, self.jira][value % 3])
        )

    def edit(self, value: int, _at: datetime | None) -> None:
        changes = (
            {"priority": Priority.values[value % 4]}
            if value % 2
            else {"sla_policy": [self.whole, None][value % 4 // 2]}
        )
        operations.edit(incident=self.incident, changes=changes, actor=self.engineer, now=self.now)

    def reported(self, value: int, at: datetime | None) -> None:
        status = ["new", "in_progress", "on_hold", "resolved", "closed"][value % 5]
        reason = "client" if status == "on_hold" else ""
        ticket = Report(source="jira", external_ref="1", status=status, hold_reason=reason, at=at)
        report(client=self.client, ticket=ticket, actor=self.jira, now=self.now)

    def new_version(self, value: int, _at: datetime | None) -> None:
        if value % 2:
            days = [f"2026-03-{value % 20 + 3:02d}"]
            update_calendar(calendar=self.office, changes={"holidays": days}, actor=None, at=self.now)
        else:
            update_policy(policy=self.daily, changes={"pause_on": ["client"][: value % 4]}, actor=None, at=self.now)

    def recalculated(self, value: int, _at: datetime | None) -> None:
        subject = self.daily if value % 2 else self.office
        operations.recalculate(subject, reason="Renewed", actor=None, now=self.now)

    def swept(self, _value: int, _at: datetime | None) -> None:
        sweep(self.now)

    def check(self) -> None:
        incident = Incident.objects.get(pk=self.incident.pk)
        assert_as_replayed(incident, now=self.now)
        sweep(self.now)
        wrong = [
            str(v) for v in audit.violations(self.now, stopped_too=True) if v.rule in {"R1", "R2", "R3", "R7", "R10"}
        ]
        assert not wrong


def daily_without_updates(targets: list[TargetInput]) -> list[TargetInput]:
    return [TargetInput(t.priority, t.response_s, t.resolution_s, t.calendar) for t in targets]


VERBS: list[Callable[..., None]] = [
    *(World.acknowledge, World.hold, World.resume, World.resolve, World.reopen, World.close, World.assign),
    *(World.comment, World.edit, World.reported, World.new_version, World.recalculated, World.swept),
]
steps = st.lists(
    st.tuples(
        st.one_of(st.just(0), st.integers(0, 3 * HOUR), st.integers(0, 3 * 86400)),
        st.sampled_from([verb.__name__ for verb in VERBS]),
        st.integers(0, 59),
        st.one_of(st.just(0), st.integers(1, 6 * HOUR)),
    ),
    min_size=3,
    max_size=16,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_is_done_the_stored_clocks_are_what_the_events_say(life):
    terms.forget()  # the rows of the example before are gone, and their ids come again
    with transaction.atomic():
        world = World()
        for gap, verb, value, back in life:
            world.now += timedelta(seconds=gap)
            world.do(verb, value, back=back)
        world.check()
        transaction.set_rollback(True)

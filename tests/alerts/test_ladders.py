"""Ladders, duty and escalation as they work together on stored incidents. Time is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from alerts import operations
from alerts.models import Alert, Delivery, NotificationHours, Preference
from alerts.operations.escalating import escalate_unheard
from departments.models import DutyShift
from departments.operations import update_department
from incidents import operations as incidents
from incidents.models import Incident, IncidentEvent
from kernel.models import History
from sla.ladder import Step
from sla.models import Calendar
from sla.operations import TargetInput
from tests.factories import MONDAY, a_calendar, a_client, a_department, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
BREACHED = MONDAY + HOUR + SECOND
QUARTER = timedelta(minutes=15)
# A holiday, at three in the morning.
NIGHT = datetime(2026, 1, 1, 3, tzinfo=UTC)
LADDER = (
    Step(75, ("assignee", "head"), priorities=("P1", "P2")),
    Step(90, ("tam",), priorities=("P3", "P4"), any_hour=False),
    Step(100, ("tam", "service_manager")),
    Step(150, ("user:ada",), priorities=("P1", "P2")),
)


def roles(level: int) -> set[str]:
    return set(Delivery.objects.filter(alert__level=level).values_list("role", flat=True))


def states() -> dict[int, str]:
    return dict(Alert.objects.values_list("level", "state"))


@pytest.fixture
def people() -> dict[str, User]:
    everybody = {name: a_user(name, Role.ENGINEER) for name in ("ada", "head", "assignee", "caller")}
    everybody["manager"] = a_user("manager", Role.MANAGER)
    update_department(department=a_department("unix"), changes={"head": everybody["head"]}, actor=None, at=MONDAY)
    return everybody


def opened(people: dict[str, User], *, at: datetime = MONDAY, priority: str = "P1", **policy: object) -> Incident:
    """Response due after one hour, resolution after a hundred, around the clock."""
    made = a_policy(resolution_s=360000, **policy)  # type: ignore[arg-type]
    client = a_client("castor", policy=made, service_manager=people["manager"])
    return an_incident(client=client, at=at, department=a_department("unix"), priority=priority)


def on_duty(user: User, *, at: datetime) -> None:
    DutyShift.objects.create(user=user, starts_at=at - HOUR, ends_at=at + 8 * HOUR)


def works_in_office_hours(user: User, settings) -> None:
    settings.OFFICE_CALENDAR = a_calendar("office", timezone="UTC", hours={"mon": [["09:00", "17:00"]]}).slug


def test_each_level_is_told_to_those_its_step_names_and_others_are_kept_quiet(people) -> None:
    incident = opened(people, ladder=LADDER)
    incidents.assign(incident=incident, assignee=people["assignee"], actor=None, now=MONDAY + 2 * SECOND)
    for hours in (0.5, 0.75, 0.9, 1):
        operations.sweep(MONDAY + hours * HOUR + SECOND)
    assert states() == {50: "skipped", 75: "open", 90: "skipped", 100: "open"}
    assert roles(75) == {"assignee", "head"}
    assert roles(100) == {"tam", "service_manager"}
    operations.sweep(MONDAY + 1.5 * HOUR)
    assert roles(150) == {"user:ada"}


def test_a_step_for_other_priorities_is_not_told(people) -> None:
    opened(people, ladder=LADDER, priority="P3")
    operations.sweep(MONDAY + 0.75 * HOUR)
    assert states() == {50: "skipped", 75: "skipped"}
    assert not Delivery.objects.exists()


def test_a_message_that_keeps_to_its_readers_hours_waits_for_the_morning(people, settings) -> None:
    works_in_office_hours(people["manager"], settings)
    evening = MONDAY + 8 * HOUR
    opened(people, ladder=LADDER, priority="P3", at=evening)
    operations.sweep(evening + 0.9 * HOUR)
    waiting = Delivery.objects.get()
    assert waiting.next_attempt_at == datetime(2026, 3, 9, 9, tzinfo=UTC)
    assert operations.deliver(evening + HOUR).claimed == 0
    assert operations.deliver(waiting.next_attempt_at).sent == 1


def test_a_p1_opened_at_three_on_a_holiday_reaches_whoever_is_on_duty(people, settings) -> None:
    works_in_office_hours(people["manager"], settings)
    on_duty(people["caller"], at=NIGHT)
    opened(people, at=NIGHT)
    operations.sweep(NIGHT + HOUR / 2)
    operations.deliver(NIGHT + HOUR / 2)
    assert dict(Delivery.objects.values_list("role", "state")) == {"tam": "sent", "on_duty": "sent"}


def test_by_day_nobody_is_called(people, settings) -> None:
    works_in_office_hours(people["manager"], settings)
    on_duty(people["caller"], at=MONDAY)
    opened(people)
    operations.sweep(MONDAY + HOUR / 2)
    assert roles(50) == {"tam"}


def test_quiet_hours_put_a_breach_off_but_somebody_hears_of_it_at_once(people) -> None:
    opened(people, priority="P3")
    for user in User.objects.filter(username__in=("tam-of-castor", "manager")):
        NotificationHours.objects.create(user=user, quiet_from="08:00", quiet_until="20:00")
    on_duty(people["caller"], at=MONDAY)
    operations.sweep(BREACHED)
    at_once = Delivery.objects.filter(next_attempt_at=BREACHED)
    assert [delivery.role for delivery in at_once] == ["on_duty"]
    assert roles(100) == {"tam", "service_manager", "on_duty"}


def test_who_wants_no_warnings_gets_none_and_the_log_says_so(people) -> None:
    opened(people)
    tam = User.objects.get(username="tam-of-castor")
    Preference.objects.create(user=tam, event="warning", mode="off")
    operations.sweep(MONDAY + HOUR / 2)
    unwanted = Delivery.objects.get()
    assert (unwanted.state, unwanted.end_reason) == ("cancelled", "the recipient wants no messages of this kind")
    assert operations.repair(MONDAY + HOUR / 2) == 0


def test_near_steps_of_a_short_target_are_one_message_to_all_they_name(people) -> None:
    opened(people, ladder=LADDER, response_s=600)
    operations.sweep(MONDAY + timedelta(minutes=7, seconds=30))
    assert states() == {50: "skipped", 75: "skipped"}
    operations.sweep(MONDAY + timedelta(minutes=10, seconds=1))
    assert states()[100] == "open"
    assert roles(100) == {"head", "tam", "service_manager"}


def test_the_messages_about_many_clocks_cost_as_many_queries_as_those_about_one(people) -> None:
    policy = a_policy(resolution_s=360000, ladder=LADDER)

    def cost(count: int) -> int:
        for _ in range(count):
            an_incident(client=a_client(policy=policy), department=a_department("unix"), priority="P1")
        with CaptureQueriesContext(connection) as queries:
            operations.sweep(BREACHED)
        return len(queries)

    cost(1)
    assert cost(1) == cost(15)


def test_what_nobody_acknowledges_goes_on_step_by_step_until_the_chain_ends(people, settings) -> None:
    settings.DUTY_EMAIL = "duty@tamhub.example"
    opened(people)
    operations.sweep(BREACHED)
    assert roles(100) == {"tam", "service_manager"}
    now = BREACHED
    for expected, steps in (("head", 1), ("duty", 2), (None, 2)):
        assert escalate_unheard(now + QUARTER - SECOND) == 0
        now += QUARTER
        assert escalate_unheard(now) == (expected is not None)
        assert (expected is None) or expected in roles(100)
        assert Alert.objects.get(level=100).escalations == steps
    told = History.objects.filter(subject_kind="alerts.alert", verb="escalated").order_by("pk")
    assert [line.text for line in told] == ["head", "duty@tamhub.example"]
    assert Alert.objects.get(level=100).escalate_at is None


def test_escalation_does_not_wait_for_a_mail_server(people) -> None:
    opened(people)
    operations.sweep(BREACHED)
    assert escalate_unheard(BREACHED + QUARTER) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}
    assert "head" in roles(100)


def test_an_acknowledged_alert_rests_until_the_next_threshold(people) -> None:
    opened(people)
    operations.sweep(BREACHED)
    operations.acknowledge_alert(Alert.objects.get(level=100), actor=people["manager"], at=BREACHED + SECOND)
    assert escalate_unheard(BREACHED + HOUR) == 0
    beyond = MONDAY + 1.5 * HOUR
    operations.sweep(beyond)
    assert escalate_unheard(beyond + QUARTER) == 1
    assert Alert.objects.get(level=150).escalations == 1


def test_who_acknowledges_late_stops_it_there(people) -> None:
    opened(people)
    operations.sweep(BREACHED)
    assert escalate_unheard(BREACHED + QUARTER) == 1
    operations.acknowledge_alert(Alert.objects.get(level=100), actor=people["head"], at=BREACHED + QUARTER + SECOND)
    assert escalate_unheard(BREACHED + 5 * QUARTER) == 0
    assert roles(100) == {"tam", "service_manager", "head"}


def test_instead_of_somebody_who_was_deleted_meanwhile_the_duty_mailbox_is_told(people) -> None:
    opened(people)
    operations.sweep(BREACHED)
    update_department(department=a_department("unix"), changes={"head": None}, actor=None, at=BREACHED)
    people["head"].delete()
    assert escalate_unheard(BREACHED + QUARTER) == 1
    assert roles(100) == {"tam", "service_manager", "duty"}


def test_once_the_clock_has_stopped_nobody_else_is_told(people) -> None:
    incident = opened(people)
    operations.sweep(BREACHED)
    incidents.acknowledge(incident=incident, actor=None, now=BREACHED + SECOND)
    assert escalate_unheard(BREACHED + QUARTER) == 0
    assert Alert.objects.get(level=100).escalate_at is None


def test_a_withdrawn_alert_does_not_go_on(people) -> None:
    incident = opened(people)
    operations.sweep(BREACHED)
    incidents.acknowledge(incident=incident, actor=None, now=BREACHED + SECOND, at=MONDAY + HOUR / 2)
    assert Alert.objects.get(level=100).state == "retracted"
    assert escalate_unheard(BREACHED + QUARTER) == 0


def test_a_louder_alert_takes_over_from_those_before_it(people) -> None:
    opened(people, escalate_after_s=3600)
    operations.sweep(MONDAY + 0.9 * HOUR)
    assert Alert.objects.get(level=90).escalate_at == MONDAY + 1.9 * HOUR
    operations.sweep(BREACHED)
    assert Alert.objects.get(level=90).escalate_at is None
    assert Alert.objects.get(level=100).escalate_at == BREACHED + HOUR


def test_warnings_and_lesser_priorities_are_not_escalated_unless_the_policy_says_so(people) -> None:
    opened(people, priority="P3")
    operations.sweep(MONDAY + HOUR / 2)
    operations.sweep(BREACHED)
    assert not Alert.objects.filter(escalate_at__isnull=False).exists()


def test_an_alert_that_cannot_be_escalated_holds_up_no_other(people) -> None:
    opened(people)
    an_incident(client=Incident.objects.get().client, department=a_department("unix"), priority="P1")
    operations.sweep(BREACHED)
    broken = Alert.objects.filter(level=100).earliest("pk")
    broken.snapshot = {**broken.snapshot, "chain": [{"nonsense": 1}]}
    broken.save()
    assert escalate_unheard(BREACHED + QUARTER) == 1
    broken.refresh_from_db()
    assert broken.escalate_at == BREACHED + QUARTER + timedelta(minutes=1)


def test_when_the_reports_fell_silent_the_message_says_since_when(people) -> None:
    incident = opened(people)
    IncidentEvent.objects.bulk_create(
        IncidentEvent(incident=incident, kind="commented", at=MONDAY, recorded_at=MONDAY + minute, via="jira")
        for minute in (timedelta(minutes=n) for n in range(0, 50, 5))
    )
    operations.sweep(BREACHED)
    operations.deliver(BREACHED)
    assert "Data may be stale since: Mon 2 Mar 2026 09:45:00 UTC" in Delivery.objects.earliest("pk").body


def test_a_change_that_finds_the_target_used_up_is_one_alarm_and_says_so(people) -> None:
    always = Calendar.objects.get(slug="always")
    targets = [TargetInput("P1", 3600, 360000, always), TargetInput("P3", 10 * 3600, 360000, always)]
    incident = opened(people, priority="P3", targets=targets)
    operations.sweep(MONDAY + 1.6 * HOUR)
    incidents.edit(incident=incident, changes={"priority": "P1"}, actor=None, now=MONDAY + 1.6 * HOUR)
    operations.sweep(MONDAY + 1.6 * HOUR + SECOND)
    assert states() == {50: "skipped", 75: "skipped", 90: "skipped", 100: "open", 150: "skipped"}
    operations.deliver(MONDAY + 1.6 * HOUR + SECOND)
    assert "Late by a change of the promise on: Mon 2 Mar 2026 10:36:00 UTC" in Delivery.objects.earliest("pk").body

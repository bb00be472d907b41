"""How a clock went, drawn and told: stretches, pauses, the sentence, the quiet updates of a ticketing system."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Role
from incidents import operations
from incidents.clockcards import card_of
from incidents.courses import courses_of, stays_of
from incidents.models import EventKind, IncidentEvent
from incidents.telling import lines_of
from sla.operations import set_client_policy
from tests.factories import MONDAY, a_calendar, a_client, a_department, a_policy, a_user, an_incident

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=10)


def after(**time):
    return MONDAY + timedelta(**time)


@pytest.fixture
def client():
    return a_client("aldgate", policy=a_policy("gold", response_s=900, resolution_s=14400))


def course_of(incident, *, now, kind="resolution"):
    courses = courses_of(incident, list(incident.events.all()), now=now)
    return [course for course in courses if course.view.kind == kind][-1]


def lengths(course):
    return [(round(stretch.length), stretch.counts) for stretch in course.stretches if stretch.length]


def test_a_pause_parts_what_counts_and_says_for_what_it_stood(client):
    incident = an_incident(client=client, now=LATER)
    operations.hold(incident=incident, reason="client", actor=None, now=LATER, at=after(minutes=94))
    operations.resume(incident=incident, actor=None, now=LATER, at=after(minutes=130))
    course = course_of(incident, now=after(minutes=378))
    assert lengths(course) == [(94 * 60, True), (36 * 60, False), (248 * 60, True)]
    assert [(pause.reason, pause.wall_s) for pause in course.pauses] == [("client", 36 * 60)]
    card = card_of(course, reference="INC-1", now=after(minutes=378))
    assert [segment.kind for segment in card.bar.segments] == ["run", "pause", "run", "over"]
    assert "Was paused for 36" in card.sentence
    assert card.badge == "breached"


def test_a_pause_of_days_leaves_room_for_what_counted(client):
    incident = an_incident(client=client, now=LATER)
    operations.hold(incident=incident, reason="vendor", actor=None, now=LATER, at=after(hours=1))
    course = course_of(incident, now=LATER)
    counted, stood = course.stretches[0].length, course.stretches[1].length
    assert counted == 3600
    assert stood == pytest.approx(0.4 * 14400)
    assert course.paused_s == 10 * 86400 - 3600
    assert "left when it goes on" in card_of(course, reference="INC-1", now=LATER).sentence.replace("\u00a0", " ")


def test_being_resolved_for_a_while_is_a_pause_without_a_reason_to_hold(client):
    incident = an_incident(client=client, now=LATER)
    operations.resolve(incident=incident, actor=None, now=LATER, at=after(hours=1))
    operations.reopen(incident=incident, actor=None, now=LATER, at=after(hours=2))
    course = course_of(incident, now=after(hours=3))
    assert [pause.reason for pause in course.pauses] == [""]
    assert "resolved for a while" in card_of(course, reference="INC-1", now=after(hours=3)).sentence


def test_what_was_put_on_hold_and_went_on_in_the_same_second_was_not_paused(client):
    incident = an_incident(client=client, now=LATER)
    operations.hold(incident=incident, reason="client", actor=None, now=LATER, at=after(hours=1))
    operations.resume(incident=incident, actor=None, now=LATER, at=after(hours=1))
    course = course_of(incident, now=after(hours=2))
    assert not course.pauses
    assert "No pause." in card_of(course, reference="INC-1", now=after(hours=2)).sentence


def test_a_stopped_clock_ends_where_it_was_stopped(client):
    incident = an_incident(client=client, now=LATER)
    operations.acknowledge(incident=incident, actor=None, now=LATER, at=after(minutes=7))
    course = course_of(incident, now=LATER, kind="response")
    assert lengths(course) == [(7 * 60, True)]
    card = card_of(course, reference="INC-1", now=LATER)
    assert (card.badge, card.bar.segments[0].kind) == ("met", "ok")
    assert card.bar.segments[0].width == pytest.approx(46.7)


def test_outside_the_service_hours_the_clock_says_when_it_goes_on():
    client = a_client()
    hours = a_calendar("office")
    set_client_policy(client=client, policy=a_policy(calendar=hours), actor=None, at=MONDAY)
    incident = an_incident(client=client, at=after(hours=7), now=after(hours=10))
    course = course_of(incident, now=after(hours=10))
    assert course.goes_on_at == after(days=1)
    card = card_of(course, reference="INC-1", now=after(hours=10))
    assert card.badge_text == "Outside service hours"
    assert "Service goes on Tue 3 Mar 09:00." in card.sentence


def test_each_department_is_told_the_service_time_it_had(client):
    incident = an_incident(client=client, now=LATER)
    for slug, minutes in (("network", 30), ("unix", 90)):
        department, at = a_department(slug), after(minutes=minutes)
        operations.assign(incident=incident, department=department, actor=None, now=LATER, at=at)
    operations.resolve(incident=incident, actor=None, now=LATER, at=after(minutes=100))
    incident.refresh_from_db()
    courses = courses_of(incident, list(incident.events.all()), now=LATER)
    stays = stays_of(incident, courses, now=LATER)
    assert [(stay.hop.department.slug, stay.service_s // 60) for stay in stays] == [
        ("support", 30),
        ("network", 60),
        ("unix", 10),
    ]


def test_updates_that_say_nothing_new_are_one_line(client):
    """A ticketing system repeats its state with every update."""
    incident = an_incident(client=client, now=LATER, source="desk", external_ref="1")
    for minutes, status in ((1, "in_progress"), (2, "in_progress"), (3, "in_progress"), (4, "resolved")):
        IncidentEvent.objects.create(
            incident=incident,
            kind=EventKind.IMPORTED,
            at=after(minutes=minutes),
            recorded_at=LATER,
            status=status,
            priority="P2",
        )
    events = list(incident.events.order_by("at", "id"))
    lines = lines_of(incident, events, [], user=a_user("boss", Role.MANAGER))
    titles = [line.title for line in lines]
    assert titles == ["Resolved", "2 updates, the state stayed", "In progress", "Opened as P2"]


def test_what_was_written_down_much_later_says_so(client):
    engineer = a_user("engineer", Role.ENGINEER)
    incident = an_incident(client=client, now=LATER)
    operations.acknowledge(incident=incident, actor=engineer, now=LATER, at=after(minutes=7))
    operations.comment(incident=incident, text="Now", actor=engineer, now=LATER)
    events = list(incident.events.order_by("at", "id"))
    now, then, _opened = lines_of(incident, events, [], user=a_user("boss", Role.MANAGER))
    assert now.recorded_at is None
    assert then.recorded_at == LATER

"""The story's requests: told as they happened, at any hour, to nobody of today."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import TestCase

from accounts.models import User
from alerts.models import Delivery
from demo.seeding.content import load
from demo.seeding.people import seed_people
from demo.seeding.projects import close_projects, seed_projects
from demo.seeding.promises import seed_promises
from demo.seeding.requests import seed_requests
from departments.models import Department
from kernel.models import History
from projects.lifecycle import RequestStatus, TaskStatus
from projects.models import ChangeRequest, Clarification, Dependency, Task
from projects.operations.announcing import announce_due, notice_silence
from projects.operations.refreshing import gates_of, held_back_by

TUESDAY_NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MONDAY_JUST_AFTER_MIDNIGHT = datetime(2026, 6, 8, 0, 4, tzinfo=UTC)
NIGHT_AFTER_THE_HOLIDAYS = datetime(2027, 1, 8, 0, 27, tzinfo=UTC)


def seed(now: datetime) -> None:
    seed_promises(now=now)
    seed_people(now=now)
    seed_projects(now=now)
    seed_requests(now=now)
    close_projects(now=now)


@pytest.mark.django_db
@pytest.mark.parametrize("now", [TUESDAY_NOON, MONDAY_JUST_AFTER_MIDNIGHT, NIGHT_AFTER_THE_HOLIDAYS])
def test_the_story_stands_as_it_says_whenever_the_demo_is_started(now: datetime) -> None:
    seed(now)
    rows = load("requests")["change_requests"]
    stored = {request.external_ref: request for request in ChangeRequest.objects.all()}
    assert {ref: request.status for ref, request in stored.items()} == {row["id"]: row["state"] for row in rows}
    for row in rows:
        told = {task["key"]: task for task in row.get("tasks", ())} | row.get("progress", {})
        statuses = dict(stored[row["id"]].tasks.values_list("key", "status"))
        assert {key: statuses.get(key) for key in told} == {key: task["status"] for key, task in told.items()}
    assert not History.objects.filter(at__gt=now).exists()


class TestTheStory(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        seed(TUESDAY_NOON)

    def test_nobody_hears_today_of_what_happened_before(self) -> None:
        assert Delivery.objects.filter(state=Delivery.State.CANCELLED).exists()
        assert not Delivery.objects.exclude(state=Delivery.State.CANCELLED).exists()
        assert (announce_due(TUESDAY_NOON), notice_silence(TUESDAY_NOON)) == (0, 0)

    def test_what_tasks_keep_of_others_is_true(self) -> None:
        planned = list(Task.objects.filter(status=TaskStatus.PLANNED))
        gates, held = gates_of(planned), held_back_by([task.pk for task in Task.objects.open()])
        assert {task.pk: task.unmet for task in planned} == {pk: len(gate.waiting_for) for pk, gate in gates.items()}
        assert {task.pk: task.frees for task in Task.objects.open() if task.frees} == held

    def test_each_account_finds_something_to_do(self) -> None:
        assert set(ChangeRequest.objects.values_list("status", flat=True)) == set(RequestStatus.values)
        engineer, tam = (User.objects.get(username=name) for name in ("engineer", "tam"))
        mine = Task.objects.open().filter(assignee=engineer)
        assert mine.ready(TUESDAY_NOON).exists()
        assert mine.waiting(TUESDAY_NOON).exists()
        assert mine.filter(status=TaskStatus.IN_PROGRESS, due_at__lt=TUESDAY_NOON, project__tam=tam).exists()
        assert (
            Task.objects.ready(TUESDAY_NOON).filter(department=Department.objects.get(head__username="head")).exists()
        )
        assert Task.objects.filter(project__tam=tam, block_reason="access_or_licence", frees__gte=1).exists()
        assert Task.objects.filter(project__deputy=tam, key="parse", returns=1).exists()
        assert Task.objects.filter(project__tam=tam, returned_at__isnull=False).exists()
        contact = User.objects.get(username="contact")
        assert Clarification.objects.filter(contact__user=contact, answered_at=None).exists()
        assert ChangeRequest.objects.filter(requested_by__user=contact, status=RequestStatus.DELIVERED).exists()

    def test_a_second_start_changes_nothing(self) -> None:
        def counted() -> tuple[int, ...]:
            return tuple(model.objects.count() for model in (ChangeRequest, Task, Dependency, History, Delivery))

        before = counted()
        seed(TUESDAY_NOON)
        assert counted() == before

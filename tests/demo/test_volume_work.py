"""Made-up work: what tasks keep of others is what the operations would store, and no rule of theirs is broken."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import TestCase

from demo.volume.filling import Volume, fill
from projects.lifecycle import RequestStatus, TaskStatus
from projects.models import ChangeRequest, Dependency, Task
from projects.operations.announcing import announce_due, notice_silence
from projects.operations.refreshing import KEPT, refresh
from projects.planning.graph import find_cycle
from projects.queries.gates import epoch, waits_of

NOW = datetime(2026, 6, 10, 10, 30, tzinfo=UTC)
SOME = Volume(clients=3, projects=12, incidents=0, open_share=0.5, tasks=2000)


class TestWork(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        fill(SOME, seed=7, now=NOW)

    def test_tasks_keep_of_others_what_the_operations_store(self) -> None:
        def kept() -> dict[int, tuple[object, ...]]:
            return {pk: values for pk, *values in Task.objects.open().values_list("pk", *KEPT)}

        before = kept()
        assert refresh(before, at=NOW) == []
        assert kept() == before

    def test_nobody_began_before_the_gate_was_open(self) -> None:
        begun = {task.pk: epoch(task.started_at) or 0 for task in Task.objects.exclude(started_at=None)}
        for pk, waits in waits_of(begun.keys()).items():
            for wait in waits:
                if wait.kind in {"FS", "SS"} and not wait.is_cancelled:
                    assert wait.since is not None
                    assert wait.since <= begun[pk]

    def test_it_is_as_much_as_asked_for_and_of_every_kind(self) -> None:
        assert Task.objects.count() == SOME.tasks
        assert set(Task.objects.values_list("status", flat=True)) == set(TaskStatus.values)
        states = Counter(ChangeRequest.objects.values_list("status", flat=True))
        assert set(states) >= set(RequestStatus.values) - {RequestStatus.REJECTED}
        assert Task.objects.ready(NOW).exists()
        assert Task.objects.waiting(NOW).exists()
        assert find_cycle(Dependency.objects.values_list("predecessor", "successor")) is None

    def test_requests_and_their_tasks_agree(self) -> None:
        over = ChangeRequest.objects.filter(status__in=["delivered", "accepted", "withdrawn"])
        assert not Task.objects.open().filter(change_request__in=over).exists()
        early = ChangeRequest.objects.filter(status__in=["decomposing", "agreed"])
        assert not Task.objects.exclude(status=TaskStatus.PLANNED).filter(change_request__in=early).exists()
        assert not Task.objects.open().filter(project__phase="closed").exists()

    def test_nobody_is_owed_a_word(self) -> None:
        assert (announce_due(NOW), notice_silence(NOW)) == (0, 0)


@pytest.mark.django_db
def test_the_same_seed_at_the_same_instant_makes_the_same_work() -> None:
    few = Volume(clients=2, projects=2, incidents=0, open_share=0.5, tasks=40)

    def told() -> list[tuple[object, ...]]:
        rows = Task.objects.order_by("pk")
        return list(rows.values_list("title", "status", "started_at", "finished_at", "department__slug", "unmet"))

    with transaction.atomic():
        fill(few, seed=1, now=NOW)
        first = told()
        transaction.set_rollback(True)
    fill(few, seed=1, now=NOW)
    assert told() == first

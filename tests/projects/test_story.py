"""A request on its way through the operations, from the client's words to acceptance."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from kernel.errors import Conflict, Forbidden, Invalid
from projects import operations
from projects.lifecycle import RequestStatus, TaskStatus
from projects.models import ChangeRequest, Task
from projects.operations import NewDependency, NewTask
from tests.factories import MONDAY, a_department, a_dependency, a_project, a_request, a_task, a_user

pytestmark = pytest.mark.django_db


def a_piece(key: str, department: str = "network") -> NewTask:
    return NewTask(key=key, title=f"Piece {key}", department=a_department(department), estimate_h=Decimal(4))


def test_a_request_goes_from_the_clients_words_to_acceptance() -> None:
    request = a_request()
    tam = request.client.tam
    question = operations.ask(request=request, text="How many?", department=a_department(), actor=tam, at=MONDAY)
    assert stored(request).status == RequestStatus.CLARIFYING
    operations.answer(question=question, text="Twelve", actor=tam, at=MONDAY)
    first, second = operations.decompose(
        request=request,
        tasks=[a_piece("a"), a_piece("b", "unix")],
        dependencies=[NewDependency("a", "b")],
        actor=tam,
        at=MONDAY,
    )
    operations.agree(request=request, promised_at=MONDAY + timedelta(days=5), actor=tam, at=MONDAY)
    assert Task.objects.get(pk=first.pk).due_at == MONDAY + timedelta(days=5)
    with pytest.raises(Conflict, match="waits for"):
        operations.start_task(task=second, actor=tam, at=MONDAY)
    with pytest.raises(Conflict, match="2 tasks are open"):
        operations.deliver(request=request, actor=tam, at=MONDAY)
    operations.start_task(task=first, actor=tam, at=MONDAY)
    assert stored(request).status == RequestStatus.IN_WORK
    operations.complete_task(task=first, actor=tam, at=MONDAY)
    assert Task.objects.get(pk=second.pk).is_ready(MONDAY)
    operations.complete_task(task=second, actor=tam, at=MONDAY)
    operations.deliver(request=request, actor=tam, at=MONDAY)
    operations.accept(request=request, actor=tam, at=MONDAY)
    assert stored(request).status == RequestStatus.ACCEPTED


def stored(request: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=request.pk)


def test_only_who_leads_goes_past_what_a_task_waits_for() -> None:
    project = a_project()
    before, after = a_task(project), a_task(project)
    a_dependency(before, after)
    with pytest.raises(Forbidden):
        operations.start_task(task=after, override="hurry", actor=a_user(), at=MONDAY)
    started = operations.start_task(task=after, override="hurry", actor=project.client.tam, at=MONDAY)
    assert started.status == TaskStatus.IN_PROGRESS


def test_a_circle_is_named_in_order() -> None:
    project = a_project()
    one, two, three = (a_task(project, title=title) for title in ("One", "Two", "Three"))
    a_dependency(one, two)
    a_dependency(two, three)
    with pytest.raises(Conflict) as refused:
        a_dependency(three, one)
    assert refused.value.extra["cycle"] == [one.pk, two.pk, three.pk]
    with pytest.raises(Invalid):
        a_dependency(one, one)
    with pytest.raises(Conflict, match="already"):
        a_dependency(one, two)


def test_a_circle_within_one_decomposition_stores_nothing() -> None:
    request = a_request()
    with pytest.raises(Conflict) as refused:
        operations.decompose(
            request=request,
            tasks=[a_piece("a"), a_piece("b")],
            dependencies=[NewDependency("a", "b"), NewDependency("b", "a")],
            actor=None,
            at=MONDAY,
        )
    assert sorted(refused.value.extra["cycle"]) == ["a", "b"]
    assert not Task.objects.exists()


def test_a_returned_handover_opens_the_predecessor_again() -> None:
    project = a_project()
    before, after = a_task(project), a_task(project)
    a_dependency(before, after)
    operations.complete_task(task=before, actor=None, at=MONDAY)
    operations.return_task(task=after, reason="No access", to=before, actor=None, at=MONDAY)
    before.refresh_from_db()
    after.refresh_from_db()
    assert (before.status, after.status, after.unmet, after.returns) == ("in_progress", "planned", 1, 1)

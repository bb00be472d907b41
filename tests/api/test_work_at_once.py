"""Several people at the work at once: no two close a circle together, one of two editors wins, done is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role
from kernel.models import History
from projects.models import Dependency, Project, Task
from projects.planning.graph import find_cycle
from tests.api.test_concurrency import at_once
from tests.factories import a_dependency, a_project, a_task, a_user

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
API = "/api/v1/"
PAIRS = 200


@pytest.fixture
def programs(api: Callable[..., Any]) -> list[Any]:
    root = a_user("root", Role.ADMIN)
    return [api(root) for _ in range(4)]


def history_of(task: Task, verb: str) -> int:
    return History.objects.filter(subject_kind="projects.task", subject_id=task.pk, verb=verb).count()


@pytest.mark.postgres
def test_of_two_dependencies_that_would_close_a_circle_one_is_refused_each_of_200_times(programs):
    """Two threads that go through all pairs in step, the one from here to there, the other back."""
    project = a_project()
    tasks = [(a_task(project), a_task(project)) for _ in range(PAIRS)]
    in_step = threading.Barrier(2)

    def post(program: Any, *, backwards: bool) -> list[int]:
        statuses = []
        try:
            for pair in tasks:
                before, after = reversed(pair) if backwards else pair
                in_step.wait(timeout=60)
                body = {"predecessor": before.pk, "successor": after.pk}
                statuses.append(program.post(f"{API}dependencies/", body).status_code)
        finally:
            connection.close()
        return statuses

    with ThreadPoolExecutor(2) as pool:
        there = pool.submit(post, programs[0], backwards=False)
        back = pool.submit(post, programs[1], backwards=True)
    answers = [sorted(pair) for pair in zip(there.result(), back.result(), strict=True)]
    assert answers == [[201, 409]] * PAIRS
    assert find_cycle(Dependency.objects.values_list("predecessor", "successor")) is None


def test_a_circle_through_a_decomposition_and_a_dependency_at_once_is_not_closed(programs):
    project = a_project("portal")
    for number in range(5):
        request = programs[0].post(f"{API}change-requests/", {"project": "portal", "title": f"No. {number}"})
        rows = [{"key": key, "title": key, "department": "unix", "estimate_h": 1} for key in ("a", "b")]
        ids = programs[0].post(f"{request['Location']}decompose/", {"tasks": rows}).json()["ids"]
        one, other = at_once(
            lambda to=request["Location"]: programs[0].post(
                f"{to}decompose/", {"dependencies": [{"from": "a", "to": "b"}]}
            ),
            lambda ids=ids: programs[1].post(f"{API}dependencies/", {"predecessor": ids["b"], "successor": ids["a"]}),
        )
        assert sorted([one.status_code < 300, other.status_code < 300]) == [False, True]
    assert find_cycle(Dependency.objects.values_list("predecessor", "successor")) is None
    assert Project.objects.get(pk=project.pk).tasks.count() == 10


def test_of_two_who_edit_the_version_they_read_one_wins(programs):
    task = a_task()
    url = f"{API}tasks/{task.pk}/"
    answers = at_once(
        *[
            lambda p=p, n=n: p.patch(url, {"title": f"No. {n}"}, headers={"If-Match": '"1"'})
            for n, p in enumerate(programs[:2])
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert Task.objects.get(pk=task.pk).version == 2


def test_twenty_who_complete_a_task_at_once_complete_it_once(api):
    root = a_user("root", Role.ADMIN)
    project = a_project()
    task, follower = a_task(project), a_task(project)
    a_dependency(task, follower)
    callers = [api(root) for _ in range(20)]
    answers = at_once(*[lambda p=p: p.post(f"{API}tasks/{task.pk}/complete/") for p in callers])
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "done")}
    assert history_of(task, "completed") == 1
    follower.refresh_from_db()
    assert (follower.unmet, follower.version) == (0, 1)


def test_two_who_end_what_a_third_task_waits_for_leave_it_ready(programs):
    project = a_project()
    for _ in range(5):
        one, two, last = a_task(project), a_task(project), a_task(project)
        a_dependency(one, last)
        a_dependency(two, last)
        answers = at_once(
            lambda one=one: programs[0].post(f"{API}tasks/{one.pk}/complete/"),
            lambda two=two: programs[1].post(f"{API}tasks/{two.pk}/complete/"),
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        shown = programs[0].get(f"{API}tasks/{last.pk}/").json()
        assert (shown["readiness"], shown["waiting_for"]) == ("ready", [])

"""How fast the pages and verbs of work are: `python bench/work.py [--tasks N] [--projects N] [--filled NAME] [--full]`.

A department's queue, a project, a request, a task and the lists of them, asked in process by those whose work it is:
time at the server, and how much of it processors worked, the database's included (median and 95th percentile in ms;
wanted 100 for the first three); `even`: the 95th percentile had the machine kept the best pace it had in this run, for
a machine shared with others is at times half as fast; and the fewest and most queries of an answer of one role, which
must not grow with what is on the page. Then over REST: `decompose/` of 100 tasks and 200 dependencies (wanted 300 ms),
and completing a task that frees 50 others (wanted 100 ms).
`--full`: 200,000 tasks in 1,000 projects.

Works on a scratch database on the server of DATABASE_URL (PostgreSQL), filled by `demo.volume`, or on a copy of one
that `manage.py generate` has filled (`--filled`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.support.callers import Caller, Took, pace, took
from bench.support.databases import beside, scratch_database, server_url
from bench.support.filled import analyse, fill_with_work, prepare, use
from bench.support.timing import percentile, verdict

if TYPE_CHECKING:
    from accounts.models import User
    from projects.models import ChangeRequest

FULL_TASKS, FULL_PROJECTS = 200_000, 1_000
ROUNDS, SAMPLES = 3, 8
PAGE_MS, DECOMPOSE_MS, COMPLETE_MS = 100.0, 300.0, 100.0
WANTED = ("queue", "project", "request")
TASKS, DEPENDENCIES, FREED = 100, 200, 50
PACED = 200
BEST_PACE = [0.0]  # of the run so far


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=4_000, metavar="N")
    parser.add_argument("--projects", type=int, default=20, metavar="N")
    parser.add_argument("--filled", metavar="NAME", help="a database to copy instead")
    parser.add_argument("--full", action="store_true", help="200,000 tasks in 1,000 projects")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="only what has this in its name")
    options = parser.parse_args()
    url = server_url()
    with ExitStack() as stack:
        name = f"tamhub_bench_work_{os.getpid()}"
        stack.enter_context(scratch_database(url, name, copy_of=options.filled or ""))
        os.environ |= {
            "DATABASE_URL": beside(url, name),
            "TAMHUB_DATA": stack.enter_context(tempfile.TemporaryDirectory()),
            "DJANGO_SETTINGS_MODULE": "tamhub.settings",
            "LOG_LEVEL": "ERROR",
        }
        import django  # noqa: PLC0415 - the environment comes first

        django.setup()
        prepare(None)
        if options.filled:
            analyse()
        elif options.full:
            fill_with_work(FULL_TASKS, projects=FULL_PROJECTS)
        else:
            fill_with_work(options.tasks, projects=options.projects)
        BEST_PACE[0] = max(pace() for _round in range(PACED))
        measure_pages(options.rounds, only=options.only)
        measure_verbs(options.rounds, only=options.only)
        use("postgres")  # so that the scratch database can be dropped


def measure_pages(rounds: int, *, only: str) -> None:
    head = f"{'':<14} {'role':<10} {'asked':>6} {'p50 ms':>8} {'p95 ms':>8}"
    print(f"{head} {'cpu p50':>8} {'cpu p95':>8} {'even p95':>8} {'queries':>9}  wanted")
    for page, asked in addresses().items():
        if only not in page:
            continue
        everything: list[Took] = []
        for role, (caller, paths) in asked.items():
            caller.get(paths[0])  # what is compiled once is not measured
            answers = [caller.timed(path) for path in paths for _round in range(rounds)]
            everything += answers
            _say(page, role, answers)
        if page in WANTED:
            _say(page, "all", everything, within=PAGE_MS)


def addresses() -> dict[str, dict[str, tuple[Caller, list[str]]]]:
    """By page and role who asks for what."""
    from accounts.models import Client, User  # noqa: PLC0415
    from departments.models import Department  # noqa: PLC0415
    from projects.models import Project  # noqa: PLC0415

    client = Client.objects.order_by("pk").select_related("tam", "service_manager")[0]
    network = Department.objects.select_related("head").get(slug="network")
    engineer = User.objects.filter(grants__role="engineer", grants__scope_id=network.pk).order_by("pk")[0]
    manager, tam, head, worker, contact = (
        _caller(user)
        for user in (
            client.service_manager,
            client.tam,
            network.head,
            engineer,
            User.objects.get(contact__client=client),
        )
    )
    queues = [f"/departments/{slug}/" for slug in Department.objects.values_list("slug", flat=True)[:SAMPLES]]
    projects = list(Project.objects.filter(client=client).order_by("pk")[:SAMPLES])
    project_pages = [f"/projects/{project.slug}/" for project in projects]
    requests = _requests(projects)
    request_pages = [f"/requests/{pk}/" for pk in requests]
    return {
        "queue": {
            "manager": (manager, queues),
            "head": (head, ["/departments/network/"]),
            "engineer": (worker, ["/departments/network/"]),
        },
        "project": {
            "manager": (manager, project_pages),
            "tam": (tam, project_pages),
        },
        "request": {
            "manager": (manager, request_pages),
            "tam": (tam, request_pages),
            "contact": (contact, request_pages),
        },
        "task": {"tam": (tam, _tasks(requests)), "manager": (manager, _tasks(requests))},
        "my tasks": {"engineer": (worker, ["/my-tasks/"]), "head": (head, ["/my-tasks/"])},
        "requests": {
            "manager": (manager, ["/requests/"]),
            "tam": (tam, ["/requests/"]),
            "contact": (contact, ["/requests/"]),
        },
        "projects": {
            "manager": (manager, ["/projects/"]),
            "tam": (tam, ["/projects/"]),
            "engineer": (worker, ["/projects/"]),
        },
    }


def _requests(projects: list[Any]) -> list[int]:
    """Some in work, and some that are over, the largest first."""
    from django.db.models import Count  # noqa: PLC0415

    from projects.models import ChangeRequest  # noqa: PLC0415

    rows = ChangeRequest.objects.filter(project__in=projects).annotate(size=Count("tasks")).order_by("-size", "pk")
    of = {
        status: list(rows.filter(status=status).values_list("pk", flat=True)[: SAMPLES // 2])
        for status in ("in_work", "accepted")
    }
    return [*of["in_work"], *of["accepted"]]


def _tasks(requests: list[int]) -> list[str]:
    from projects.models import Task  # noqa: PLC0415

    rows = Task.objects.filter(change_request__in=requests).order_by("status", "pk").values_list("pk", flat=True)
    return [f"/tasks/{pk}/" for pk in rows[:SAMPLES]]


def _caller(user: User | None) -> Caller:
    assert user is not None
    return Caller(user)


def measure_verbs(rounds: int, *, only: str) -> None:
    for name, work, within in (
        (f"decompose {TASKS}", _decompose, DECOMPOSE_MS),
        (f"free {FREED}", _complete, COMPLETE_MS),
    ):
        if only in name:
            program = Program()
            answers = [work(program) for _round in range(rounds + 1)][1:]
            _say(name, "tam", answers, within=within)


class Program:
    """A TAM's program that calls with a token."""

    def __init__(self) -> None:
        from django.utils import timezone  # noqa: PLC0415
        from rest_framework.test import APIClient  # noqa: PLC0415

        from accounts.operations import create_token  # noqa: PLC0415
        from projects.models import Project  # noqa: PLC0415

        open_ones = Project.objects.exclude(phase="closed").select_related("client__tam")
        self.project = open_ones.order_by("pk")[0]
        tam = self.project.client.tam
        assert tam is not None
        _token, secret = create_token(
            user=tam, name=f"bench {time.time()}", scope="write", actor=None, at=timezone.now()
        )
        self.client = APIClient(SERVER_NAME="localhost")
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def new_request(self) -> ChangeRequest:
        from django.utils import timezone  # noqa: PLC0415

        from projects.operations import record_request  # noqa: PLC0415

        return record_request(project=self.project, title="Measured", actor=self.project.client.tam, at=timezone.now())

    def post(self, path: str, body: dict[str, Any]) -> Took:
        text = json.dumps(body)
        measured, answer = took(lambda: self.client.post(f"/api/v1/{path}", data=text, content_type="application/json"))
        if answer.status_code >= 400:
            raise SystemExit(f"{path}: {answer.status_code} {answer.content.decode()[:500]}")
        return measured


def _decompose(program: Program) -> Took:
    """Layers of ten, each task waiting for two of the layer before, and every second for one further back."""
    departments = _departments()
    keys = [f"t{n}" for n in range(TASKS)]
    tasks = [
        {"key": key, "title": f"Piece {key}", "department": departments[n % len(departments)], "estimate_h": 4}
        for n, key in enumerate(keys)
    ]
    pairs = [(n - back, n) for back in (10, 11, 9, 20) for n in range(back, TASKS)][:DEPENDENCIES]
    dependencies = [{"from": keys[before], "to": keys[after]} for before, after in pairs]
    assert len(dependencies) == DEPENDENCIES
    path = f"change-requests/{program.new_request().pk}/decompose/"
    return program.post(path, {"tasks": tasks, "dependencies": dependencies})


def _complete(program: Program) -> Took:
    """One task that fifty wait for, of every department, in a request that was agreed."""
    from django.utils import timezone  # noqa: PLC0415

    from departments.models import Department  # noqa: PLC0415
    from projects import operations  # noqa: PLC0415
    from projects.operations import NewDependency, NewTask  # noqa: PLC0415

    departments = list(Department.objects.filter(slug__in=_departments()))
    tasks = [
        NewTask(key=f"t{n}", title=f"Piece {n}", department=departments[n % len(departments)], estimate_h=Decimal(4))
        for n in range(FREED + 1)
    ]
    links = [NewDependency("t0", f"t{n}") for n in range(1, FREED + 1)]
    request, tam = program.new_request(), program.project.client.tam
    made = operations.decompose(request=request, tasks=tasks, dependencies=links, actor=tam, at=timezone.now())
    operations.agree(request=request, actor=tam, at=timezone.now())
    operations.start_task(task=made[0], actor=tam, at=timezone.now())
    return program.post(f"tasks/{made[0].pk}/complete/", {})


def _departments() -> list[str]:
    from departments.models import Department  # noqa: PLC0415

    return list(Department.objects.filter(kind="engineering").values_list("slug", flat=True))


def _say(name: str, role: str, answers: list[Took], *, within: float | None = None) -> None:
    wall, cpu = [one.ms for one in answers], [one.cpu_ms for one in answers]
    queries = sorted({one.queries for one in answers})
    figures = [percentile(values, share) for values in (wall, cpu) for share in (0.5, 0.95)]
    best = BEST_PACE[0] = max(BEST_PACE[0], *(one.pace for one in answers))
    even = percentile([one.ms * one.pace / best for one in answers], 0.95)
    figures.append(even)
    held = f"{verdict(even <= within)} ({within:.0f})" if within else ""
    counted = f"{queries[0]}-{queries[-1]}"
    print(f"{name:<14} {role:<10} {len(answers):>6} {' '.join(f'{ms:>8.0f}' for ms in figures)} {counted:>9}  {held}")


if __name__ == "__main__":
    main()

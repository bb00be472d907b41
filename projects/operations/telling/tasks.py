"""What people hear of tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from alerts.mail import as_read_by
from alerts.operations.telling import News, Step, tell, withdraw
from alerts.preferences import Event
from departments.queries.duty import Stead
from projects.lifecycle import TaskStatus
from projects.models import ActionLink, ChangeRequest, Project, Task
from projects.operations.issuing import issue
from projects.operations.telling.leading import leader_of
from projects.paths import my_tasks_path, step_path, task_path

# What is read along with tasks that somebody is told of.
BESIDE = (
    "client__tam",
    "client__deputy",
    "client__service_manager",
    "project__tam",
    "project__deputy",
    "change_request",
    "department__head",
    "assignee",
)
MOST_NAMED = 20


def given(tasks: Sequence[Task], *, actor: User | None, at: datetime) -> None:
    """Each person hears once of all that is put into the own hands, but not of what one takes oneself."""
    by_person: dict[User, list[Task]] = defaultdict(list)
    for task in tasks:
        if task.assignee is not None and task.assignee != actor:
            by_person[task.assignee].append(task)
    news = []
    for person, theirs in by_person.items():
        with as_read_by(person):
            first, n = theirs[0], len(theirs)
            many = ngettext("%(n)d task is given to you", "%(n)d tasks are given to you", n)
            words = (_("Given to you: %(first)s") if n == 1 else many) % {"n": n, "first": first}
            lines = [_line(task) for task in theirs[:MOST_NAMED]]
            key = f"task:{first.pk}:given:{person.pk}:{int(at.timestamp())}"
            news.append(_news(person, Event.ASSIGNED, words, lines, path=_path(theirs), task=first, key=key))
    tell(news, now=at)


def passed_on(task: Task, *, note: str, actor: User | None, at: datetime) -> None:
    """That the work came from elsewhere, with the words that came along: to who has it now, else to the department's
    head. What can start at once comes with the links that "you can start" has, for it says so, too."""
    for (person, _department), [theirs] in _ready_groups(_with_people([task]), at=at).items():
        if person == actor:
            continue
        with as_read_by(person):
            is_own = theirs.assignee_id is not None
            words = (
                _("Given to you: %(first)s") % {"first": theirs}
                if is_own
                else _("Handed over to %(department)s: %(task)s") % {"department": theirs.department, "task": theirs}
            )
            said = f"{actor}: {note}" if actor is not None and note else note
            state = _("It can start.") if theirs.is_ready(at) else theirs.get_status_display()
            lines = [_line(theirs), state, *(["", said] if said else [])]
            key = f"task:{theirs.pk}:passed on:{person.pk}:{int(at.timestamp())}"
            steps = _steps(person, theirs, at=at) if theirs.is_ready(at) else ()
            news = _news(person, Event.ASSIGNED, words, lines, path=_path([theirs]), task=theirs, key=key, steps=steps)
        tell([news], now=at)


def ready(
    tasks: Sequence[Task],
    *,
    cause: Task | None,
    request: ChangeRequest | None = None,
    actor: User | None,
    at: datetime,
) -> None:
    """That they can start: one message for one cause and department, however many tasks it frees, to whoever has them
    or to the head. A single one comes with links that start or block it."""
    groups = _ready_groups(_with_people(tasks), at=at)
    if not groups:
        return
    news = []
    for (person, department), theirs in groups.items():
        if person == actor and cause is not None and len(theirs) == 1 and theirs[0].assignee_id == person.pk:
            continue
        with as_read_by(person):
            first, n = theirs[0], len(theirs)
            many = ngettext("%(n)d task can start", "%(n)d tasks can start", n)
            words = (_("You can start: %(first)s") if n == 1 else many) % {"n": n, "first": first}
            lines = [_line(task) for task in theirs[:MOST_NAMED]]
            if cause is not None:
                lines += [
                    "",
                    _("Freed by %(task)s (%(department)s).") % {"task": cause, "department": cause.department},
                ]
                lines += ["", cause.package] if cause.package else []
            key = _ready_key(cause, request, department, person, at)
            steps = _steps(person, first, at=at) if n == 1 else ()
            news.append(_news(person, Event.READY, words, lines, path=_path(theirs), task=first, key=key, steps=steps))
    tell(news, now=at)


def not_ready_after_all(task: Task, *, at: datetime) -> None:
    """Its successors wait again: who was not told yet that they can start is not told."""
    waiting = Task.objects.filter(incoming__predecessor=task, status=TaskStatus.PLANNED, unmet__gt=0)
    groups = _ready_groups(list(waiting.select_related(*BESIDE)), at=at)
    causes = Task.objects.filter(outgoing__successor__in=waiting).distinct()
    keys = [_ready_key(cause, None, department, person, at) for cause in causes for person, department in groups]
    if keys:
        withdraw(keys)


def stuck(task: Task, *, actor: User | None, at: datetime) -> None:
    """Who leads the project hears what a blocked task needs."""
    [task] = _with_people([task])
    reason = task.get_block_reason_display()

    def words() -> tuple[str, list[str]]:
        said = f"{reason}: {task.block_text}" if task.block_text else reason
        held = ngettext("It holds up %(n)d task.", "It holds up %(n)d tasks.", task.frees) % {"n": task.frees}
        return _("Blocked: %(task)s") % {"task": task}, [_line(task), "", said, *([held] if task.frees else [])]

    key = f"task:{task.pk}:blocked:{int(at.timestamp())}"
    _tell_leader(task.project, Event.BLOCKED, words, path=_path([task]), task=task, key=key, actor=actor, at=at)


def returned(task: Task, *, to: Task | None, reason: str, actor: User | None, at: datetime) -> None:
    """Back to who leads the project, or to who did the task before."""
    [task] = _with_people([task])
    key = f"task:{task.pk}:returned:{int(at.timestamp())}"

    def words() -> tuple[str, list[str]]:
        return _("Came back: %(task)s") % {"task": to or task}, [_line(task), "", reason]

    path = _path([to or task])
    if to is not None:
        [to] = _with_people([to])
        if to.assignee is not None and to.assignee != actor:
            with as_read_by(to.assignee):
                subject, lines = words()
                tell(
                    [_news(to.assignee, Event.ASSIGNED, subject, lines, path=path, task=task, key=f"{key}:back")],
                    now=at,
                )
    _tell_leader(task.project, Event.BLOCKED, words, path=path, task=task, key=key, actor=actor, at=at)


def silent(tasks: Sequence[Task], *, at: datetime) -> None:
    """Who leads the project hears of tasks of which nobody has said anything for too long."""
    stead, news = Stead.at(at), []
    for task in tasks:
        leader = leader_of(task.project, stead, at=at)
        if leader is None:
            continue
        with as_read_by(leader):
            subject = _("Nobody says how it goes: %(task)s") % {"task": task}
            key = f"task:{task.pk}:silent:{int(task.last_word_at.timestamp())}"
            news.append(_news(leader, Event.SILENCE, subject, [_line(task)], path=_path([task]), task=task, key=key))
    tell(news, now=at)


def _with_people(tasks: Sequence[Task]) -> list[Task]:
    if not tasks:
        return []
    return list(Task.objects.filter(pk__in=[task.pk for task in tasks]).select_related(*BESIDE).order_by("pk"))


def _ready_groups(tasks: Iterable[Task], *, at: datetime) -> dict[tuple[User, int], list[Task]]:
    """Tasks by who hears of them and by department; who is away is stood in for."""
    stead = Stead.at(at) if tasks else Stead([])
    groups: dict[tuple[User, int], list[Task]] = defaultdict(list)
    for task in tasks:
        wanted = task.assignee or task.department.head or leader_of(task.project, stead, at=at)
        person = stead.of(wanted) if wanted is not None else None
        if person is not None:
            groups[person, task.department_id].append(task)
    return groups


def _ready_key(cause: Task | None, request: ChangeRequest | None, department: int, person: User, at: datetime) -> str:
    if cause is not None:
        return f"task:{cause.pk}:ready:{department}:{person.pk}"
    whose = f"request:{request.pk}" if request is not None else "tasks"
    return f"{whose}:ready:{department}:{person.pk}:{int(at.timestamp())}"


def _steps(person: User, task: Task, *, at: datetime) -> list[Step]:
    offered = (ActionLink.Step.START, ActionLink.Step.COMPLETE, ActionLink.Step.BLOCK)
    tokens = issue([(person, task, step) for step in offered], at=at)
    return [Step(str(step.label), step_path(token)) for step, token in zip(offered, tokens, strict=True)]


def _tell_leader(
    project: Project,
    event: Event,
    words: Callable[[], tuple[str, list[str]]],
    *,
    path: str,
    task: Task,
    key: str,
    actor: User | None,
    at: datetime,
) -> None:
    leader = leader_of(project, Stead.at(at), at=at)
    if leader is None or leader == actor:
        return
    with as_read_by(leader):
        subject, lines = words()
        tell([_news(leader, event, subject, lines, path=path, task=task, key=key)], now=at)


def _line(task: Task) -> str:
    """One task in one line: what, for whom, how long."""
    hours = f"{task.estimate_h.normalize():f} h"
    return f"{task} · {task.client}, {task.project} · {hours}"


def _path(tasks: Sequence[Task]) -> str:
    """The task's page, or for several the list of what is in one's hands."""
    return task_path(tasks[0]) if len(tasks) == 1 else my_tasks_path()


def _news(
    person: User,
    event: Event,
    subject: str,
    lines: Sequence[str],
    *,
    path: str,
    task: Task,
    key: str,
    steps: Sequence[Step] = (),
) -> News:
    return News(
        recipient=person,
        event=event,
        subject=subject,
        body="\n".join(lines),
        path=path,
        client=task.client,
        key=key,
        steps=steps,
    )

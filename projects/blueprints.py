"""The content of a blueprint as values: read from JSON strictly, written back the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from kernel.errors import Invalid
from projects.planning.graph import find_cycle

KINDS = ("FS", "SS", "FF", "SF")
CALENDARS = ("successor", "24x7")
MOST_ROWS = 500
MOST_HOURS = 10_000


@dataclass(frozen=True)
class Range:
    """Working hours: at best, likely, at worst."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True)
class Piece:
    key: str
    title: str
    department: str
    estimate_h: Range
    what: str = ""
    ready: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    before: str
    after: str
    kind: str = "FS"
    lag_h: float = 0
    lag_calendar: str = "successor"


@dataclass(frozen=True)
class Content:
    """Questions to ask the client first, the tasks, what they wait for, and what may go wrong (risk, answer)."""

    tasks: tuple[Piece, ...]
    dependencies: tuple[Link, ...] = ()
    questions: tuple[str, ...] = ()
    risks: tuple[tuple[str, str], ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        tasks = [
            {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(task).items()}
            for task in self.tasks
        ]
        links = [
            {
                "from": one.before,
                "to": one.after,
                "kind": one.kind,
                "lag_h": one.lag_h,
                "lag_calendar": one.lag_calendar,
            }
            for one in self.dependencies
        ]
        risks = [{"risk": risk, "answer": answer} for risk, answer in self.risks]
        return {"questions": list(self.questions), "tasks": tasks, "dependencies": links, "risks": risks}


def parse(content: Any, *, departments: Sequence[str] | None = None) -> Content:
    """The content of JSON. Raises Invalid naming the row; with `departments` (slugs), unknown ones are refused, too."""
    if not isinstance(content, Mapping):
        raise Invalid(_("A blueprint is an object with tasks."), field="content")
    rows = _list(content, "tasks")
    if not rows or len(rows) > MOST_ROWS:
        raise Invalid(_("A blueprint has 1 to %(most)d tasks.") % {"most": MOST_ROWS}, field="content.tasks")
    tasks = tuple(_piece(row, f"content.tasks.{n}", departments) for n, row in enumerate(rows))
    keys = [task.key for task in tasks]
    if len(set(keys)) < len(keys):
        double = next(key for key in keys if keys.count(key) > 1)
        raise Invalid(_("The key %(key)s stands twice.") % {"key": double}, field="content.tasks")
    links = tuple(
        _link(row, f"content.dependencies.{n}", set(keys)) for n, row in enumerate(_list(content, "dependencies"))
    )
    circle = find_cycle((link.before, link.after) for link in links)
    if circle is not None:
        names = " → ".join([*circle, circle[0]])
        raise Invalid(_("This goes in a circle: %(tasks)s.") % {"tasks": names}, field="content.dependencies")
    questions = tuple(str(text)[:500] for text in _list(content, "questions"))
    risks = tuple(_risk(row, f"content.risks.{n}") for n, row in enumerate(_list(content, "risks")))
    return Content(tasks, links, questions, risks)


def _piece(row: Any, where: str, departments: Sequence[str] | None) -> Piece:
    if not isinstance(row, Mapping):
        raise Invalid(_("A task is an object."), field=where)
    key, title, department = (str(row.get(name, "")).strip() for name in ("key", "title", "department"))
    for name, value in (("key", key), ("title", title), ("department", department)):
        if not value:
            raise Invalid(_("This is needed."), field=f"{where}.{name}")
    if departments is not None and department not in departments:
        raise Invalid(
            _("There is no department %(slug)s.") % {"slug": department}, field=f"{where}.department", code="unknown"
        )
    return Piece(
        key=key[:60],
        title=title[:200],
        department=department,
        estimate_h=_range(row.get("estimate_h"), f"{where}.estimate_h"),
        what=str(row.get("what", "")),
        ready=_texts(row, "ready"),
        done=_texts(row, "done"),
        documents=_texts(row, "documents"),
    )


def _range(value: Any, where: str) -> Range:
    """`{"low", "likely", "high"}`, or one number for all three."""
    found = value if isinstance(value, Mapping) else {"low": value, "likely": value, "high": value}
    hours = [found.get(name) for name in ("low", "likely", "high")]
    if not all(type(one) in {int, float} for one in hours):
        raise Invalid(_("Write low, likely and high hours."), field=where)
    low, likely, high = (float(one) for one in hours if one is not None)
    if not 0 <= low <= likely <= high <= MOST_HOURS:
        raise Invalid(_("Low, likely and high hours ascend from 0."), field=where)
    return Range(low, likely, high)


def _link(row: Any, where: str, keys: set[str]) -> Link:
    if not isinstance(row, Mapping):
        raise Invalid(_("A dependency is an object."), field=where)
    before, after = str(row.get("from", "")), str(row.get("to", ""))
    for name, key in (("from", before), ("to", after)):
        if key not in keys:
            raise Invalid(_("There is no task with the key %(key)s.") % {"key": key}, field=f"{where}.{name}")
    kind, calendar = str(row.get("kind", "FS")), str(row.get("lag_calendar", "successor"))
    if kind not in KINDS or calendar not in CALENDARS:
        raise Invalid(_("Kinds are FS, SS, FF and SF; calendars successor and 24x7."), field=where)
    lag_h = row.get("lag_h", 0)
    if type(lag_h) not in {int, float} or not abs(lag_h) <= MOST_HOURS:
        raise Invalid(_("Write a number of hours."), field=f"{where}.lag_h")
    return Link(before, after, kind, float(lag_h), calendar)


def _risk(row: Any, where: str) -> tuple[str, str]:
    if not isinstance(row, Mapping):
        raise Invalid(_("A risk is an object."), field=where)
    return str(row.get("risk", ""))[:500], str(row.get("answer", ""))[:500]


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(str(text)[:200] for text in _list(row, name))


def _list(row: Mapping[str, Any], name: str) -> list[Any]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise Invalid(_("This is a list."), field=f"content.{name}")
    return value

"""A blueprint's version as rows: placed by the hours of each department, forward and backward."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from departments.operations import update_department
from kernel.errors import Conflict, Invalid
from projects import operations
from projects.models import BlueprintVersion
from projects.operations import NewDependency
from projects.queries.blueprints import rows_of
from tests.factories import MONDAY, a_calendar, a_department

pytestmark = pytest.mark.django_db

TASKS: list[dict[str, Any]] = [
    {"key": "net", "title": "Network", "department": "network", "estimate_h": {"low": 4, "likely": 8, "high": 16}},
    {"key": "os", "title": "System", "department": "unix", "estimate_h": 4, "ready": ["VLAN"], "documents": ["doc"]},
]
LINKS = [{"from": "net", "to": "os", "lag_h": 2, "lag_calendar": "24x7"}]


def a_version(tasks: list[dict[str, Any]] = TASKS) -> BlueprintVersion:
    calendar = a_calendar()
    for slug in ("network", "unix"):
        update_department(department=a_department(slug), changes={"calendar": calendar}, actor=None, at=MONDAY)
    content = {"tasks": tasks, "dependencies": LINKS}
    made = operations.create_blueprint(slug="stack", name="Stack", content=content, actor=None, at=MONDAY)
    assert made.current is not None
    return made.current


def test_rows_are_what_the_content_says() -> None:
    rows = rows_of(a_version())
    net, system = rows.tasks
    assert (net.optimistic_h, net.estimate_h, net.pessimistic_h) == (Decimal(4), Decimal(8), Decimal(16))
    assert (system.ready, system.touches, system.department.slug) == (("VLAN",), ("doc",), "unix")
    [link] = rows.dependencies
    assert link == NewDependency("net", "os", "FS", Decimal(2), "24x7")
    assert net.not_before is net.deadline is None


def test_forward_from_a_start_each_gets_its_earliest_start() -> None:
    net, system = rows_of(a_version(), start_at=MONDAY).tasks
    assert (net.not_before, net.deadline) == (MONDAY, None)
    assert system.not_before == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_backward_from_a_finish_each_gets_its_deadline() -> None:
    net, system = rows_of(a_version(), finish_by=datetime(2026, 3, 6, 17, tzinfo=UTC), now=MONDAY).tasks
    assert system.deadline == datetime(2026, 3, 6, 17, tzinfo=UTC)
    assert (net.not_before, net.deadline) == (None, datetime(2026, 3, 6, 11, tzinfo=UTC))


def test_a_finish_that_cannot_be_kept_is_told_with_the_earliest_one() -> None:
    version = a_version()
    with pytest.raises(Invalid, match="Tue 3 Mar 2026 13:00") as refused:
        rows_of(version, finish_by=datetime(2026, 3, 2, 13, tzinfo=UTC), now=MONDAY)
    assert (refused.value.field, refused.value.code) == ("finish_by", "too_early")
    assert refused.value.extra == {"earliest_finish": "2026-03-03T13:00:00+00:00"}
    with pytest.raises(Invalid, match="not both"):
        rows_of(version, start_at=MONDAY, finish_by=MONDAY)


def test_the_same_content_again_is_no_new_version() -> None:
    version = a_version()
    same = operations.update_blueprint(
        blueprint=version.blueprint, changes={}, content=version.content, actor=None, at=MONDAY
    )
    assert (same.current, same.version) == (version, 1)


def test_a_department_that_is_gone_is_named() -> None:
    version = a_version()
    content = {**version.content, "tasks": [{**version.content["tasks"][0], "department": "gone"}], "dependencies": []}
    with pytest.raises(Conflict, match="gone"):
        rows_of(BlueprintVersion(content=content))

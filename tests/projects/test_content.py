"""What a new installation starts with: blueprints, as long as they say and ready for use, and definitions of ready."""

from __future__ import annotations

from typing import cast

import pytest

from departments.models import Department
from projects.blueprints import Content, parse
from projects.models import Blueprint, ReadyItem
from projects.planning.cpm import Kind, Link, Piece, analyse

pytestmark = pytest.mark.django_db

HOURS_A_DAY, PLAIN_HOURS_A_DAY = 8, 24
# Tasks, departments, working hours in all, and of the longest way with the likely hours, eight a day.
SHIPPED = {
    "landing-zone": (11, 10, 81, 62),
    "vmware-tenant": (9, 8, 42, 27),
    "hyperv-to-vmware": (12, 8, 136, 154),
    "sql-server-migration": (13, 8, 86, 158),
    "postgresql-ha": (10, 9, 63, 48),
    "ddos-protection": (10, 5, 57, 128),
    "dr-site": (16, 10, 222, 164),
    "exchange-365": (12, 6, 122, 180),
    "kubernetes-platform": (11, 10, 94, 56),
    "firewall-renewal": (10, 6, 70, 206),
    "siem-onboarding": (12, 9, 81, 53),
    "rack-move": (12, 8, 142, 210),
    "backup-redesign": (11, 8, 94, 228),
    "decommissioning": (10, 9, 35, 184),
    "web-launch": (15, 10, 114, 89),
}


def stored(slug: str) -> Content:
    blueprint = Blueprint.objects.select_related("current").get(slug=slug)
    assert blueprint.current is not None
    return parse(blueprint.current.content, departments=list(Department.objects.values_list("slug", flat=True)))


def longest_h(content: Content) -> float:
    """Plain hours pass at night, too: eight working hours are a whole day."""
    links = [
        Link(
            one.before,
            one.after,
            cast(Kind, one.kind),
            one.lag_h * (HOURS_A_DAY / PLAIN_HOURS_A_DAY if one.lag_calendar == "24x7" else 1),
        )
        for one in content.dependencies
    ]
    return analyse([Piece(task.key, task.estimate_h.likely) for task in content.tasks], links).finish_h


@pytest.mark.parametrize(("slug", "expected"), SHIPPED.items(), ids=SHIPPED)
def test_a_shipped_blueprint_can_be_used_and_is_as_long_as_it_says(slug: str, expected: tuple[int, ...]) -> None:
    content = stored(slug)
    hours = [task.estimate_h.likely for task in content.tasks]
    departments = {task.department for task in content.tasks}
    assert (len(hours), len(departments), sum(hours), round(longest_h(content))) == expected
    assert content.questions
    assert content.risks
    assert all(task.what and task.ready and task.done for task in content.tasks)


def test_nothing_else_is_shipped() -> None:
    assert set(Blueprint.objects.values_list("slug", flat=True)) == SHIPPED.keys()


def test_every_engineering_department_says_what_it_needs_first() -> None:
    engineering = Department.objects.filter(kind="engineering")
    assert {row.slug: row.ready_items.count() for row in engineering if not 2 <= row.ready_items.count() <= 3} == {}
    assert ReadyItem.objects.filter(department__kind="support").count() == 0

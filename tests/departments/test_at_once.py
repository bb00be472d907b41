"""Two people plan at the same moment: nobody is on duty twice at once all the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from departments.models import DutyShift
from departments.operations import plan_shift
from kernel.errors import Conflict
from tests.factories import MONDAY, a_user

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def test_of_two_overlapping_shifts_of_one_person_one_is_planned() -> None:
    ada = a_user("ada")
    together = threading.Barrier(2)

    def plan(begins: int) -> bool:
        together.wait()
        starts_at = MONDAY + begins * HOUR
        try:
            plan_shift(user=ada, starts_at=starts_at, ends_at=starts_at + 4 * HOUR, actor=None, at=MONDAY)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        for day in range(5):
            assert sorted(pool.map(plan, [24 * day, 24 * day + 2])) == [False, True]
    assert DutyShift.objects.count() == 5

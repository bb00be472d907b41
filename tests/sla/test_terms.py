"""What a policy promises for priorities it does not name."""

import pytest

from sla.models import Calendar
from sla.operations import TargetInput
from sla.terms import terms_of
from tests.factories import a_policy

pytestmark = pytest.mark.django_db


def test_a_priority_that_is_not_named_counts_by_the_nearest_more_urgent_one_else_the_nearest_less_urgent():
    always = Calendar.objects.get(slug="always")
    policy = a_policy(targets=[TargetInput("P2", 20, 200, always), TargetInput("P4", 40, 400, always)])
    assert policy.current is not None
    promised = {priority: target.response_s for priority, target in terms_of(policy.current.pk).targets.items()}
    assert promised == {"P1": 20, "P2": 20, "P3": 20, "P4": 40}
    assert policy.current.targets.count() == 2

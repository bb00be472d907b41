"""Chat and push addresses as the pages and the API show them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.permissions import Person, is_staff_member, runs_service
from accounts.reach import reach_of
from alerts.models import Delivery, Endpoint


@dataclass(frozen=True)
class Shown:
    """An address with its last test, if there was one."""

    endpoint: Endpoint
    test: Delivery | None

    @property
    def is_under_way(self) -> bool:
        return self.test is not None and self.test.state == Delivery.State.PENDING


def endpoints_visible_to(user: Person) -> QuerySet[Endpoint]:
    """One's own; those of the duty also for who runs the service."""
    if not is_staff_member(user):
        return Endpoint.objects.none()
    mine = Q(owner=reach_of(user).user_id)
    return Endpoint.objects.filter(mine | Q(owner=None) if runs_service(user) else mine)


def with_last_test(endpoints: QuerySet[Endpoint]) -> list[Shown]:
    """In the order of their names; two queries."""
    tests = Delivery.objects.filter(endpoint=OuterRef("pk"), notice=Delivery.Notice.TEST).order_by("-pk")
    found = list(endpoints.annotate(last_test=Subquery(tests.values("pk")[:1])).order_by("name", "pk"))
    last = Delivery.objects.in_bulk([pk for one in found if (pk := getattr(one, "last_test", None))])
    return [Shown(one, last.get(getattr(one, "last_test", None) or 0)) for one in found]

"""Who works where, and who is away."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Grant, User
from departments.models import Absence


def away(user_ids: Iterable[int], *, at: datetime) -> dict[int, Absence]:
    """Who of these people is away at an instant, with the absence; one query."""
    rows = Absence.objects.filter(user__in=list(user_ids), starts_at__lte=at, ends_at__gt=at)
    return {absence.user_id: absence for absence in rows}


def members(*, at: datetime) -> dict[int, list[User]]:
    """Who works in which department (by its id) at an instant, by name; one query."""
    grants = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, user__is_active=True).valid_at(at)
    found: dict[int, dict[int, User]] = {}
    for grant in grants.select_related("user").order_by("user__first_name", "user__last_name", "user__username"):
        if grant.scope_id is not None:
            found.setdefault(grant.scope_id, {})[grant.user_id] = grant.user
    return {department_id: list(people.values()) for department_id, people in found.items()}

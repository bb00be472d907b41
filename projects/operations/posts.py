"""Who leads a project, by dated rights: taking a post, leaving it, and deputies whose time begins and ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Grant, Role, User
from accounts.operations import end_grants, give_grant
from kernel import history
from kernel.locking import lock
from kernel.versions import change
from projects.models import Project

# The people who lead a project, and the role in which each acts on it.
POSTS = {"architect": Role.ARCHITECT, "tam": Role.TAM, "deputy": Role.TAM}
# A deputy whose time began longer ago than this is named already, however long the program stood still.
LOOK_BACK = timedelta(days=30)
Deputy = tuple[int | None, datetime | None]  # who, and until when


def seat(project: Project, post: str, user: User | None, *, at: datetime, until: datetime | None = None) -> None:
    """Who held the post leaves it; who takes it gets the right. Everybody else's rights stay."""
    seats = {"scope_kind": Grant.Scope.PROJECT, "scope_id": project.pk, "reason": post}
    held = Grant.objects.filter(**seats, valid_until=until).valid_at(at)
    if user is not None and held.filter(user=user).exists():
        return
    end_grants(at=at, **seats)
    if user is not None:
        _give(project, user, post=post, at=at, until=until)


def seat_deputy(project: Project, deputy: User, *, from_at: datetime, until: datetime) -> None:
    """For these days, instead of whoever has them; a deputy without days comes back when they are over."""
    seats = Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, scope_id=project.pk, reason="deputy")
    standing = seats.filter(valid_until=None).valid_at(from_at).select_related("user").first()
    free_days(project, from_at=from_at, until=until)
    seat(project, "deputy", deputy, at=from_at, until=until)
    if standing is not None:
        _give(project, standing.user, at=until)


def unseat_deputy(project: Project, deputy: User, *, at: datetime) -> bool:
    """The days end now, those to come do not begin; who comes back after them comes back at once. False: there are
    none."""
    seats = Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, scope_id=project.pk, reason="deputy")
    is_ahead = Q(valid_until__gt=at) & Q(valid_until__gt=F("valid_from"))
    ended = list(seats.filter(Q(valid_until=None) | is_ahead, user=deputy))
    free_days(project, from_at=at, until=None, user=deputy)
    for one in ended:
        if one.valid_until is not None:
            back = seats.filter(valid_from=one.valid_until, valid_until=None)
            back.update(valid_from=max(at, one.valid_from))
    return bool(ended)


def free_days(project: Project, *, from_at: datetime, until: datetime | None, **whose: Any) -> None:
    """Nobody is deputy in these days: who is stops when they begin, who would begin in them does not."""
    seats = Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, scope_id=project.pk, reason="deputy", **whose)
    end_grants(at=from_at, scope_kind=Grant.Scope.PROJECT, scope_id=project.pk, reason="deputy", **whose)
    to_come = seats.filter(valid_from__gt=from_at)
    to_come = to_come.filter(valid_from__lt=until) if until is not None else to_come
    to_come.update(valid_until=F("valid_from"))


def seat_deputies(at: datetime) -> int:
    """Projects name the deputy whose time it is: the rights begin and end by themselves, this follows them. A chore of
    the alert pass, which asks two queries where nothing is to do."""
    valid = Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, reason="deputy").valid_at(at)
    begun = valid.filter(valid_from__gte=at - LOOK_BACK).order_by("valid_from", "pk")
    is_valid = Exists(valid.filter(scope_id=OuterRef("pk"), user=OuterRef("deputy")))
    had_one = Exists(Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, reason="deputy", scope_id=OuterRef("pk")))
    over = Project.objects.exclude(deputy=None).filter(had_one, ~is_valid)
    wanted: dict[int, Deputy] = dict.fromkeys(over.values_list("pk", flat=True), (None, None))
    wanted |= {grant.scope_id: (grant.user_id, grant.valid_until) for grant in begun if grant.scope_id is not None}
    named = Project.objects.filter(pk__in=wanted).values_list("pk", "deputy", "deputy_until")
    late = sorted(pk for pk, *deputy in named if tuple(deputy) != wanted[pk])
    return sum(_name_deputy(pk, *wanted[pk], at=at) for pk in late) if late else 0


@transaction.atomic
def _name_deputy(project_id: int, deputy_id: int | None, until: datetime | None, *, at: datetime) -> bool:
    project = lock(Project.objects.select_related("client")).get(pk=project_id)
    deputy = User.objects.get(pk=deputy_id) if deputy_id is not None else None
    changed = change(project, {"deputy": deputy, "deputy_until": until})
    changed.pop("deputy_until", None)
    project.save()
    if changed:
        tenant = project.client_id
        history.record(project, "deputy", actor=None, at=at, tenant_id=tenant, changes=changed, place=project)
    return bool(changed)


def _give(project: Project, user: User, *, post: str = "deputy", at: datetime, until: datetime | None = None) -> None:
    give_grant(
        user=user,
        role=POSTS[post],
        scope_kind=Grant.Scope.PROJECT,
        scope_id=project.pk,
        client=project.client,
        at=at,
        until=until,
        reason=post,
    )

"""Who leads a project, by dated rights: taking a post, leaving it, and deputies whose time begins and ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

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


def seat(project: Project, post: str, user: User | None, *, at: datetime, until: datetime | None = None) -> None:
    """Who held the post leaves it; who takes it gets the right. Everybody else's rights stay."""
    seats = {"scope_kind": Grant.Scope.PROJECT, "scope_id": project.pk, "reason": post}
    held = Grant.objects.filter(**seats, valid_until=until).valid_at(at)
    if user is not None and held.filter(user=user).exists():
        return
    end_grants(at=at, **seats)
    if user is not None:
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


def seat_deputies(at: datetime) -> int:
    """Projects name the deputy whose time it is: the rights begin and end by themselves, this follows them. A chore of
    the alert pass, which asks two queries where nothing is to do."""
    valid = Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, reason="deputy").valid_at(at)
    begun = valid.filter(valid_from__gte=at - LOOK_BACK, valid_until__isnull=False)
    is_valid = Exists(valid.filter(scope_id=OuterRef("pk"), user=OuterRef("deputy")))
    had_one = Exists(Grant.objects.filter(scope_kind=Grant.Scope.PROJECT, reason="deputy", scope_id=OuterRef("pk")))
    over = Project.objects.exclude(deputy=None).filter(had_one, ~is_valid)
    wanted: dict[int, int | None] = dict.fromkeys(over.values_list("pk", flat=True))
    wanted |= {grant.scope_id: grant.user_id for grant in begun if grant.scope_id is not None}
    late = [
        pk for pk, deputy in Project.objects.filter(pk__in=wanted).values_list("pk", "deputy") if deputy != wanted[pk]
    ]
    return sum(_name_deputy(pk, wanted[pk], at=at) for pk in sorted(late)) if late else 0


@transaction.atomic
def _name_deputy(project_id: int, deputy_id: int | None, *, at: datetime) -> bool:
    project = lock(Project.objects.select_related("client")).get(pk=project_id)
    deputy = User.objects.get(pk=deputy_id) if deputy_id is not None else None
    changed = change(project, {"deputy": deputy})
    if changed:
        project.save()
        tenant = project.client_id
        history.record(project, "deputy", actor=None, at=at, tenant_id=tenant, changes=changed, place=project)
    return bool(changed)

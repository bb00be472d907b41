"""How far a person's rights reach at this moment: the one place that reads the grants.

Each room turns a `Reach` into its own `visible_to(user)`; a token narrows it to the clients the token names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import Grant, Role, User

EVERYTHING_ROLES = frozenset({Role.ADMIN, Role.MANAGER})


@dataclass(frozen=True)
class Reach:
    """What one user may see now: everything, or some clients, departments and projects, and what is the user's own."""

    user_id: int | None
    roles: frozenset[str] = frozenset()
    everything: bool = False
    client_ids: frozenset[int] = frozenset()
    contact_client_ids: frozenset[int] = frozenset()
    department_ids: frozenset[int] = frozenset()
    headed_department_ids: frozenset[int] = frozenset()
    project_ids: frozenset[int] = frozenset()
    tam_project_ids: frozenset[int] = frozenset()
    architect_project_ids: frozenset[int] = frozenset()
    only_clients: frozenset[int] | None = field(default=None)

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def is_contact_only(self) -> bool:
        """A person of the client, who sees the client's own side of everything and nothing internal."""
        return self.roles == {Role.CONTACT}


def reach_of(user: User | AnonymousUser) -> Reach:
    """The reach of a user, read once per user object (that is, once per request)."""
    if not isinstance(user, User) or not user.is_active:
        return Reach(user_id=None)
    cached: Reach | None = getattr(user, "_reach", None)
    if cached is None:
        cached = user._reach = _read(user)  # type: ignore[attr-defined]
    return cached


def _read(user: User) -> Reach:
    grants = list(
        Grant.objects.filter(user=user).valid_at(timezone.now()).values_list("role", "scope_kind", "scope_id")
    )
    scopes = Grant.Scope

    def ids(kind: str, *roles: str, without: frozenset[str] = frozenset()) -> frozenset[int]:
        return frozenset(
            i for role, k, i in grants if k == kind and i and (not roles or role in roles) and role not in without
        )

    contact = frozenset({Role.CONTACT.value})
    return Reach(
        user_id=user.pk,
        roles=frozenset(role for role, _kind, _id in grants),
        everything=any(kind == scopes.ALL for _role, kind, _id in grants),
        client_ids=ids(scopes.CLIENT, without=contact),
        contact_client_ids=ids(scopes.CLIENT, Role.CONTACT),
        department_ids=ids(scopes.DEPARTMENT),
        headed_department_ids=ids(scopes.DEPARTMENT, Role.HEAD),
        project_ids=ids(scopes.PROJECT),
        tam_project_ids=ids(scopes.PROJECT, Role.TAM),
        architect_project_ids=ids(scopes.PROJECT, Role.ARCHITECT),
        only_clients=user.token_client_ids,
    )

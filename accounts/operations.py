"""Writes of people, rights, tokens, clients and contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Client, Contact, Grant, Role, User
from accounts.tokens import digest, hint, new_token
from kernel import history
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.locking import lock
from kernel.versions import bump, change, check

EVERYTHING = frozenset({Role.ADMIN, Role.MANAGER, Role.INTEGRATION})
# The people who stand on a client, and the role in which each acts for it.
CLIENT_PEOPLE = {"tam": Role.TAM, "deputy": Role.TAM, "service_manager": Role.MANAGER}


@transaction.atomic
def give_grant(
    *,
    user: User,
    role: str,
    scope_kind: str,
    scope_id: int | None = None,
    client: Client | None = None,
    at: datetime,
    until: datetime | None = None,
    reason: str = "",
) -> Grant:
    """A right from `at` on. The same right that is valid already is not given twice."""
    same = Grant.objects.filter(
        user=user, role=role, scope_kind=scope_kind, scope_id=scope_id, client=client, reason=reason
    )
    held = same.valid_at(at).filter(valid_until=until).first()
    if held is not None:
        return held
    return Grant.objects.create(
        user=user,
        role=role,
        scope_kind=scope_kind,
        scope_id=scope_id,
        client=client,
        valid_from=at,
        valid_until=until,
        reason=reason,
    )


@transaction.atomic
def end_grants(*, at: datetime, **which: Any) -> None:
    """Rights end at `at`; the rows stay as the record of who could see what."""
    Grant.objects.filter(**which).valid_at(at).update(valid_until=at)


@transaction.atomic
def create_user(
    *,
    username: str,
    roles: Iterable[str] = (),
    password: str | None = None,
    password_hash: str | None = None,
    actor: User | None,
    at: datetime,
    **fields: Any,
) -> User:
    """A person with roles. Administrators, service managers and integrations reach everything, others what is given.

    Without a password nobody can sign in with the account. `password_hash` is one that was hashed before.
    """
    user = User(username=username, **fields)
    if password_hash is not None:
        user.password = password_hash
    else:
        user.set_password(password)
    user.is_staff = Role.ADMIN in set(roles)
    user.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)  # the database says it
    user.save()
    set_roles(user=user, roles=roles, at=at)
    history.record(user, "created", actor=actor, at=at)
    return user


@transaction.atomic
def update_user(
    *,
    user: User,
    changes: Mapping[str, Any],
    roles: Iterable[str] | None = None,
    password: str | None = None,
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> User:
    """What an administrator changes of a person. Nobody changes the own roles, and the last administrator stays one."""
    user = lock(User.objects.all()).get(pk=user.pk)
    check(user, expected_version)
    changed = change(user, changes)
    wanted = None if roles is None else set(roles)
    held = held_roles(user, at=at)
    if wanted is not None and wanted != held:
        if user == actor:
            raise Forbidden(_("Nobody changes the own roles."), field="roles")
        if not changed:
            bump(user)
        changed["roles"] = [", ".join(sorted(held)), ", ".join(sorted(wanted))]
    if "is_active" in changed and not user.is_active and Role.ADMIN in held:
        _keep_an_administrator(user, Role.ADMIN)
    if password is not None:
        user.set_password(password)
        changed["password"] = [None, None]
    if changed:
        user.save()
        history.record(user, "changed", actor=actor, at=at, changes=changed)
    if wanted is not None:
        set_roles(user=user, roles=wanted, at=at)
    return user


def held_roles(user: User, *, at: datetime) -> set[str]:
    """The roles a person holds at an instant, apart from those on clients, projects and departments."""
    held = Grant.objects.filter(user=user, scope_kind__in=[Grant.Scope.ALL, Grant.Scope.OWN]).valid_at(at)
    return set(held.values_list("role", flat=True))


@transaction.atomic
def set_roles(*, user: User, roles: Iterable[str], at: datetime) -> None:
    """The roles a person holds by themselves, apart from clients, projects and departments."""
    wanted = set(roles)
    held = held_roles(user, at=at)
    for role in wanted - held:
        scope = Grant.Scope.ALL if role in EVERYTHING else Grant.Scope.OWN
        give_grant(user=user, role=role, scope_kind=scope, at=at, reason="role")
    for role in held - wanted:
        _keep_an_administrator(user, role)
        end_grants(at=at, user=user, role=role, scope_kind__in=[Grant.Scope.ALL, Grant.Scope.OWN])
    is_staff = Role.ADMIN in wanted
    if user.is_staff != is_staff or user.is_superuser != is_staff:
        User.objects.filter(pk=user.pk).update(is_staff=is_staff, is_superuser=is_staff)
        user.is_staff = user.is_superuser = is_staff


def _keep_an_administrator(user: User, role: str) -> None:
    others = Grant.objects.filter(role=Role.ADMIN, scope_kind=Grant.Scope.ALL, valid_until=None, user__is_active=True)
    if role == Role.ADMIN and not others.exclude(user=user).exists():
        raise Conflict(_("%(user)s is the last administrator.") % {"user": user})


@transaction.atomic
def update_profile(*, user: User, changes: Mapping[str, Any], at: datetime) -> User:
    """What people change of themselves: name, language, time zone."""
    user = lock(User.objects.all()).get(pk=user.pk)
    changed = {f: v for f, v in changes.items() if getattr(user, f) != v}
    if not changed:
        return user
    shown = {f: [getattr(user, f), v] for f, v in changed.items()}
    for field, value in changed.items():
        setattr(user, field, value)
    user.version += 1
    user.save()
    history.record(user, "changed", actor=user, at=at, changes=shown)
    return user


@transaction.atomic
def change_password(*, user: User, password: str, at: datetime) -> User:
    """The own password; every session made with the former one ends."""
    user = lock(User.objects.all()).get(pk=user.pk)
    user.set_password(password)
    user.save(update_fields=["password"])
    history.record(user, "password changed", actor=user, at=at)
    return user


@transaction.atomic
def create_client(*, slug: str, name: str, actor: User | None, at: datetime, **fields: Any) -> Client:
    """A client; the people named on it get their rights at once."""
    client = Client.objects.create(slug=slug, name=name, **fields)
    for post, role in CLIENT_PEOPLE.items():
        _seat(client, post, role, getattr(client, post), at=at)
    history.record(client, "created", actor=actor, at=at, tenant_id=client.pk)
    return client


@transaction.atomic
def update_client(
    *, client: Client, changes: Mapping[str, Any], actor: User | None, at: datetime, expected_version: int | None = None
) -> Client:
    """Change a client. A new TAM, deputy or service manager gets the rights at `at`, the former one's end then."""
    client = lock(Client.objects.all()).get(pk=client.pk)
    check(client, expected_version)
    changed = {f: v for f, v in changes.items() if getattr(client, f) != v}
    if not changed:
        return client
    shown = {f: [_shown(getattr(client, f)), _shown(v)] for f, v in changed.items()}
    for field, value in changed.items():
        setattr(client, field, value)
    bump(client)
    client.save()
    for post in CLIENT_PEOPLE.keys() & changed.keys():
        _seat(client, post, CLIENT_PEOPLE[post], changed[post], at=at)
    history.record(client, "changed", actor=actor, at=at, tenant_id=client.pk, changes=shown)
    return client


def _seat(client: Client, post: str, role: str, user: User | None, *, at: datetime) -> None:
    """Who held the post leaves it; who takes it gets the right. Everybody else's rights stay."""
    seats = {"client": client, "scope_kind": Grant.Scope.CLIENT, "scope_id": client.pk, "reason": post}
    held = Grant.objects.filter(**seats).valid_at(at)
    if user is not None and held.filter(user=user).exists():
        return
    end_grants(at=at, **seats)
    if user is not None:
        give_grant(
            user=user, role=role, scope_kind=Grant.Scope.CLIENT, scope_id=client.pk, client=client, at=at, reason=post
        )


@transaction.atomic
def archive_client(*, client: Client, actor: User | None, at: datetime, expected_version: int | None = None) -> Client:
    """The client is served no longer: rights on it end, its past stays."""
    client = lock(Client.objects.all()).get(pk=client.pk)
    check(client, expected_version)
    if client.archived_at is None:
        client.archived_at = at
        bump(client)
        client.save()
        end_grants(at=at, client=client)
        history.record(client, "archived", actor=actor, at=at, tenant_id=client.pk)
    return client


@transaction.atomic
def create_contact(*, client: Client, name: str, actor: User | None, at: datetime, **fields: Any) -> Contact:
    """A person at the client; one with a `user` may sign in and sees the client's own side."""
    contact = Contact.objects.create(client=client, name=name, **fields)
    if contact.user is not None:
        give_grant(
            user=contact.user,
            role=Role.CONTACT,
            scope_kind=Grant.Scope.CLIENT,
            scope_id=client.pk,
            client=client,
            at=at,
            reason="contact",
        )
    history.record(contact, "created", actor=actor, at=at, tenant_id=client.pk)
    return contact


@transaction.atomic
def update_contact(
    *,
    contact: Contact,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Contact:
    contact = lock(Contact.objects.all()).get(pk=contact.pk)
    check(contact, expected_version)
    changed = {f: v for f, v in changes.items() if getattr(contact, f) != v}
    if not changed:
        return contact
    shown = {f: [_shown(getattr(contact, f)), _shown(v)] for f, v in changed.items()}
    for field, value in changed.items():
        setattr(contact, field, value)
    bump(contact)
    contact.save()
    history.record(contact, "changed", actor=actor, at=at, tenant_id=contact.client_id, changes=shown)
    return contact


@transaction.atomic
def delete_contact(*, contact: Contact, actor: User | None, at: datetime, expected_version: int | None = None) -> None:
    """The person left the client; the right to sign in for it ends."""
    contact = lock(Contact.objects.all()).get(pk=contact.pk)
    check(contact, expected_version)
    if contact.user_id is not None:
        end_grants(at=at, user_id=contact.user_id, client_id=contact.client_id, role=Role.CONTACT)
    history.record(contact, "deleted", actor=actor, at=at, tenant_id=contact.client_id, text=contact.name)
    contact.delete()


@transaction.atomic
def create_token(
    *,
    user: User,
    name: str,
    scope: str = ApiToken.TokenScope.READ,
    clients: Iterable[str] = (),
    days: int | None = None,
    actor: User | None,
    at: datetime,
) -> tuple[ApiToken, str]:
    """A token and its secret, which is not stored and cannot be shown again. `clients` are slugs that narrow it."""
    slugs = set(clients)
    found = list(Client.objects.filter(slug__in=slugs))
    unknown = slugs - {client.slug for client in found}
    if unknown:
        raise Invalid(_("No such client: %(slugs)s.") % {"slugs": ", ".join(sorted(unknown))}, field="client")
    if not user.is_active:
        raise Conflict(_("%(user)s is not active.") % {"user": user})
    secret = new_token()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        scope=scope,
        hint=hint(secret),
        digest=digest(secret),
        created_at=at,
        expires_at=at + timedelta(days=days) if days is not None else None,
    )
    token.clients.set(found)
    history.record(user, "token created", actor=actor, at=at, text=f"{name} {token.hint}…")
    return token, secret


def note_use(token: ApiToken, *, at: datetime) -> None:
    """Remember when a token was last used, to the minute: not a write for every request."""
    if token.last_used_at is None or at - token.last_used_at > timedelta(minutes=1):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool | int) else str(value)

"""REST: people, by username."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as PasswordError
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from accounts.models import Grant, Role, User
from accounts.operations import create_user, update_user
from accounts.permissions import is_administrator, is_staff_member, users_visible_to
from departments.filters import UserFilter
from departments.models import Department
from departments.operations import set_departments
from departments.permissions import departments_to_choose
from kernel.api.fields import Distinct, Email, ScopedSlugRelatedField, StrictChoice, Text
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer
from kernel.api.views import Creates, ResourceViewSet, Updates

OWN_SCOPES = {Grant.Scope.ALL, Grant.Scope.OWN}


class Name(Text):
    """First and last name in one; what stands before the first blank is the first name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        first, _blank, last = super().to_internal_value(data).partition(" ")
        return {"first_name": first, "last_name": last}

    def to_representation(self, value: Any) -> str:
        name: str = value.get_full_name()
        return name


class Roles(Distinct):
    """The roles a person holds apart from those on clients, projects and departments."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=StrictChoice(choices=Role.choices), **kwargs)

    def get_attribute(self, instance: Any) -> list[str]:
        return sorted({grant.role for grant in instance.valid_grants if grant.scope_kind in OWN_SCOPES})


class Memberships(Distinct):
    """Slugs of the departments a person works in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=ScopedSlugRelatedField(scope=departments_to_choose), **kwargs)

    @cached_property
    def _slugs(self) -> Mapping[int, str]:
        return dict(Department.objects.values_list("pk", "slug"))

    def get_attribute(self, instance: Any) -> list[str]:
        ids = {grant.scope_id for grant in instance.valid_grants if grant.scope_kind == Grant.Scope.DEPARTMENT}
        return sorted(self._slugs[pk] for pk in ids if pk in self._slugs)

    def to_representation(self, data: Any) -> list[str]:
        return list(data)


class UserSerializer(StrictModelSerializer):
    name = Name(required=False, allow_blank=True, max_length=150)
    email = Email(required=False, allow_blank=True)
    roles = Roles(required=False)
    departments = Memberships(required=False)
    language = StrictChoice(choices=settings.LANGUAGES, required=False, allow_blank=True)
    password = Text(write_only=True, required=False, trim_whitespace=False, max_length=200)

    class Meta:
        model = User
        fields = [
            *("id", "username", "name", "email", "roles", "departments", "password"),
            *("time_zone", "language", "is_active", "version"),
        ]
        create_only = ["username"]
        read_only_fields = ["version"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        if is_staff_member(user):
            return ()
        return ("email", "roles", "departments", "time_zone", "language", "is_active", "version")

    def validate_email(self, email: str) -> str:
        return email.casefold()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        password = attrs.get("password")
        if password is not None:
            words = {
                name: value for name, value in attrs.items() if name in {"username", "first_name", "last_name", "email"}
            }
            try:
                validate_password(password, user=self.instance or User(**words))
            except PasswordError as error:
                raise serializers.ValidationError({"password": error.messages}) from None
        return attrs


class UserViewSet(Creates, Updates, ResourceViewSet):
    """People and programs with an account. Administrators write them, except for their own roles."""

    lookup_field = "username"
    serializer_class = UserSerializer
    filterset_class = UserFilter
    search_fields = ["username", "first_name", "last_name"]
    ordering_fields = ["username", "id"]
    ordering = ["username"]
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": is_administrator,
        "update": is_administrator,
        "partial_update": is_administrator,
    }

    def scope(self, user: Any) -> QuerySet[User]:
        valid = Grant.objects.valid_at(self.now)
        return users_visible_to(user).prefetch_related(Prefetch("grants", queryset=valid, to_attr="valid_grants"))

    @transaction.atomic
    def perform_create(self, data: dict[str, Any]) -> User:
        departments = data.pop("departments", ())
        user = create_user(actor=self.actor, at=self.now, **data)
        set_departments(user=user, departments=departments, actor=self.actor, at=self.now)
        return user

    @transaction.atomic
    def perform_update(self, user: User, data: dict[str, Any], *, expected_version: int | None) -> None:
        departments = data.pop("departments", None)
        roles, password = data.pop("roles", None), data.pop("password", None)
        user = update_user(
            user=user,
            changes=data,
            roles=roles,
            password=password,
            actor=self.actor,
            at=self.now,
            expected_version=expected_version,
        )
        if departments is not None:
            set_departments(user=user, departments=departments, actor=self.actor, at=self.now)

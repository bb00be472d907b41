"""The catalogue of departments, and the people in them, for administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Grant, Role, User
from accounts.operations import create_user, held_roles, update_user
from departments import operations
from departments.models import Absence, Department, GroupMapping
from kernel.admin import AnyModelForm, ThroughOperations

PERSONAL = ("username", "first_name", "last_name", "email", "time_zone", "language", "is_active")


class UserForm(AnyModelForm):
    """A person with roles and departments; an empty password leaves the present one."""

    roles = forms.MultipleChoiceField(
        choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple, label=_("Roles")
    )
    departments = forms.ModelMultipleChoiceField(Department.objects.active(), required=False, label=_("Departments"))
    new_password = forms.CharField(required=False, widget=forms.PasswordInput, label=_("New password"))

    class Meta:
        model = User
        fields = PERSONAL

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            now = timezone.now()
            grants = Grant.objects.filter(user=self.instance, scope_kind=Grant.Scope.DEPARTMENT, reason="member")
            self.initial["roles"] = sorted(held_roles(self.instance, at=now))
            self.initial["departments"] = list(grants.valid_at(now).values_list("scope_id", flat=True))


@admin.register(User)
class UserAdmin(ThroughOperations):
    form = UserForm
    fields = (*PERSONAL, "roles", "departments", "new_password")
    list_display = ("username", "first_name", "last_name", "email", "is_active", "last_login")
    search_fields = ("username", "first_name", "last_name", "email")
    list_filter = ("is_active",)

    @transaction.atomic
    def create(self, fields: dict[str, Any], **stamp: Any) -> User:
        departments, password = fields.pop("departments"), fields.pop("new_password")
        user = create_user(**fields, password=password or None, **stamp)
        operations.set_departments(user=user, departments=departments, **stamp)
        return user

    @transaction.atomic
    def change(self, row: User, changes: dict[str, Any], **stamp: Any) -> None:
        departments, password = changes.pop("departments", None), changes.pop("new_password", None)
        roles = changes.pop("roles", None)
        update_user(user=row, changes=changes, roles=roles, password=password or None, **stamp)
        if departments is not None:
            operations.set_departments(user=row, departments=departments, **stamp)


@admin.register(Department)
class DepartmentAdmin(ThroughOperations):
    list_display = ("name", "slug", "kind", "head", "calendar", "archived_at")
    list_select_related = ("head", "calendar")
    fields = ("slug", "name", "short_name", "icon", "kind", "head", "calendar")

    def create(self, fields: dict[str, Any], **stamp: Any) -> Department:
        return operations.create_department(**fields, **stamp)

    def change(self, row: Department, changes: dict[str, Any], **stamp: Any) -> None:
        operations.update_department(department=row, changes=changes, **stamp)


@admin.register(Absence)
class AbsenceAdmin(ThroughOperations):
    list_display = ("user", "starts_at", "ends_at", "stand_in", "reason")
    list_select_related = ("user", "stand_in")
    fields = ("user", "starts_at", "ends_at", "stand_in", "reason")

    def create(self, fields: dict[str, Any], **stamp: Any) -> Absence:
        return operations.record_absence(**fields, **stamp)

    def change(self, row: Absence, changes: dict[str, Any], **stamp: Any) -> None:
        operations.change_absence(absence=row, changes=changes, **stamp)


@admin.register(GroupMapping)
class GroupMappingAdmin(ThroughOperations):
    list_display = ("client", "group", "department")
    list_select_related = ("client", "department")
    list_filter = ("client",)
    fields = ("client", "group", "department")

    def create(self, fields: dict[str, Any], **stamp: Any) -> GroupMapping:
        return operations.map_group(**fields, **stamp)

    def change(self, row: GroupMapping, changes: dict[str, Any], **stamp: Any) -> None:
        operations.change_mapping(mapping=row, changes=changes, **stamp)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:  # noqa: ARG002
        return ("client",) if obj else ()

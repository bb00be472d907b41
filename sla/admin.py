"""Calendars and policies to look at, and which policy is the default; they are written on their pages and over REST."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kernel.admin import ReadOnly, TabularInline
from sla.models import Calendar, CalendarVersion, ClientPolicy, PolicyVersion, SlaPolicy, SlaTarget
from sla.operations import set_default_policy


@admin.register(Calendar)
class CalendarAdmin(ReadOnly):
    list_display = ("slug", "name", "current")
    list_select_related = ("current__calendar",)


@admin.register(CalendarVersion)
class CalendarVersionAdmin(ReadOnly):
    list_display = ("calendar", "number", "timezone", "country", "always", "created_at")
    list_select_related = ("calendar",)


class Targets(TabularInline):
    model = SlaTarget
    extra = 0
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly):
    list_display = ("policy", "number", "reopen", "created_at")
    list_select_related = ("policy",)
    inlines = (Targets,)


@admin.register(SlaPolicy)
class SlaPolicyAdmin(ReadOnly):
    list_display = ("slug", "name", "is_default", "current")
    list_select_related = ("current__policy",)
    actions = ("make_default",)

    @admin.action(description=_("Make it the default"))
    def make_default(self, request: HttpRequest, queryset: QuerySet[SlaPolicy]) -> None:
        policy = queryset.first()
        if policy is not None and queryset.count() == 1:
            set_default_policy(policy=policy, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
            self.message_user(request, _("%(policy)s is the default now.") % {"policy": policy})
        else:
            self.message_user(request, _("Choose one policy."), messages.ERROR)


@admin.register(ClientPolicy)
class ClientPolicyAdmin(ReadOnly):
    list_display = ("client", "policy")
    list_select_related = ("client", "policy")

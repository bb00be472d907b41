"""Django's command; here a superuser is an administrator, by grant, like every other one."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.utils import timezone

from accounts.models import Role, User
from accounts.operations import held_roles, set_roles


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        now = timezone.now()
        for user in User.objects.filter(is_superuser=True):
            roles = held_roles(user, at=now)
            if Role.ADMIN not in roles:
                set_roles(user=user, roles={*roles, Role.ADMIN}, at=now)

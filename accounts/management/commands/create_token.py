"""`manage.py create_token USERNAME --name NAME`: the token alone on stdout, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.operations import create_token
from kernel.errors import DomainError


class Command(BaseCommand):
    help = "Make a token for the REST API and print it. It is not stored and cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="whose rights it has")
        parser.add_argument("--name", required=True, help="what it is for, as the history will call it")
        parser.add_argument("--scope", choices=ApiToken.TokenScope.values, default=ApiToken.TokenScope.READ.value)
        parser.add_argument(
            "--client", metavar="SLUG", nargs="+", action="extend", default=[], help="narrow it to these clients"
        )
        parser.add_argument("--days", type=int, help="how long it is valid; without it, until it is revoked")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']}.")
        if options["days"] is not None and options["days"] < 1:
            raise CommandError("A token is valid for at least one day.")
        try:
            _token, secret = create_token(
                user=user,
                name=options["name"],
                scope=options["scope"],
                clients=options["client"],
                days=options["days"],
                actor=None,
                at=timezone.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(secret)

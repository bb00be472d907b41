"""Bearer tokens. One answer for every token that does not work, whatever the reason."""

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.operations import note_use
from accounts.tokens import digest


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Write the header as: Authorization: Bearer TOKEN."))
        now = timezone.now()
        token = (
            ApiToken.objects.select_related("user")
            .prefetch_related("clients")
            .filter(
                Q(expires_at=None) | Q(expires_at__gt=now), digest=digest(words[1].decode("latin-1")), revoked_at=None
            )
            .first()
        )
        if token is None or not token.user.is_active:
            raise AuthenticationFailed(_("The token is unknown, expired or revoked."))
        note_use(token, at=now)
        user = token.user
        user.via = f"token {token.name}"
        limited_to = frozenset(client.pk for client in token.clients.all())
        user.token_client_ids = limited_to or None
        return user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the base class says so
        return 'Bearer realm="TamHub"'

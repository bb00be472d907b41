"""Errors of the domain. Operations raise them; the edges (pages, API, commands) turn them into what people read."""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """Something a person can understand and mend. `field` names the input it is about, `code` is stable for programs.

    `extra` is what programs need besides, for example the current state; the API puts it beside the message.
    """

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        code: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.extra = dict(extra or {})
        if code:
            self.code = code


class Invalid(DomainError):
    """The input contradicts itself or the world (400)."""

    code = "invalid"


class Conflict(DomainError):
    """The input is well formed, but the present state does not allow it (409)."""

    code = "conflict"


class Forbidden(DomainError):
    """The person may see the object but not do this to it (403)."""

    code = "permission_denied"


class Stale(DomainError):
    """Somebody else changed the object since it was read (412)."""

    code = "stale"

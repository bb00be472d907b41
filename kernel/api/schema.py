"""How the API describes itself: OpenAPI 3.1, with errors, versions and idempotency as they are."""

from drf_spectacular.openapi import AutoSchema


class Schema(AutoSchema):
    """The schema of one view."""

"""How the API describes itself: OpenAPI 3.1 with errors, versions, idempotency and strictness as they are."""

from collections.abc import Iterator
from typing import Any

import uritemplate
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from kernel.api import idempotency
from kernel.api.problems import CONTENT_TYPE
from kernel.api.serializers import Strict

WITH_VERSION = frozenset({"update", "partial_update", "destroy"})


class ProblemErrorSerializer(serializers.Serializer):
    """One thing that is wrong."""

    field = serializers.CharField(
        allow_null=True, help_text="A path such as `targets.0.response_s`; null for the whole."
    )
    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField(help_text="For people, in the language asked for.")


class ProblemSerializer(serializers.Serializer):
    """Problem details of RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(many=True)  # type: ignore[assignment]  # a field, not the property of that name
    request_id = serializers.CharField()


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Every authentication that drf-spectacular does not know is our token."""

    target_class = "rest_framework.authentication.BaseAuthentication"
    match_subclasses = True
    priority = -2
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}


class Schema(AutoSchema):
    """The schema of one view, with what the base classes add to it."""

    def get_description(self) -> str:  # type: ignore[override]
        """Of the action, else of the view itself; what the base classes say about themselves is for programmers."""
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower(), None)
        own = type(self.view).__dict__.get("__doc__") or ""
        is_base = getattr(handler, "__module__", "").startswith("kernel.api.")
        is_verb = hasattr(handler, "__wrapped__")
        text = (handler.__doc__ or "") if handler is not None and (is_verb or not is_base) else ""
        return _dedented(text or own)

    def get_override_parameters(self) -> list[Any]:
        return list(self._headers())

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "input_serializer_class", None) or super().get_request_serializer()

    def map_parsers(self) -> list[Any]:
        return ["application/json"]

    def _headers(self) -> Iterator[OpenApiParameter]:
        def header(name: str, description: str, **kwargs: Any) -> OpenApiParameter:
            return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, **kwargs)

        for name, description in getattr(self.view, "extra_parameters", {}).items():
            yield OpenApiParameter(name, str, OpenApiParameter.QUERY, description=description)
        if self._action in WITH_VERSION:
            yield header("If-Match", "The ETag that was read.", required=True)
        if self._action == "retrieve":
            yield header("If-None-Match", "The ETag that is known already; 304 if it still holds.")
        if self.method in idempotency.METHODS:
            yield header(idempotency.HEADER, "The same key and request again, within 24 hours, gets the same answer.")
        if self._answers_resource:
            yield header("ETag", "The version of the resource, in double quotes.", response=[200, 201])

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or ""

    @property
    def _answers_resource(self) -> bool:
        is_verb = getattr(getattr(self.view, self._action, None), "answers_resource", False)
        return is_verb or self._action in {"retrieve", "create", "update", "partial_update"}

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction=direction)
        if direction == "request":
            return responses
        for code, description in self._problems():
            if code not in responses:
                problem = OpenApiResponse(ProblemSerializer, description=description)
                responses[code] = self._get_response_for_code(problem, code, media_types=[CONTENT_TYPE])  # type: ignore[no-untyped-call]
        if self._action == "retrieve":
            responses["304"] = {"description": "Not changed since the version in If-None-Match."}
        return responses

    def _problems(self) -> Iterator[tuple[str, str]]:
        yield "400", "The request is not understood; `errors` names each field or parameter."
        yield "401", "Nobody is signed in, or the token does not work."
        yield "403", "This role may not do this, or the token may only read."
        if uritemplate.variables(self.path):
            yield "404", "There is no such thing, or it is not yours to see."
        if self.method in idempotency.METHODS:
            yield "409", "The present state does not allow it, or the same request is still running."
        if self._action in WITH_VERSION:
            yield "412", "Somebody else changed it since it was read."
        if self.method in idempotency.METHODS:
            yield "413", "The body is too large."
            yield "415", "The body is not JSON."
            yield "422", "The Idempotency-Key was used for another request."
        if self._action in WITH_VERSION:
            yield "428", "If-Match is missing."
        yield "503", "The database is busy; try again after Retry-After."

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, Strict):
            schema["additionalProperties"] = False
        return schema


def _dedented(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())

"""Cursor pagination by key: a page begins where the last one ended, however many rows share a value or were added.

DRF's own cursor compares only the first column and counts ties; here the whole ordering, ended by `id`, is compared.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from kernel.keyset import beyond, complete_ordering, packed, reversed_column, unpacked, values_of

DEFAULT_SIZE = 50
MAX_SIZE = 200
Position = tuple[bool, list[Any]]  # whether the page lies before it, and the values of the ordering's columns


class Pages(BasePagination):
    """`{"next", "previous", "results"}`. A cursor is signed for one list, one ordering and one person."""

    parameters = ("page_size", "cursor")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any | None = None) -> list[Any]:
        size = _page_size(request)
        ordering = complete_ordering(queryset)
        salt = f"{request.path} {request.user.pk} {','.join(ordering)}"
        position = _read_cursor(request, salt)
        backwards, values = position or (False, [])
        direction = [reversed_column(column) for column in ordering] if backwards else ordering
        rows = queryset.order_by(*direction)
        if position:
            rows = rows.filter(beyond(direction, values))
        found = list(rows[: size + 1])
        more = len(found) > size
        page = found[:size]
        if backwards:
            page.reverse()
        self._next = self._previous = None
        if page and (more if not backwards else True):
            self._next = _link(request, salt, (False, values_of(page[-1], ordering)))
        if page and (more if backwards else position is not None):
            self._previous = _link(request, salt, (True, values_of(page[0], ordering)))
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next, "previous": self._previous, "results": data})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
        cursor = {"type": "string"}
        return [
            {"name": "page_size", "in": "query", "required": False, "schema": size, "description": "Rows on a page."},
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "schema": cursor,
                "description": "Taken from the links `next` and `previous`; not to be made by hand.",
            },
        ]


def _page_size(request: Request) -> int:
    given = request.query_params.get("page_size")
    if given is None:
        return DEFAULT_SIZE
    if not re.fullmatch(r"[0-9]{1,3}", given) or not 1 <= int(given) <= MAX_SIZE:
        message = _("Give a whole number from 1 to %(max)d.") % {"max": MAX_SIZE}
        raise ValidationError({"page_size": [message]}, code="invalid")
    return int(given)


def _read_cursor(request: Request, salt: str) -> Position | None:
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        backwards, values = signing.Signer(salt=salt).unsign_object(given)
    except (signing.BadSignature, ValueError):
        message = _("This cursor is broken or belongs to another list. Begin again without one.")
        raise ValidationError({"cursor": [message]}, code="invalid") from None
    return backwards, [unpacked(value) for value in values]


def _link(request: Request, salt: str, position: Position) -> str:
    backwards, values = position
    cursor = signing.Signer(salt=salt).sign_object([backwards, [packed(value) for value in values]])
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor)

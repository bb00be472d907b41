"""Cursor pagination by key: a page begins where the last one ended, however many rows share a value or were added.

DRF's own cursor compares only the first column and counts ties; here the whole ordering, ended by `id`, is compared.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

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
        direction = [_reversed(column) for column in ordering] if backwards else ordering
        rows = queryset.order_by(*direction)
        if position:
            rows = rows.filter(_beyond(direction, values))
        found = list(rows[: size + 1])
        more = len(found) > size
        page = found[:size]
        if backwards:
            page.reverse()
        self._next = self._previous = None
        if page and (more if not backwards else True):
            self._next = _link(request, salt, (False, _values(page[-1], ordering)))
        if page and (more if backwards else position is not None):
            self._previous = _link(request, salt, (True, _values(page[0], ordering)))
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


def complete_ordering(queryset: QuerySet[Any]) -> list[str]:
    """The columns that a list is ordered by, always ended by the id, in the direction of the first one."""
    given = queryset.query.order_by or tuple(queryset.model._meta.ordering or ())
    ordering = []
    for column in given:
        if not isinstance(column, str):
            raise ImproperlyConfigured(f"A paginated list is ordered by names of columns, not by {column!r}.")
        ordering.append("-id" if column == "-pk" else "id" if column == "pk" else column)
        _refuse_nullable(queryset.model, column)
    if not {"id", "-id"} & set(ordering):
        ordering.append("-id" if ordering and ordering[0].startswith("-") else "id")
    return ordering


def _refuse_nullable(model: type[Model] | Any, column: str) -> None:
    for name in column.removeprefix("-").split("__"):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:  # an annotation, or `pk`
            return
        if getattr(field, "null", False):
            raise ImproperlyConfigured(f"{model.__name__}.{name} may be null, so no list can be ordered by it.")
        model = field.related_model


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
    return backwards, [_unpacked(value) for value in values]


def _link(request: Request, salt: str, position: Position) -> str:
    backwards, values = position
    cursor = signing.Signer(salt=salt).sign_object([backwards, [_packed(value) for value in values]])
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor)


def _beyond(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """The rows after the given one: a > x, or a = x and b > y, and so on; the first column alone bounds the index."""
    first = ordering[0].removeprefix("-")
    bound = Q(**{f"{first}__{'lte' if ordering[0].startswith('-') else 'gte'}": values[0]})
    after, same = Q(), Q()
    for column, value in zip(ordering, values, strict=True):
        name = column.removeprefix("-")
        after |= same & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": value})
        same &= Q(**{name: value})
    return bound & after


def _values(row: Any, ordering: Sequence[str]) -> list[Any]:
    found = []
    for column in ordering:
        value = row
        for name in column.removeprefix("-").split("__"):
            value = value[name] if isinstance(value, dict) else getattr(value, name)
        if value is None:
            raise ImproperlyConfigured(f"A list is ordered by {column}, which is null in {row!r}.")
        found.append(value)
    return found


def _packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, text)] = value.items()
    read: Mapping[str, Callable[[str], Any]] = {
        "instant": datetime.fromisoformat,
        "day": date.fromisoformat,
        "decimal": Decimal,
    }
    return read[kind](text)


def _reversed(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"

"""Lists by key: a page begins where the last one ended, however far in, at the same cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)
_SALT = "kernel.keyset"


@dataclass(frozen=True)
class KeysetPage(Generic[M]):
    """Some rows of a list, and where the pages beside it begin; empty where there is none."""

    rows: list[M]
    previous: str = ""
    next: str = ""


def keyset_page(queryset: QuerySet[M], *, size: int, cursor: str = "") -> KeysetPage[M]:
    """The page that `cursor` (of a page beside it) names; one that cannot be read leads to the first page."""
    ordering = complete_ordering(queryset)
    position = _position(cursor, ordering)
    backwards = position is not None and position[0]
    direction = [reversed_column(column) for column in ordering] if backwards else ordering
    rows = queryset.order_by(*direction)
    if position is not None:
        rows = rows.filter(beyond(direction, position[1]))
    found = list(rows[: size + 1])
    more = len(found) > size
    page = found[:size]
    if backwards:
        page.reverse()
    if not page:
        return KeysetPage([])
    has_next = backwards or more
    has_previous = more if backwards else position is not None
    return KeysetPage(
        page,
        previous=_cursor(page[0], ordering, backwards=True) if has_previous else "",
        next=_cursor(page[-1], ordering, backwards=False) if has_next else "",
    )


def _cursor(row: Any, ordering: Sequence[str], *, backwards: bool) -> str:
    """Signed together with the ordering: the cursor of another list is no cursor here."""
    values = [packed(value) for value in values_of(row, ordering)]
    return signing.Signer(salt=f"{_SALT} {','.join(ordering)}").sign_object([backwards, values])


def _position(cursor: str, ordering: Sequence[str]) -> tuple[bool, list[Any]] | None:
    if not cursor:
        return None
    try:
        backwards, values = signing.Signer(salt=f"{_SALT} {','.join(ordering)}").unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        return None
    return backwards, [unpacked(value) for value in values]


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


def beyond(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """The rows after the given one: a > x, or a = x and b > y, and so on; the first column alone bounds the index."""
    first = ordering[0].removeprefix("-")
    bound = Q(**{f"{first}__{'lte' if ordering[0].startswith('-') else 'gte'}": values[0]})
    after, same = Q(), Q()
    for column, value in zip(ordering, values, strict=True):
        name = column.removeprefix("-")
        after |= same & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": value})
        same &= Q(**{name: value})
    return bound & after


def values_of(row: Any, ordering: Sequence[str]) -> list[Any]:
    found = []
    for column in ordering:
        value = row
        for name in column.removeprefix("-").split("__"):
            value = value[name] if isinstance(value, dict) else getattr(value, name)
        if value is None:
            raise ImproperlyConfigured(f"A list is ordered by {column}, which is null in {row!r}.")
        found.append(value)
    return found


def packed(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def unpacked(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    [(kind, text)] = value.items()
    read: Mapping[str, Callable[[str], Any]] = {
        "instant": datetime.fromisoformat,
        "day": date.fromisoformat,
        "decimal": Decimal,
    }
    return read[kind](text)


def reversed_column(column: str) -> str:
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"

"""Query parameters: each one is known, given once, short and well formed, or the request is refused by name."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError as FormError
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.rest_framework import FilterSet as BaseFilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend, SearchFilter
from rest_framework.request import Request

from kernel.api.times import Malformed, parse_instant

MAX_VALUE_BYTES = 2048
MAX_SEARCH = 200
MAX_TERMS = 10
SECRETS = frozenset({"token", "access_token", "api_key", "apikey"})


def refuse_secrets(request: Request) -> None:
    """Addresses end up in logs and histories, so a key in one is burnt: say so before anything else happens."""
    for name in request.query_params:
        if name.lower() in SECRETS:
            message = _(
                "Keys do not belong in addresses. Send the header Authorization: Bearer TOKEN, and revoke this key."
            )
            raise ValidationError({name: [message]}, code="secret_in_address")


def refuse_unknown(request: Request, allowed: Iterable[str], *, repeatable: Iterable[str] = ()) -> None:
    """Raise ValidationError (400) for parameters that nothing here reads, that are doubled, or longer than 2 KB."""
    known, several = set(allowed), set(repeatable)
    errors = {}
    for name, values in request.query_params.lists():
        shown = name[:100]
        if name not in known:
            choice = ", ".join(sorted(known)) or _("none")
            errors[shown] = _refusal(
                _("Unknown parameter. Allowed here: %(allowed)s.") % {"allowed": choice}, "unknown_parameter"
            )
        elif len(values) > 1 and name not in several:
            errors[shown] = _refusal(_("Give this parameter once."), "repeated")
        elif any(len(value.encode()) > MAX_VALUE_BYTES for value in values):
            errors[shown] = _refusal(
                _("The value is longer than %(max)d bytes.") % {"max": MAX_VALUE_BYTES}, "max_length"
            )
    if errors:
        raise ValidationError(dict(list(errors.items())[:20]))


def _refusal(message: str, code: str) -> list[Any]:
    return list(ValidationError(message, code=code).detail)


@extend_schema_field(OpenApiTypes.BOOL)
class BooleanFilter(django_filters.ChoiceFilter):
    """`true` or `false`, nothing else; django-filter's own takes any other word for "no filter"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, choices=[("true", "true"), ("false", "false")], null_label=None, empty_label=None, **kwargs
        )

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs if value == "" else super().filter(qs, value == "true")


class IntegerField(forms.IntegerField):
    default_validators = []

    def clean(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if not re.fullmatch(r"-?[0-9]{1,18}", str(value)):
            raise FormError(_("Give a whole number."), code="invalid")
        return int(value)


@extend_schema_field(OpenApiTypes.INT64)
class IntegerFilter(django_filters.Filter):
    field_class = IntegerField


class InstantField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return parse_instant(str(value))
        except Malformed as error:
            raise FormError(str(error), code="invalid") from None


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantFilter(django_filters.Filter):
    """RFC 3339 with offset. Remember that + in an address is a blank unless written %2B."""

    field_class = InstantField


class ScopedField(django_filters.fields.ModelChoiceField):
    default_error_messages = {"invalid_choice": gettext_lazy("There is no such thing, or it is not yours to see.")}


class ScopedFilter(django_filters.ModelChoiceFilter):
    """Filter by what the person may see; unknown and invisible are refused alike. `key`: `slug`, `username`, `id`."""

    field_class = ScopedField

    def __init__(self, *args: Any, scope: Callable[[Any], QuerySet[Any]], key: str = "id", **kwargs: Any) -> None:
        kwargs.setdefault("null_label", None)
        super().__init__(*args, queryset=lambda request: scope(request.user), to_field_name=key, **kwargs)
        extend_schema_field(OpenApiTypes.INT64 if key in {"id", "pk"} else OpenApiTypes.STR)(self)


class FilterSet(BaseFilterSet):
    """Base of the rooms' filter sets: strict values for the columns it makes filters for."""

    FILTER_DEFAULTS = {
        **BaseFilterSet.FILTER_DEFAULTS,
        models.BooleanField: {"filter_class": BooleanFilter},
        models.DateTimeField: {"filter_class": InstantFilter},
        models.AutoField: {"filter_class": IntegerFilter},
        models.IntegerField: {"filter_class": IntegerFilter},
        models.PositiveIntegerField: {"filter_class": IntegerFilter},
        models.PositiveSmallIntegerField: {"filter_class": IntegerFilter},
    }


class StrictFilterBackend(DjangoFilterBackend):
    """The view's `filterset_class` or `filterset_fields`; a value that does not fit is 400 on its parameter."""

    filterset_base = FilterSet

    def parameters(self, view: Any) -> set[str]:
        return set(self._filters(view))

    def repeatable(self, view: Any) -> set[str]:
        several = (django_filters.MultipleChoiceFilter, django_filters.ModelMultipleChoiceFilter)
        return {name for name, one in self._filters(view).items() if isinstance(one, several)}

    def _filters(self, view: Any) -> Mapping[str, Any]:
        ready = getattr(view, "filterset_class", None)
        filterset = ready or self.get_filterset_class(view, view.get_queryset())
        return filterset.base_filters if filterset else {}


class StrictSearchFilter(SearchFilter):
    """`search`: up to 200 characters and 10 words, each to be found in one of the view's `search_fields`.

    A view may have a `search_condition(word)` that says the same in a way the database has an index for.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        condition: Callable[[str], models.Q] | None = getattr(view, "search_condition", None)
        if condition is None:
            found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
            return found
        for word in self.get_search_terms(request):
            queryset = queryset.filter(condition(word))
        return queryset

    def parameters(self, view: Any) -> set[str]:
        return {self.search_param} if getattr(view, "search_fields", None) else set()

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        if not self.parameters(view):
            return []
        schema = {"type": "string", "maxLength": MAX_SEARCH}
        return [{"name": self.search_param, "in": "query", "required": False, "schema": schema}]

    def get_search_terms(self, request: Request) -> list[str]:
        given = request.query_params.get(self.search_param, "")
        if len(given) > MAX_SEARCH:
            message = _("Search for at most %(max)d characters.") % {"max": MAX_SEARCH}
            raise ValidationError({self.search_param: [message]}, code="max_length")
        if "\x00" in given:
            raise ValidationError(
                {self.search_param: [_("NUL characters are no text.")]}, code="null_characters_not_allowed"
            )
        terms: list[str] = super().get_search_terms(request)
        if len(terms) > MAX_TERMS:
            message = _("Search for at most %(max)d words.") % {"max": MAX_TERMS}
            raise ValidationError({self.search_param: [message]}, code="max_length")
        return terms


class StrictOrderingFilter(BaseFilterBackend):
    """`ordering`: names of the view's `ordering_fields`, `-` for descending; a mapping gives columns behind them."""

    ordering_param = "ordering"

    def parameters(self, view: Any) -> set[str]:
        return {self.ordering_param} if getattr(view, "ordering_fields", None) else set()

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        given = request.query_params.get(self.ordering_param)
        default = getattr(view, "ordering", None)
        ordering = (
            self._columns(view, given) if given is not None else ([default] if isinstance(default, str) else default)
        )
        return queryset.order_by(*ordering) if ordering else queryset

    def _columns(self, view: Any, given: str) -> list[str]:
        fields = getattr(view, "ordering_fields", ())
        columns: Mapping[str, str] = fields if isinstance(fields, Mapping) else {name: name for name in fields}
        found: dict[str, str] = {}
        for word in given.split(","):
            name = word.strip().removeprefix("-")
            if name not in columns or name in found:
                message = _("Order by these, each at most once, with - for descending: %(names)s.")
                raise ValidationError({self.ordering_param: [message % {"names": ", ".join(columns)}]}, code="invalid")
            found[name] = ("-" if word.strip().startswith("-") else "") + columns[name]
        return list(found.values())

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        fields: Sequence[str] = list(getattr(view, "ordering_fields", ()))
        if not fields:
            return []
        names = "`, `".join(fields)
        return [
            {
                "name": self.ordering_param,
                "in": "query",
                "required": False,
                "schema": {"type": "string"},
                "description": f"One or more of `{names}`, divided by commas, with `-` for descending.",
            }
        ]

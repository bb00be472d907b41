"""Serializer fields that take one JSON type each and say what is wrong with anything else."""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.validators import EmailValidator, RegexValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.api.times import Malformed, format_instant, parse_day, parse_instant

LONGEST_TEXT = 20_000
TEN_YEARS_S = 10 * 366 * 86400
# They are letters or symbols to Unicode, but nothing to the eye.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def is_invisible(text: str) -> bool:
    """Nothing in it can be seen: blanks, zero-width characters, lone combining marks."""
    return all(unicodedata.category(letter)[0] in "ZCM" or letter in _BLANK_LETTERS for letter in text)


class Text(serializers.CharField):
    """One line of text. Numbers are not taken for text, control characters and invisible texts are refused."""

    default_error_messages = {
        "control_characters": _("Control characters and line breaks are not allowed."),
        "invisible": _("There is nothing to be seen in this text."),
    }
    allowed_controls = ""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data)
        if any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} and c not in self.allowed_controls for c in text):
            self.fail("control_characters")
        if text and is_invisible(text):
            self.fail("invisible")
        return text


class LongText(Text):
    """Text of several lines, at most 20,000 characters unless told otherwise."""

    default_error_messages = {
        "control_characters": _("Control characters other than line breaks and tabs are not allowed.")
    }
    allowed_controls = "\n\r\t\u2028\u2029"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("style", None)
        kwargs.setdefault("max_length", LONGEST_TEXT)
        super().__init__(**kwargs)


class Slug(Text):
    """Letters, digits, `-` and `_`; upper and lower case differ."""

    default_error_messages = {"slug": _("Use only letters a-z and A-Z, digits, - and _.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("allow_unicode", None)
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(re.compile(r"\A[A-Za-z0-9_-]+\Z"), self.error_messages["slug"], "slug"))


class Email(Text):
    default_error_messages = {"email": _("Give a plain mail address, for example ada@example.org.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)
        self.validators.append(EmailValidator(message=self.error_messages["email"], code="email"))


class StrictInteger(serializers.IntegerField):
    """A JSON integer: not "60", not 60.0, not true. Within 64 bits unless told otherwise."""

    default_error_messages = {"invalid": _("Give a whole number, not a text, a fraction or a truth value.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", -(2**63))
        kwargs.setdefault("max_value", 2**63 - 1)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return int(data)


class Seconds(StrictInteger):
    """A duration in whole seconds, from 0 to ten years unless told otherwise. Its name ends in `_s`."""

    default_error_messages = {"invalid": _("Give whole seconds as a number, for example 1800.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        kwargs.setdefault("max_value", TEN_YEARS_S)
        super().__init__(**kwargs)


@extend_schema_field(OpenApiTypes.DOUBLE)
class Hours(serializers.Field):
    """Effort in working hours: a JSON number with at most two decimals, from 0 to 10,000 unless told otherwise. Its
    name ends in `_h`."""

    default_error_messages = {
        "invalid": _("Give hours as a number, for example 7.5."),
        "max_decimal_places": _("Give at most two decimals."),
        "out_of_range": _("Give hours between {least} and {most}."),
    }

    def __init__(self, *, least: int = 0, most: int = 10_000, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if type(data) not in {int, float} or not math.isfinite(data):
            self.fail("invalid")
        if not self.least <= data <= self.most:
            self.fail("out_of_range", least=self.least, most=self.most)
        hours = Decimal(repr(data))
        if hours != round(hours, 2):
            self.fail("max_decimal_places")
        return round(hours, 2)

    def to_representation(self, value: Decimal) -> int | float:
        return int(value) if value == int(value) else float(value)


class StrictBoolean(serializers.BooleanField):
    default_error_messages = {"invalid": _("Give true or false.")}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return bool(data)


class StrictChoice(serializers.ChoiceField):
    """One of the values exactly as they are written, upper and lower case included."""

    default_error_messages = {"invalid_choice": _("Choose one of: {choices}.")}

    def to_internal_value(self, data: Any) -> Any:
        if data == "" and self.allow_blank:
            return ""
        for value in self.choices:
            if type(data) in {str, int} and data == value and isinstance(value, type(data)):
                return value
        return self.fail("invalid_choice", choices=", ".join(str(value) for value in self.choices))


class Instant(serializers.DateTimeField):
    """An instant as RFC 3339 with offset; stored and answered in UTC, in whole seconds."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            return parse_instant(value if isinstance(value, str) else "")
        except Malformed as error:
            raise serializers.ValidationError(str(error), code="invalid") from None

    def to_representation(self, value: datetime) -> str:
        return format_instant(value)


class Day(serializers.DateField):
    """A calendar day as `YYYY-MM-DD`."""

    def to_internal_value(self, value: Any) -> date:
        try:
            return parse_day(value if isinstance(value, str) else "")
        except Malformed as error:
            raise serializers.ValidationError(str(error), code="invalid") from None


class Distinct(serializers.ListField):
    """A list in which nothing stands twice, at most 200 long unless told otherwise."""

    default_error_messages = {"repeated": _("“{value}” stands twice in the list.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        values: list[Any] = super().to_internal_value(data)
        for index, value in enumerate(values):
            if value in values[:index]:
                self.fail("repeated", value=str(value)[:60])
        return values


Scope = Callable[[Any], QuerySet[Any]]


class _Scoped(serializers.RelatedField):
    """The choice is what the person may see; without a scope the field is read-only."""

    def __init__(self, *, scope: Scope | None = None, **kwargs: Any) -> None:
        self.scope = scope
        if scope is None:
            kwargs.pop("queryset", None)
            kwargs["read_only"] = True
        super().__init__(**kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        if self.scope is None:
            raise ImproperlyConfigured(f"{self.field_name} has no scope to choose from.")
        return self.scope(self.context["request"].user)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data == "":  # DRF takes it for null
            self.fail("does_not_exist")
        return super().run_validation(data)


@extend_schema_field(OpenApiTypes.STR)
class ScopedSlugRelatedField(_Scoped, serializers.SlugRelatedField):
    """Another object by its slug or username, out of what the person may see; unknown and invisible look alike."""

    default_error_messages = {
        "does_not_exist": _("There is no such thing, or it is not yours to see."),
        "invalid": _("Give the name as a text."),
    }

    def __init__(self, slug_field: str = "slug", *, scope: Scope | None = None, **kwargs: Any) -> None:
        super().__init__(slug_field=slug_field, scope=scope, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.INT64)
class ScopedIdRelatedField(_Scoped, serializers.PrimaryKeyRelatedField):
    """Another object by its id, out of what the person may see."""

    default_error_messages = {
        "does_not_exist": _("There is no such thing, or it is not yours to see."),
        "incorrect_type": _("Give the id as a whole number."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if type(data) is not int:
            self.fail("incorrect_type")
        return super().to_internal_value(data)


class Remembered(ScopedSlugRelatedField):
    """Looks each name up once a request: a thousand rows name few clients and departments."""

    def to_internal_value(self, data: Any) -> Any:
        known = self.context["view"].remembered
        key = (self.field_name, data if isinstance(data, str) else None)
        if key not in known or key[1] is None:
            known[key] = super().to_internal_value(data)
        return known[key]

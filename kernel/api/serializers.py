"""Serializers that read strictly and never write: what they refuse is named, what they accept goes to an operation."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NoReturn

from django.db import models
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.validators import UniqueValidator

from kernel.api import fields
from kernel.api.permissions import allows

MAX_NAMED = 20


class Strict(serializers.BaseSerializer):
    """Refuses fields it does not know, fields that are read-only, and fields that this person may not write.

    `Meta.create_only` names fields that stay as they were created. Such a field, and one that `field_permissions` of
    the view denies, may be sent with its present value (a PUT sends all), but not changed.
    """

    def hidden_fields(self, user: Any) -> Collection[str]:
        """Names of fields that do not exist for this person: neither shown nor taken."""
        return ()

    def get_fields(self) -> dict[str, serializers.Field]:
        known: dict[str, serializers.Field] = super().get_fields()  # type: ignore[misc]  # of the serializer mixed in
        request = self.context.get("request")
        if request is None or getattr(self.context.get("view"), "swagger_fake_view", False):
            return known
        hidden = self.hidden_fields(request.user)
        return {name: field for name, field in known.items() if name not in hidden}

    def to_internal_value(self, data: Any) -> Any:
        errors = dict(self._refused_names(data)) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **errors}) from None
            raise
        errors |= dict(self._refused_changes(values))
        if errors:
            raise serializers.ValidationError(errors)
        return values

    def save(self, **kwargs: Any) -> NoReturn:
        raise TypeError("A serializer reads; writing is the work of an operation.")

    @property
    def _fields_by_name(self) -> Mapping[str, serializers.Field]:
        return self.fields  # type: ignore[attr-defined, no-any-return]  # every serializer this is mixed into has them

    def _refused_names(self, data: Mapping[str, Any]) -> Iterator[tuple[str, list[ErrorDetail]]]:
        known = self._fields_by_name
        unknown = [name for name in data if name not in known]
        for name in unknown[:MAX_NAMED]:
            yield name[:100], [ErrorDetail(_("There is no such field."), "unknown_field")]
        for name, field in known.items():
            if name in data and field.read_only:
                yield name, [ErrorDetail(_("This field is read-only."), "read_only")]
            elif isinstance(data, QueryDict) and len(data.getlist(name)) > 1:  # of a form the last would count unseen
                yield name, [ErrorDetail(_("This field stands there twice."), "repeated")]

    def _refused_changes(self, values: Mapping[str, Any]) -> Iterator[tuple[str, list[ErrorDetail]]]:
        if self.parent is not None:
            return
        view, request = self.context.get("view"), self.context.get("request")
        permissions = getattr(view, "field_permissions", {})
        create_only = getattr(getattr(self, "Meta", None), "create_only", ())
        for name, field in self._fields_by_name.items():
            if field.source not in values:
                continue
            if self.instance is not None and getattr(self.instance, field.source, None) == values[field.source]:
                continue
            if self.instance is not None and name in create_only:
                yield name, [ErrorDetail(_("This field is set once, when the object is created."), "create_only")]
            if name in permissions and not allows(permissions[name], request.user if request else None, self.instance):
                yield name, [ErrorDetail(_("You may not change this field."), "not_writable")]


class StrictSerializer(Strict, serializers.Serializer):
    """For the input of verbs and for answers that are no model."""


class Nothing(StrictSerializer):
    """The input of a verb that takes none: `{}` or no body."""


class StrictModelSerializer(Strict, serializers.ModelSerializer):
    """A model's fields with the strict field types.

    Uniqueness is left to the database, whose refusal becomes 409: a check beforehand races and answers differently.
    Relations that the serializer does not declare are read-only ids.
    """

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.AutoField: fields.StrictInteger,
        models.BigAutoField: fields.StrictInteger,
        models.BigIntegerField: fields.StrictInteger,
        models.BooleanField: fields.StrictBoolean,
        models.CharField: fields.Text,
        models.DateField: fields.Day,
        models.DateTimeField: fields.Instant,
        models.EmailField: fields.Email,
        models.IntegerField: fields.StrictInteger,
        models.PositiveIntegerField: fields.StrictInteger,
        models.PositiveSmallIntegerField: fields.StrictInteger,
        models.SlugField: fields.Slug,
        models.SmallIntegerField: fields.StrictInteger,
        models.TextField: fields.LongText,
    }
    serializer_choice_field = fields.StrictChoice
    serializer_related_field = fields.ScopedIdRelatedField

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[type[serializers.Field], dict[str, Any]]:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        kept = [one for one in kwargs.pop("validators", []) if not isinstance(one, UniqueValidator)]
        if kept:
            kwargs["validators"] = kept
        return field_class, kwargs

    def get_uniqueness_extra_kwargs(
        self, field_names: Any, declared_fields: Any, extra_kwargs: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """DRF gives fields of a unique constraint their defaults, for its validator; a PUT would then empty them."""
        return extra_kwargs, {}

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def get_unique_for_date_validators(self) -> list[Any]:
        return []

"""Calls with many items, each answered in its place: one that is refused does not stop the others."""

from __future__ import annotations

from typing import Any

from django.db import DataError, IntegrityError
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError

from kernel.errors import DomainError, Invalid

# What is wrong with one item, and nothing worse.
REFUSALS = (APIException, DomainError, IntegrityError, DataError)


def items_of(body: Any, *, most: int) -> list[Any]:
    """The items of `{"items": [...]}`, or of a bare list."""
    if isinstance(body, dict):
        unknown = sorted(body.keys() - {"items"})
        if unknown:
            raise ValidationError({unknown[0][:100]: [_("There is no such field.")]}, code="unknown_field")
        body = body.get("items")
    if not isinstance(body, list) or not 1 <= len(body) <= most:
        raise Invalid(_("Send a list of 1 to %(max)d items.") % {"max": most}, field="items")
    return body

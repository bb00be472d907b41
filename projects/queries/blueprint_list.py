"""Blueprints with what one chooses them by."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from accounts.permissions import Person
from projects.models import Blueprint
from projects.permissions import blueprints_visible_to


def blueprint_list(user: Person) -> QuerySet[Blueprint]:
    """With `uses`, how many requests were cut by one of its versions; one query."""
    rows = blueprints_visible_to(user).filter(current__isnull=False)
    return rows.select_related("current").annotate(uses=Count("versions__uses")).order_by("name", "pk")


def offered_blueprints(user: Person) -> QuerySet[Blueprint]:
    """Those that a new request may be cut by."""
    return blueprint_list(user).filter(archived_at=None)

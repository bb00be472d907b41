"""Which lists keep filters, and what of an address is a filter."""

from __future__ import annotations

from typing import Final

from django.http import QueryDict

PAGES: Final = frozenset({"projects", "requests", "project-tasks", "department-queue"})
# Where one is in a list, and what a form brings besides.
_NOT_A_FILTER: Final = ("cursor", "csrfmiddlewaretoken")


def query_of(query: str) -> str:
    """In one order and without what is empty, so that the same filters are the same words."""
    asked = QueryDict(query, mutable=True)
    for name in _NOT_A_FILTER:
        asked.pop(name, None)
    kept = QueryDict(mutable=True)
    for name in sorted(asked):
        kept.setlist(name, [value for value in asked.getlist(name) if value])
    return kept.urlencode()

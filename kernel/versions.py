"""Optimistic locking: the version a person has read must still be the version when the write happens."""

from collections.abc import Mapping
from typing import Any, Protocol

from django.utils.translation import gettext as _

from kernel.errors import Stale


class HasVersion(Protocol):
    version: int


def check(row: HasVersion, expected: int | None) -> None:
    """Raise Stale unless the locked row still has the expected version. None: the caller does not care."""
    if expected is not None and row.version != expected:
        raise Stale(_("Somebody changed this in the meantime. Read it again, then repeat your change."))


def bump(row: HasVersion) -> None:
    """The next version; the caller saves the row."""
    row.version += 1


def change(row: HasVersion, changes: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set the columns that differ, and the next version if any does; the caller saves the row.

    Returns each changed field with [before, after] as the history keeps them; empty when nothing changed.
    """
    changed = {field: [getattr(row, field), value] for field, value in changes.items() if getattr(row, field) != value}
    for field, (_before, after) in changed.items():
        setattr(row, field, after)
    if changed:
        bump(row)
    return {field: [_plain(value) for value in pair] for field, pair in changed.items()}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | bool | int) else str(value)

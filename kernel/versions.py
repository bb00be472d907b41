"""Optimistic locking: the version a person has read must still be the version when the write happens."""

from django.utils.translation import gettext as _

from kernel.errors import Stale
from kernel.models import Versioned


def check(row: Versioned, expected: int | None) -> None:
    """Raise Stale unless the locked row still has the expected version. None: the caller does not care."""
    if expected is not None and row.version != expected:
        raise Stale(_("Somebody changed this in the meantime. Read it again, then repeat your change."))


def bump(row: Versioned) -> None:
    """The next version; the caller saves the row."""
    row.version += 1

"""Where refused lines go: all of them into a file, or the first of them to the terminal."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from django.utils.translation import gettext as _

from incidents.importing.reading import Unusable
from incidents.importing.tickets import Rejected

SHOWN = 100
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Rejects:
    """Counts what is refused; with a file, writes line, reference and reason there, else shows the first hundred."""

    def __init__(self, path: str, *, terminal: Callable[[str], object]) -> None:
        self.count = 0
        self._terminal = terminal
        self._file: TextIO | None = None
        if path:
            try:
                self._file = Path(path).open("w", encoding="utf-8", newline="")  # noqa: SIM115 - closed on exit
            except OSError as error:
                values = {"name": path, "error": error.strerror}
                raise Unusable(_("%(name)s cannot be written: %(error)s") % values) from error
            csv.writer(self._file).writerow(["line", "reference", "reason"])

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, rejected: Iterable[Rejected]) -> None:
        for one in sorted(rejected, key=lambda one: one.line):
            self.count += 1
            if self._file is not None:
                csv.writer(self._file).writerow([one.line, _as_text(one.reference), one.reason])
            elif self.count <= SHOWN:
                about = f" ({one.reference})" if one.reference else ""
                self._terminal(
                    _("line %(line)s%(about)s: %(reason)s") % {"line": one.line, "about": about, "reason": one.reason}
                    + "\n"
                )

    def say_rest(self) -> None:
        """How many were refused beyond those shown."""
        if self._file is None and self.count > SHOWN:
            message = _("... and %(more)s more; name a file by --rejects to get them all")
            self._terminal(message % {"more": self.count - SHOWN} + "\n")


def _as_text(cell: str) -> str:
    """A spreadsheet must not take a foreign reference for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell

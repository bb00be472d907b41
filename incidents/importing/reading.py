"""From bytes to rows with line numbers. What cannot be read is said, never guessed, and swallows nothing after it."""

from __future__ import annotations

import csv
import gzip
import io
import os
import sys
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

LONGEST_CELL = 131_072
LONGEST_LINE = 1_048_576
MOST_LINES_OF_A_ROW = 1_000
_GZIP = b"\x1f\x8b"
_DAMAGED = (EOFError, OSError, zlib.error)


class Unusable(Exception):
    """Nothing can be taken from this file; the message says why, and where."""


class Broken(Exception):
    """The file cannot be read any further than the line before `line`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    line: int
    reason: str


@dataclass
class Reader:
    """The rows of a comma-separated text with a header: UTF-8, with a byte order mark or not, any line ends."""

    text: io.TextIOBase
    header: list[str] = field(init=False)
    rows_read: int = 0
    blank_lines: int = 0
    _line: int = 0
    _returned: deque[str] = field(default_factory=deque)

    def __post_init__(self) -> None:
        try:
            first = self._record()
        except Broken as error:
            raise Unusable(_("Line %(line)s: %(reason)s") % {"line": error.line, "reason": error.reason}) from error
        if first is None:
            raise Unusable(_("The file holds no line."))
        if isinstance(first, Unreadable):
            raise Unusable(_("Line %(line)s, the header: %(reason)s") % {"line": first.line, "reason": first.reason})
        self.header = [name.strip() for name in first.cells]
        self._refuse_other_separators()
        doubled = (
            sorted({name for name in self.header if self.header.count(name) > 1}) if len(self.header) < 1000 else []
        )
        if doubled:
            raise Unusable(
                _("Line %(line)s, the header: these columns stand twice: %(names)s")
                % {"line": first.line, "names": ", ".join(doubled)}
            )

    def rows(self) -> Iterator[Row | Unreadable]:
        """Every row after the header. Raises Broken where the file breaks off."""
        width = len(self.header)
        while (record := self._record()) is not None:
            self.rows_read += 1
            if isinstance(record, Row) and len(record.cells) != width:
                found = {"found": len(record.cells), "expected": width}
                yield Unreadable(record.line, _("has %(found)s columns, the header has %(expected)s") % found)
            else:
                yield record

    def _record(self) -> Row | Unreadable | None:
        """The next row that is not blank; None at the end."""
        while line := self._next_line():
            if not line.strip(", \t\r\n"):
                self.blank_lines += 1
                continue
            if reason := _flaw(line):
                return Unreadable(self._line, reason)
            if '"' in line:
                return self._quoted(line)
            return Row(self._line, line.rstrip("\r\n").split(","))
        return None

    def _quoted(self, line: str) -> Row | Unreadable:
        """A row with quotes, which may go on over several lines.

        When its last quote never closes, only its first line is given up: the lines after it are read again as rows.
        """
        begins, lines, size = self._line, [line], len(line)
        while True:
            try:
                return Row(begins, next(csv.reader(lines, strict=True)))
            except csv.Error as error:
                if "end of data" not in str(error):
                    return self._give_up(begins, lines, _("has something other than a comma after a closing quote"))
            while True:
                more = self._next_line()
                size += len(more)
                if not more or len(lines) >= MOST_LINES_OF_A_ROW or size > LONGEST_LINE:
                    return self._give_up(begins, [*lines, more], _("opens a quote that is never closed"))
                lines.append(more)
                if reason := _flaw(more):
                    return self._give_up(begins, lines, reason)
                if more.count('"') % 2:
                    break

    def _give_up(self, begins: int, lines: list[str], reason: str) -> Unreadable:
        self._returned.extendleft(reversed([line for line in lines[1:] if line]))
        self._line = begins
        return Unreadable(begins, reason)

    def _next_line(self) -> str:
        """Empty at the end of the file."""
        if self._returned:
            self._line += 1
            return self._returned.popleft()
        try:
            line = self.text.readline(LONGEST_LINE)
            if line:
                self._line += 1
            if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
                while (rest := self.text.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                    pass
        except _DAMAGED as error:
            raise Broken(
                self._line + 1, _("the file is damaged from here on (%(error)s)") % {"error": error}
            ) from error
        return line

    def _refuse_other_separators(self) -> None:
        if len(self.header) == 1:
            for separator, name in ((";", ";"), ("\t", "TAB"), ("|", "|")):
                if separator in self.header[0]:
                    message = _("Line 1, the header: columns are separated by “%(found)s”, a comma is expected.")
                    raise Unusable(message % {"found": name})


def _flaw(line: str) -> str:
    """Why a line cannot be used, whatever its columns; empty when it can."""
    if "\0" in line:
        return _("holds a NUL character")
    if len(line) > LONGEST_CELL:
        if len(line) >= LONGEST_LINE:
            return _("is longer than %(most)s characters") % {"most": LONGEST_LINE}
        if any(len(cell) > LONGEST_CELL for cell in line.split(",")):
            return _("holds a cell of more than %(most)s characters") % {"most": LONGEST_CELL}
    if not line.isascii():
        try:
            line.encode()
        except UnicodeEncodeError as error:
            return _("is not UTF-8 (byte 0x%(byte)02X at character %(place)s)") % {
                "byte": ord(line[error.start]) & 0xFF,
                "place": error.start + 1,
            }
    return ""


@dataclass(frozen=True)
class Source:
    """An open file, as text; `size` in bytes and `position` for the progress bar, 0 where nobody knows."""

    text: io.TextIOBase
    raw: IO[bytes]
    size: int

    def position(self) -> int:
        return self.raw.tell() if self.size else 0


@contextmanager
def opened(name: str) -> Iterator[Source]:
    """The file of this name as text; `-` is the standard input. Compressed or not is seen from its first bytes."""
    if name == "-":
        yield _source(sys.stdin.buffer, name=name, size=0)
        return
    try:
        raw = Path(name).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Unusable(_("%(name)s cannot be opened: %(error)s") % {"name": name, "error": error.strerror}) from error
    with raw:
        yield _source(raw, name=name, size=os.fstat(raw.fileno()).st_size)


def _source(raw: IO[bytes], *, name: str, size: int) -> Source:
    assert isinstance(raw, io.BufferedReader)
    buffer: io.BufferedReader | gzip.GzipFile = raw
    try:
        start = raw.peek(4)
        if start.startswith(_GZIP):
            buffer = gzip.GzipFile(fileobj=raw)
            start = buffer.peek(4096)
        elif name.endswith(".gz") and start:
            raise Unusable(_("%(name)s is not compressed by gzip, whatever its name says.") % {"name": name})
    except _DAMAGED as error:
        raise Unusable(
            _("%(name)s is damaged from its first line on (%(error)s).") % {"name": name, "error": error}
        ) from error
    _refuse_other_files(start)
    text = io.TextIOWrapper(buffer, encoding="utf-8-sig", errors="surrogateescape", newline="")
    return Source(text, raw, size)


def _refuse_other_files(start: bytes) -> None:
    if not start:
        raise Unusable(_("The file is empty."))
    if start.startswith(b"PK\x03\x04"):
        raise Unusable(_("The file is a spreadsheet or an archive, not text: save it as CSV in UTF-8."))
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start[:4096].split(b"\n")[0]:
        raise Unusable(_("Line 1: the file is UTF-16 or no text at all; UTF-8 is expected."))

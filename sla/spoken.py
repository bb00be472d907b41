"""Durations and hours of a day as people write them: read, and written so that reading gives the same again. Pure.

A day of a duration is eight hours, wherever it is read: pages that take one say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

DAY_S, HOUR_S, MINUTE_S = 8 * 3600, 3600, 60
Interval = tuple[str, str]

_UNITS = {
    DAY_S: ("d", "day", "days", "j", "jour", "jours"),
    HOUR_S: ("h", "hour", "hours", "heure", "heures", "std"),
    MINUTE_S: ("min", "mins", "minute", "minutes", "m", "mn"),
    1: ("s", "sec", "second", "seconds", "seconde", "secondes"),
}
_SECONDS_OF = {name: seconds for seconds, names in _UNITS.items() for name in names}
_PART = re.compile(r"\s*(\d{1,9}(?:[.,]\d{1,6})?)\s*([a-z]*)")
_CLOCK = re.compile(r"(\d{1,5}):([0-5]\d)")
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2})?)?")
_DASH = re.compile(r"\s*(?:[-\u2010-\u2015\u2212]|\bto\b|\bà\b)\s*")
_CLOSED = frozenset({"", "-", "\u2013", "closed", "fermé"})


def gettext_noop(message: str) -> str:
    """Marks a message for the translators; it is translated where it is shown, this module knows no language."""
    return message


class SpokenError(ValueError):
    """What was written says nothing; `message` is the translatable template, `params` what goes into it."""

    def __init__(self, message: str, **params: object) -> None:
        self.message = message
        self.params = params
        super().__init__(message % params)


def read_duration(text: str) -> int:
    """Whole seconds of `90 min`, `1 h 30`, `1:30`, `1.5 h` or `2 d`. Raises SpokenError."""
    said = " ".join(text.lower().replace("\u202f", " ").replace("\u00a0", " ").split())
    if clock := _CLOCK.fullmatch(said):
        return int(clock[1]) * HOUR_S + int(clock[2]) * MINUTE_S
    total, smallest, place = Decimal(0), 0, 0
    while place < len(said):
        part = _PART.match(said, place)
        if part is None:
            raise _no_duration(text)
        unit = _unit(part[2], after=smallest)
        if unit is None:
            raise _no_duration(text)
        if smallest and unit >= smallest:
            raise SpokenError(gettext_noop("Write the longer unit first, each once: 1 h 30 min."))
        total += _number(part[1]) * unit
        smallest, place = unit, part.end()
    if not smallest:
        raise _no_duration(text)
    if total != int(total):
        raise SpokenError(gettext_noop("That is no whole number of seconds."))
    return int(total)


def names_days(text: str) -> bool:
    """Whether days are among what was written, so that a page can say what they came to."""
    return any(_SECONDS_OF.get(unit) == DAY_S for unit in re.findall(r"[a-z]+", text.lower()))


def write_duration(seconds: int) -> str:
    """`4 h`, `1 h 30 min`, `45 s`; never days, for what a day is depends on who reads."""
    hours, rest = divmod(seconds, HOUR_S)
    minutes, left = divmod(rest, MINUTE_S)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def read_hours(text: str) -> list[Interval]:
    """`08:00–12:00, 12:30–18:00`, or nothing where the day is closed. Raises SpokenError naming the part."""
    if text.strip().lower() in _CLOSED:
        return []
    intervals = []
    for part in re.split(r"[,;]", text):
        ends = _DASH.split(part.strip())
        if len(ends) != 2:
            raise SpokenError(gettext_noop("“%(part)s” is no interval: write 08:00–12:00."), part=part.strip())
        intervals.append((_time(ends[0], part), _time(ends[1], part)))
    return intervals


def write_hours(intervals: Sequence[Sequence[str]]) -> str:
    return ", ".join(f"{opens}\u2013{closes}" for opens, closes in intervals)


def _unit(name: str, *, after: int) -> int | None:
    """A number without a unit continues the one before: `1 h 30` are minutes, `5 min 30` are seconds."""
    if name:
        return _SECONDS_OF.get(name)
    return {HOUR_S: MINUTE_S, MINUTE_S: 1}.get(after)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise _no_duration(text) from None


def _no_duration(text: str) -> SpokenError:
    return SpokenError(gettext_noop("“%(text)s” is no duration: write 90 min, 1 h 30 or 2 d."), text=text)


def _time(text: str, part: str) -> str:
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 24 or int(found[2] or 0) > 59 or (int(found[1]) == 24 and int(found[2] or 0)):
        raise SpokenError(
            gettext_noop("“%(text)s” in “%(part)s” is not a time of day: 00:00 to 24:00."),
            text=text.strip(),
            part=part.strip(),
        )
    return f"{int(found[1]):02d}:{int(found[2] or 0):02d}"

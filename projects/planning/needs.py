"""What a row of a decomposition needs, as it is typed: `2 4`, `2SS+4`, `3FF-2`, `5+8h24`. Pure.

One word for each task that is waited for, with spaces, commas or semicolons between them:

- the number of a row, or `T-12`, a task that stands already;
- the kind SS, FF or SF; without one it is FS, finish to start;
- the lag in hours with its sign, `+4` or `-1.5`: working hours of the row's department, or plain hours where `h24`
  follows. A bare `h` changes nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

from projects.planning.cpm import Kind

_WORD: Final = re.compile(
    r"(?P<task>T-?)?(?P<number>[0-9]{1,9})(?P<kind>FS|SS|FF|SF)?((?P<lag>[+-][0-9]{1,4}(\.[0-9]{1,2})?)(?P<hours>H24|H)?)?",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"[\s,;]+")
_DASHES: Final = str.maketrans("\u2212\u2013", "--")


@dataclass(frozen=True, slots=True)
class Need:
    """One task that is waited for: a row's number or, where `is_task`, the id of a stored one."""

    number: int
    is_task: bool = False
    kind: Kind = "FS"
    lag_h: Decimal = Decimal(0)
    is_always: bool = False

    def __str__(self) -> str:
        lag = f"{self.lag_h.normalize():+f}{'h24' if self.is_always else ''}" if self.lag_h else ""
        return f"{'T-' if self.is_task else ''}{self.number}{'' if self.kind == 'FS' else self.kind}{lag}"


def read(text: str) -> tuple[list[Need], list[str]]:
    """The needs in order, and the words that are none."""
    found, strange = [], []
    for word in _words(text):
        need = _need(word)
        if need is None:
            strange.append(word)
        else:
            found.append(need)
    return found, strange


def write(needs: Iterable[Need]) -> str:
    return " ".join(map(str, needs))


def without(text: str, number: int) -> str:
    """The text without the words for a row; the other words stay as they were typed."""
    return " ".join(word for word in _words(text) if (need := _need(word)) is None or _names_another(need, number))


def _names_another(need: Need, number: int) -> bool:
    return need.is_task or need.number != number


def _words(text: str) -> list[str]:
    return [word for word in _BETWEEN.split(text.translate(_DASHES)) if word]


def _need(word: str) -> Need | None:
    match = _WORD.fullmatch(word)
    if match is None:
        return None
    lag = Decimal(match["lag"] or 0)
    return Need(
        number=int(match["number"]),
        is_task=bool(match["task"]),
        kind=cast(Kind, (match["kind"] or "FS").upper()),
        lag_h=lag,
        is_always=bool(lag) and (match["hours"] or "").upper() == "H24",
    )

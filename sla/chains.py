"""Promises in a chain: do those of the departments fit into the one to the client, and who used up what was too much.

Plain values: no database. Seconds are business seconds unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sla.replay import BusinessTime
from sla.terms import Terms


@dataclass(frozen=True, slots=True)
class Margin:
    """What is left of a promise when the slowest department takes as long as it may; negative: it does not fit.

    Where both count by one calendar, `margin_s` are its seconds; else plain seconds between the two deadlines of a case
    that begins on the Monday that was asked about (`by_example`).
    """

    priority: str
    ola: str
    margin_s: int
    by_example: bool


def margins(
    promise: Terms, olas: Mapping[str, Terms], *, calendar: Callable[[int], BusinessTime], monday: int
) -> list[Margin]:
    """For each priority the department's promise, by its name, that leaves the least; nothing where there are none.

    `calendar` gives the calendar of an id; `monday` is the beginning of a Monday in epoch seconds.
    """
    found = []
    for priority, target in promise.targets.items():
        each = []
        for name, terms in olas.items():
            theirs = terms.targets[priority]
            if theirs.calendar_id == target.calendar_id:
                each.append(Margin(priority, name, target.resolution_s - theirs.resolution_s, by_example=False))
            else:
                due = calendar(target.calendar_id).add(monday, target.resolution_s)
                finished = calendar(theirs.calendar_id).add(monday, theirs.resolution_s)
                each.append(Margin(priority, name, due - finished, by_example=True))
        if each:
            found.append(min(each, key=lambda margin: margin.margin_s))
    return found


def attribute(excess_s: int, overruns: Sequence[int]) -> list[int] | None:
    """Split what was too much among the hops in proportion to each one's overrun of its own promise; to the second, the
    parts add up to the whole.

    None where no hop was over: then the promise was shorter than those of the departments, and the plan is at fault.
    """
    whole = sum(overruns)
    if whole == 0:
        return None
    parts = [excess_s * overrun // whole for overrun in overruns]
    left = excess_s - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda place: (-(excess_s * overruns[place] % whole), place))
    for place in by_remainder[:left]:
        parts[place] += 1
    return parts


def overrun(*, elapsed_s: int, target_s: int) -> int:
    """Seconds counted beyond a target; none while it was kept."""
    return max(0, elapsed_s - target_s)


def excess(clocks: Iterable[tuple[int, int]]) -> int:
    """The overruns of all cycles of a promise, given as (elapsed, target)."""
    return sum(overrun(elapsed_s=elapsed_s, target_s=target_s) for elapsed_s, target_s in clocks)

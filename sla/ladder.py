"""The escalation ladder of a policy: who is told when a share of the target is used up. Plain values, no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Who can stand on a step; `user:<username>` names one person, for example the head of delivery.
ROLES = ("assignee", "tam", "deputy", "head", "service_manager", "on_duty", "duty")
NAMED = "user:"


@dataclass(frozen=True, slots=True)
class Step:
    """At `level` percent of the target everybody in `to` is told.

    `priorities` empty: of all priorities. `any_hour` False: a message waits until its reader is at work.
    """

    level: int
    to: tuple[str, ...]
    priorities: tuple[str, ...] = ()
    any_hour: bool = True

    def stored(self) -> dict[str, Any]:
        """As it stands in `PolicyVersion.ladder` and in the API."""
        return {
            "level": self.level,
            "to": list(self.to),
            "priorities": list(self.priorities),
            "any_hour": self.any_hour,
        }


def step_of(stored: Mapping[str, Any]) -> Step:
    """The step that `Step.stored` wrote."""
    return Step(
        level=stored["level"],
        to=tuple(stored["to"]),
        priorities=tuple(stored.get("priorities", ())),
        any_hour=stored.get("any_hour", True),
    )


def steps_at(ladder: Iterable[Step], *, level: int, priority: str) -> list[Step]:
    """The steps that this level and priority reach."""
    return [step for step in ladder if step.level == level and (not step.priorities or priority in step.priorities)]

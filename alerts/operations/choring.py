"""Doing the chores whose time has come, each by itself, so that one that fails stops no other."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any

from alerts.chores import Chore, chores, intervals
from alerts.operations.turns import take_turn
from alerts.turns import due
from kernel import retrying
from kernel.clock import going_on_from
from kernel.models import ProcessBeat

log = logging.getLogger(__name__)


def run_chores(now: datetime, *, among: Collection[str] | None = None) -> dict[str, int]:
    """What was done by each chore that was due, and how many failed; one query when none is. `among`: the pulses that
    are known to be due."""
    clock = going_on_from(now)
    waiting = due(intervals(), now=now) if among is None else among
    done, failed = {}, 0
    for chore in chores():
        begun = clock()
        if chore.beat not in waiting or not take_turn(chore.beat, every=chore.every, now=begun):
            continue
        figures = _do(chore, now=begun)
        ProcessBeat.objects.filter(name=chore.beat).update(pass_finished=clock(), figures=figures)
        if "done" in figures:
            done[chore.name] = figures["done"]
        else:
            failed += 1
    return {**done, "chores_failed": failed}


def _do(chore: Chore, *, now: datetime) -> dict[str, Any]:
    try:
        return {"done": chore.work(now)}
    except Exception as error:
        if retrying.is_away(error):
            raise
        log.exception("The chore “%s” failed", chore.name)
        return {"failed": repr(error)[:200]}

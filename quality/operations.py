"""Writes of quality: the roll-ups, kept from the outbox or built anew.

Cells are never added to or taken from: the days and clients that an event touches are counted again from the incidents,
so doing it twice, late or after a crash gives the same, and a rebuild equals what was kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import cast

from django.db import transaction
from django.db.models import Max, Q

from accounts.models import Client
from incidents.models import Incident
from kernel import outbox
from kernel.models import OutboxEvent
from quality.facts import Verdict, facts_of
from quality.models import Rollup
from quality.periods import days_of, midnight, today
from sla.models import REPORTED

CONSUMER = "quality.rollups"
BATCH = 5000
RUNS_AT_ONCE = 100

Slice = tuple[int, date]
Run = tuple[int, date, date]


def keep_rollups() -> int:
    """Bring the cells up to date with everything committed so far; returns how many events that took.

    A batch at a time, each in one transaction with the move of the cursor.
    """
    _give_positions()
    done = 0
    while taken := _keep_batch():
        done += taken
    return done


def rebuild_rollups() -> int:
    """All cells anew, a client at a time; returns how many there are. Events from before it need no more look."""
    _give_positions()
    reached: int = OutboxEvent.objects.aggregate(last=Max("position"))["last"] or 0
    for client_id in Client.objects.order_by("pk").values_list("pk", flat=True):
        _rebuild_client(client_id)
    with transaction.atomic():
        cursor = outbox.cursor(CONSUMER)
        cursor.position = max(cursor.position, reached)
        cursor.save()
    return Rollup.objects.count()


def _give_positions() -> None:
    while outbox.sequence(limit=BATCH) == BATCH:
        pass


@transaction.atomic
def _keep_batch() -> int:
    cursor = outbox.cursor(CONSUMER)
    events = list(outbox.after(cursor.position, limit=BATCH).values_list("position", "topic", "payload"))
    if not events:
        return 0
    touched = {
        payload["incident"]
        for _position, topic, payload in events
        if "incident" in payload and (topic.startswith("incident.") or topic == "clock.breached")
    }
    _count_anew(_slices(touched))
    cursor.position = cast(int, events[-1][0])
    cursor.save()
    return len(events)


@transaction.atomic
def _rebuild_client(client_id: int) -> None:
    outbox.cursor(CONSUMER)  # nobody keeps the cells meanwhile
    Rollup.objects.filter(client=client_id).delete()
    Rollup.objects.bulk_create(_cells(Q(client=client_id)), batch_size=1000)


def _slices(incident_ids: set[int]) -> set[Slice]:
    """The days and clients that these incidents are counted in; neither ever changes for an incident."""
    rows = Incident.objects.filter(pk__in=incident_ids).values_list("client_id", "opened_at")
    return {(client_id, today(opened_at)) for client_id, opened_at in rows}


def _count_anew(slices: Iterable[Slice]) -> None:
    runs = iter(_runs(sorted(slices)))
    while some := list(islice(runs, RUNS_AT_ONCE)):
        cells, incidents = Q(pk__in=[]), Q(pk__in=[])
        for client_id, first, last in some:
            cells |= Q(client=client_id, day__range=(first, last))
            opened = Q(opened_at__gte=midnight(first), opened_at__lt=midnight(last + timedelta(days=1)))
            incidents |= Q(client=client_id) & opened
        Rollup.objects.filter(cells).delete()
        Rollup.objects.bulk_create(_cells(incidents), batch_size=1000)


def _runs(slices: Iterable[Slice]) -> Iterator[Run]:
    """Days of a client that follow each other, put together; `slices` in order."""
    run: Run | None = None
    for client_id, day in slices:
        if run is not None and run[0] == client_id and day - run[2] == timedelta(days=1):
            run = (client_id, run[1], day)
            continue
        if run is not None:
            yield run
        run = (client_id, day, day)
    if run is not None:
        yield run


def _cells(which: Q) -> list[Rollup]:
    facts = facts_of(Incident.objects.filter(which), now=None)
    days, place = days_of(facts.opened_at)
    found: dict[tuple[int, int, int, str, str], Counter[int]] = {}
    for kind in REPORTED:
        columns = (facts.client_id, place, facts.department_id, facts.priority, facts.clocks[kind].verdict)
        for *cell, verdict in zip(*(column.tolist() for column in columns), strict=True):
            found.setdefault((*cell, kind), Counter())[verdict] += 1
    return [
        Rollup(
            client_id=client_id,
            day=days[day],
            department_id=department_id,
            priority=priority,
            kind=kind,
            met=counts[Verdict.MET],
            missed=counts[Verdict.MISSED],
            running=counts[Verdict.RUNNING],
        )
        for (client_id, day, department_id, priority, kind), counts in found.items()
    ]

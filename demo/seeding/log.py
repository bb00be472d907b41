"""The sample of a real incident log, moved in time so that its middle is now.

The log is moved by whole weeks, so weekdays stay weekdays. What lies after now has not happened yet: `play_log`
brings it in as time passes, so incidents open, wait and are resolved while one watches. The importer does the work, as
it would for a provider. What the log kept open for longer than ENDS_WITHIN is left out: it was forgotten there, and
would fill the pages with clocks that are over for weeks.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Client, Grant, Role, User
from alerts.models import Alert
from demo.seeding.content import SAMPLE
from demo.seeding.words import groups, words
from departments.models import Department, GroupMapping
from incidents import operations
from incidents.importing.operations import store
from incidents.importing.reading import Row
from incidents.importing.servicenow import SOURCE, ServiceNow
from incidents.importing.tickets import Rejected, Setting, Ticket
from incidents.models import Incident
from incidents.settling import SUBJECT_KIND
from kernel.models import OutboxCursor
from sla.models import Clock

T = TypeVar("T")
WEEK = timedelta(weeks=1)
# The week of the log that becomes this week, and how long the log is dense enough to be played on after it.
PRESENT = datetime(2016, 5, 2, tzinfo=UTC)
FRESH_FOR = 3 * WEEK
ENDS_WITHIN = timedelta(days=4)
WRITTEN = "%d/%m/%Y %H:%M"
# How much of the log each client gets; the rest of the story's clients are small.
SHARES = {"aldgate-bank": 5, "helios-energy": 4, "castor-logistics": 4, "orsa-retail": 3, "vantor-insurance": 3}
ENDED = {"Resolved", "Closed"}
ANCHOR = "demo.log"


@dataclass(frozen=True)
class Line:
    """One row of the log: when it happened there, and its cells."""

    at: datetime
    opened_at: datetime
    cells: dict[str, str]


@cache
def _log() -> dict[str, list[Line]]:
    """The sample by incident, in the order of the file."""
    found: dict[str, list[Line]] = defaultdict(list)
    with gzip.open(SAMPLE, "rt", encoding="utf-8", newline="") as file:
        for cells in csv.DictReader(file):
            at, opened_at = _read(cells["sys_updated_at"]), _read(cells["opened_at"])
            found[cells["number"]].append(Line(max(at, opened_at), opened_at, cells))
    return {number: lines for number, lines in found.items() if _ended_soon(lines)}


def _ended_soon(lines: Iterable[Line]) -> bool:
    return any(line.cells["incident_state"] in ENDED and line.at - line.opened_at <= ENDS_WITHIN for line in lines)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


def _read(text: str) -> datetime:
    return datetime.strptime(text, WRITTEN).replace(tzinfo=UTC)


def play_log(*, now: datetime, since: datetime | None = None) -> int:
    """Bring in what has happened by `now`; with `since`, only incidents that moved after it. Returns how many
    incidents moved."""
    shift = _shift(now)
    clients = list(Client.objects.active().order_by("slug"))
    shares = [client for client in clients for _ in range(SHARES.get(client.slug, 1))]
    _map_groups(clients)
    by_client: dict[int, list[str]] = defaultdict(list)
    for number, lines in _log().items():
        moved = [line.at + shift for line in lines if line.opened_at + shift <= now and line.at + shift <= now]
        if moved and (since is None or max(moved) > since):
            by_client[shares[zlib.crc32(number.encode()) % len(shares)].pk].append(number)
    moved_on = 0
    for client in clients:
        setting = Setting.read(client=client, project=None, policy=None, now=now)
        for batch in _batches(_tickets(by_client[client.pk], setting, shift=shift), 400):
            store(batch, setting=setting)
            moved_on += len(batch)
    _give_to_engineers(now=now)
    return moved_on


def _tickets(numbers: Sequence[str], setting: Setting, *, shift: timedelta) -> Iterator[Ticket]:
    rows: list[Row] = []
    header = list(next(iter(_log().values()))[0].cells)
    for number in numbers:
        for line in _log()[number]:
            if line.at + shift <= setting.now:
                moved = {"sys_updated_at": line.at + shift, "opened_at": line.opened_at + shift}
                cells = {**line.cells, **{name: at.strftime(WRITTEN) for name, at in moved.items()}}
                rows.append(Row(len(rows) + 2, list(cells.values())))
    for ticket in ServiceNow(ZoneInfo("UTC"), words=words).tickets(rows, header=header, setting=setting):
        if isinstance(ticket, Rejected):
            raise ValueError(f"{ticket.reference}: {ticket.reason}")
        yield ticket


@transaction.atomic
def _shift(now: datetime) -> timedelta:
    """By how much the log is moved: kept from the first start on, until the log would run dry; then it is moved
    anew."""
    anchor, is_new = OutboxCursor.objects.get_or_create(consumer=ANCHOR)
    shift = anchor.position * WEEK
    if is_new or now - shift > PRESENT + FRESH_FOR:
        if not is_new:
            _forget()
        anchor.position = (now - PRESENT) // WEEK
        anchor.save()
        shift = anchor.position * WEEK
    return shift


def _forget() -> None:
    """Take the moved log out again, with everything that hangs on it."""
    ids = list(Incident.objects.filter(source=SOURCE).values_list("pk", flat=True))
    for some in _batches(ids, 500):
        clocks = Clock.objects.filter(subject_kind=SUBJECT_KIND, subject_id__in=some)
        Alert.objects.filter(clock__in=clocks).delete()
        clocks.delete()
        Incident.objects.filter(pk__in=some).delete()


def _map_groups(clients: Sequence[Client]) -> None:
    departments = {department.slug: department for department in Department.objects.all()}
    GroupMapping.objects.bulk_create(
        [
            GroupMapping(client=client, group=group, department=departments[slug])
            for client in clients
            for group, slug in groups().items()
        ],
        ignore_conflicts=True,
    )


def _give_to_engineers(*, now: datetime) -> None:
    """The log names no people: whoever works in the department gets what is in work there, the same one every time."""
    members: dict[int, list[User]] = defaultdict(list)
    rows = Grant.objects.filter(scope_kind=Grant.Scope.DEPARTMENT, role=Role.ENGINEER).valid_at(now).order_by("user_id")
    for row in rows.select_related("user"):
        if row.scope_id is not None:
            members[row.scope_id].append(row.user)
    open_ones = Incident.objects.open().filter(source=SOURCE, assignee=None, responded_at__isnull=False)
    for incident in open_ones:
        if people := members.get(incident.department_id):
            chosen = people[zlib.crc32(incident.external_ref.encode()) % len(people)]
            operations.assign(incident=incident, assignee=chosen, actor=None, at=incident.responded_at, now=now)

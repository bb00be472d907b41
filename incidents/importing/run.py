"""A run over one file: rows become tickets, tickets become batches that the database takes in well under a second."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from incidents.importing.operations import CREATED, UNCHANGED, UPDATED, store
from incidents.importing.reading import Reader, Row, Source
from incidents.importing.rejects import Rejects
from incidents.importing.tickets import Format, Rejected, Setting, Ticket

MOST_TICKETS = 500
FIRST_TICKETS = 100
MOST_EVENTS = 4_000
# A transaction may take a second; aiming at a quarter leaves room for moments when the machine is busy.
AIM_S = 0.25


@dataclass
class Run:
    """Counts: rows read and rejected; incidents created, updated and left as they are.

    An incident that the file comes back to counts once, by the most that was done to it.
    """

    setting: Setting
    rejects: Rejects
    dry_run: bool = False
    progress: Callable[[int], object] = lambda _position: None
    read: int = 0
    blank: int = 0
    batch_size: int = FIRST_TICKETS
    longest_s: float = 0.0
    _became: dict[tuple[str, str], str] = field(default_factory=dict)

    def over(self, source: Source, kind: Format) -> None:
        """Import all that the source holds. Raises Unusable before anything is written, or not at all."""
        with _few_collections():
            self._over(source, kind)

    def _over(self, source: Source, kind: Format) -> None:
        reader = Reader(source.text)
        kind.check(reader.header)
        batch: list[Ticket] = []
        events = 0
        for ticket in kind.tickets(self._unrepeated(reader), header=reader.header, setting=self.setting):
            if isinstance(ticket, Rejected):
                self.rejects.add([ticket])
                continue
            batch.append(ticket)
            events += ticket.size
            if len(batch) >= self.batch_size or events >= MOST_EVENTS:
                self._store(batch)
                batch, events = [], 0
                self._report(reader, source)
        if batch:
            self._store(batch)
        self._report(reader, source)

    def count(self, what: str) -> int:
        return sum(became == what for became in self._became.values())

    def _unrepeated(self, reader: Reader) -> Iterator[Row | Rejected]:
        """The rows of the file, each content once."""
        lines: dict[int, int] = {}
        for row in reader.rows():
            if not isinstance(row, Row):
                yield Rejected(row.line, "", row.reason)
                continue
            first = lines.setdefault(hash(tuple(row.cells)), row.line)
            if first == row.line:
                yield row
            else:
                yield Rejected(row.line, "", _("repeats line %(line)s") % {"line": first})

    def _store(self, batch: list[Ticket]) -> None:
        """Several tickets of one incident cannot stand in one batch: the later ones must find the first stored."""
        while batch:
            keys: set[tuple[str, str]] = set()
            now: list[Ticket] = []
            later: list[Ticket] = []
            for ticket in batch:
                (later if ticket.key in keys else now).append(ticket)
                keys.add(ticket.key)
            began = time.perf_counter()
            outcome = store(now, setting=self.setting, dry_run=self.dry_run)
            self._adapt(time.perf_counter() - began)
            self.rejects.add(outcome.rejected)
            for key, became in outcome.tickets.items():
                self._became[key] = _most(self._became.get(key), became)
            batch = later

    def _adapt(self, took_s: float) -> None:
        """The next batch in proportion to how long this one took."""
        self.longest_s = max(self.longest_s, took_s)
        self.batch_size = max(1, min(MOST_TICKETS, int(self.batch_size * min(2.0, AIM_S / max(took_s, 0.001)))))

    def _report(self, reader: Reader, source: Source) -> None:
        self.read, self.blank = reader.rows_read, reader.blank_lines
        self.progress(source.position())


@contextmanager
def _few_collections() -> Iterator[None]:
    """A batch is many objects and no cycles: looking for cycles all the time costs a tenth of the run."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _most(before: str | None, now: str) -> str:
    order = (UNCHANGED, UPDATED, CREATED)
    return now if before is None else max(before, now, key=order.index)

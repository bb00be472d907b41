"""The loops behind `run_alerts`: one thread notices and records, others send and do chores: neither a slow mail server
nor a long chore delays a record.

Nothing is kept in memory: any of these processes may die at any moment, and any number of them may run.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import Error, close_old_connections, connection

from alerts.beats import PASS_MUST_END_WITHIN
from alerts.clockwatch import ClockWatch
from alerts.health import vitals
from alerts.models import Delivery
from alerts.operations.choring import run_chores
from alerts.operations.delivering import deliver
from alerts.operations.heartbeat import ping_if_well
from alerts.operations.jumps import note_jump
from alerts.operations.passes import beat, escalate_all, repair_if_due, sweep_all
from kernel.clock import database_now

log = logging.getLogger(__name__)

IDLE_S = 2.0
COMPLAIN_EVERY_S = 10.0
# Recording goes first: a sender waits for the end of a sweep that is under way, but no longer than this.
YIELD_S = 5.0
# Threads of their own for each channel: one whose server does not answer delays no other.
SENDERS = (*4 * [Delivery.Channel.EMAIL], *2 * [Delivery.Channel.CHAT])


class Loops:
    """Runs until SIGTERM or SIGINT; then each thread ends what it has begun, which takes at most one mail's time."""

    def __init__(self, process_name: str) -> None:
        self.process_name = process_name
        self.stopping = threading.Event()
        self._senders_moved = dict.fromkeys(range(len(SENDERS)), time.monotonic())
        self._complaining = threading.Lock()
        self._complained: float | None = None
        self._watch = ClockWatch()
        self._chores_watch = ClockWatch()  # of its own: what it does must not come before a jump is noticed
        self._chored: dict[str, int] = {}
        self._swept = threading.Event()
        self._swept.set()

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        sweeping = threading.Thread(target=self._repeat, args=(self.sweep,), name="sweep")
        choring = threading.Thread(target=self._repeat, args=(self.chores,), name="chores")
        pinging = threading.Thread(target=self._repeat, args=(self.ping,), name="ping")
        sending = [
            threading.Thread(target=self._repeat, args=(self.send, sender), name=f"send-{sender}")
            for sender in range(len(SENDERS))
        ]
        threads = [sweeping, choring, *sending, *([pinging] if settings.HEARTBEAT_URL else [])]
        for thread in threads:
            thread.start()
        self.stopping.wait()
        for thread in threads:
            thread.join()

    def sweep(self, now: datetime) -> bool:
        """One pass over the clocks. It leaves a pulse only while the senders move, too."""
        if jump := self._watch.look(now, monotonic=time.monotonic()):
            note_jump(jump, now=now)
        after_jump = self._watch.is_settling(monotonic=time.monotonic())
        self._swept.clear()
        try:
            swept = sweep_all(now, after_jump=after_jump)
        finally:
            self._swept.set()
        escalated = escalate_all(now, after_jump=after_jump)
        repaired = repair_if_due(now)
        slowest = time.monotonic() - min(self._senders_moved.values())
        if slowest < PASS_MUST_END_WITHIN.total_seconds():
            ended = database_now()
            done = {**asdict(swept), "escalated": escalated, "repaired": repaired, **self._chored}
            figures = {**done, **vitals(ended)}
            beat(self.process_name, started=now, finished=ended, figures=figures)
        return swept.raised > 0 or escalated > 0

    def send(self, now: datetime, *, sender: int) -> bool:
        if not self._swept.is_set():
            self._swept.wait(YIELD_S)
            now = database_now()
        claimed = deliver(now, limit=1, channel=SENDERS[sender]).claimed
        self._senders_moved[sender] = time.monotonic()
        return claimed > 0

    def chores(self, now: datetime) -> bool:
        """Nothing is done while the time may be wrong. What each did last stands in the pulse of the pass."""
        monotonic = time.monotonic()
        jump = self._chores_watch.look(now, monotonic=monotonic)
        if not jump and not self._chores_watch.is_settling(monotonic=monotonic):
            self._chored = {**self._chored, **run_chores(now)}
        return False

    def ping(self, now: datetime) -> bool:
        """In a thread of its own: a monitor that does not answer delays nothing."""
        ping_if_well(now)
        return False

    def _repeat(self, work: Callable[..., bool], sender: int | None = None) -> None:
        """At once again while there is work; whatever goes wrong in one turn is tried again in the next."""
        arguments = {} if sender is None else {"sender": sender}
        while not self.stopping.is_set():
            is_busy = False
            try:
                close_old_connections()  # a connection that the database dropped would stay broken for ever
                is_busy = work(database_now(), **arguments)
            except Exception as error:  # noqa: BLE001 - the loop outlives whatever a turn runs into
                self._complain(error)
            if not is_busy:
                self.stopping.wait(IDLE_S)
        connection.close()

    def _complain(self, error: Exception) -> None:
        """One line in ten seconds, however many threads fail and however long."""
        with self._complaining:
            now = time.monotonic()
            if self._complained is not None and now - self._complained < COMPLAIN_EVERY_S:
                return
            self._complained = now
        if isinstance(error, Error):
            log.error("The database does not answer: %s", " ".join(str(error).split()))
        else:
            log.error("A pass failed", exc_info=error)

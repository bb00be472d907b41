"""How fast alerts are recorded and sent: `python bench/alert_storm.py [--clocks N] [--due N] [--filled NAME] [--full]`.

Two real `run_alerts` processes and a mail server that takes up to 30 ms for a mail, beside so many other open clocks.
Steady: 10 clocks a second run out for a minute; when the alert can be read by others, after the deadline. A deadline
has passed one second after it, so no lag can be shorter. Storm: N clocks run out in one and the same second; when all
alerts are recorded and when the first attempt of each delivery began, after the deadline.

Works on a scratch database on the server of DATABASE_URL (PostgreSQL), filled by `demo.volume`, or on a copy of one
that `manage.py generate --open 1` has filled (`--filled`). `--full`: 5,000 due beside 100,000 others.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.support.databases import ROOT, beside, scratch_database, server_url
from bench.support.filled import prepare, use
from bench.support.timing import percentile, verdict

PROCESSES = 2
A_SECOND = 10
POLL_S = 0.1
GIVE_UP_S = 600.0
RECORDED_WITHIN_S, ATTEMPTED_WITHIN_S, LAG_P99_S = 30.0, 60.0, 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clocks", type=int, default=2_000, metavar="N", help="other open clocks (2,000)")
    parser.add_argument("--due", type=int, default=500, metavar="N", help="clocks that run out in one second (500)")
    parser.add_argument("--steady", type=int, default=20, metavar="SECONDS", help="how long the steady part lasts (20)")
    parser.add_argument("--filled", metavar="NAME", help="a database to copy instead")
    parser.add_argument("--full", action="store_true", help="5,000 due beside 100,000 others, a minute of steady work")
    options = parser.parse_args()
    clocks, due, steady_s = (100_000, 5_000, 60) if options.full else (options.clocks, options.due, options.steady)
    url = server_url()
    with ExitStack() as stack:
        name = f"tamhub_bench_storm_{os.getpid()}"
        stack.enter_context(scratch_database(url, name, copy_of=options.filled or ""))
        os.environ |= {
            "DATABASE_URL": beside(url, name),
            "TAMHUB_DATA": stack.enter_context(tempfile.TemporaryDirectory()),
            "DJANGO_SETTINGS_MODULE": "tamhub.settings",
        }
        import django  # noqa: PLC0415 - the environment comes first

        django.setup()
        prepare(None if options.filled else clocks)
        from tests.chaos.sinks import Mailbox  # noqa: PLC0415

        sink = stack.enter_context(Mailbox())
        threading.Thread(target=sink.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        stack.callback(sink.shutdown)
        environment = {**os.environ, "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "LOG_LEVEL": "WARNING"}
        for _process in range(PROCESSES):
            stack.enter_context(running([sys.executable, "manage.py", "run_alerts"], environment))
        wait_for_quiet()
        steady(steady_s)
        wait_for_quiet()
        storm(due)
        use("postgres")  # so that the scratch database can be dropped


class running:  # noqa: N801 - reads like a word
    """A process that is told to end, and waited for, when the block is left."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def wait_for_quiet() -> None:
    """Until nothing that was due when the measurement began is left."""
    from alerts.models import Delivery  # noqa: PLC0415
    from kernel.clock import database_now  # noqa: PLC0415
    from sla.models import Clock  # noqa: PLC0415

    until = time.monotonic() + GIVE_UP_S
    while time.monotonic() < until:
        now = database_now() - timedelta(seconds=5)
        if not Clock.objects.to_wake(now).exists() and not Delivery.objects.due(now).exists():
            return
        time.sleep(0.5)
    raise SystemExit("the alert processes do not come to an end")


def make_due(instants: Iterable[datetime], *, seed: int) -> set[int]:
    """New incidents whose response clocks run out at these instants; the ids of those clocks."""
    from accounts.models import Client  # noqa: PLC0415
    from demo.volume.courses import Happening  # noqa: PLC0415
    from demo.volume.filling import Maker, store  # noqa: PLC0415
    from demo.volume.world import Served  # noqa: PLC0415
    from kernel.clock import database_now  # noqa: PLC0415
    from sla.models import Clock, SlaPolicy  # noqa: PLC0415
    from sla.terms import terms_of  # noqa: PLC0415

    version_id = SlaPolicy.objects.get(slug="standard").current_id
    assert version_id is not None
    target_s = terms_of(version_id).targets["P1"].response_s
    served = [Served(client, version_id, ()) for client in Client.objects.order_by("pk")]
    now = database_now().replace(microsecond=0)
    maker = Maker(Random(seed), served, now=now, name=f"storm{seed}")  # noqa: S311 - nothing secret
    batch = []
    for number, at in enumerate(instants):
        opened = Happening(int(at.timestamp()) - target_s, "opened", "new")
        batch.append(maker.made(number, served[number % len(served)], "P1", [opened]))
    store(batch, now=now)
    clocks = Clock.objects.filter(subject_id__in=[made.incident.pk for made in batch], kind=Clock.Kind.RESPONSE)
    return set(clocks.values_list("pk", flat=True))


def first_seen(clock_ids: set[int]) -> dict[int, float]:
    """For each clock how many seconds after its deadline its breach alert could be read by others."""
    from alerts.models import Alert  # noqa: PLC0415

    last_before = Alert.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    found: dict[int, float] = {}
    until = time.monotonic() + GIVE_UP_S
    while len(found) < len(clock_ids) and time.monotonic() < until:
        fresh = Alert.objects.filter(pk__gt=last_before, level=Alert.BREACH, clock__in=clock_ids - found.keys())
        rows = list(fresh.values_list("clock_id", "due_at"))
        seen_at = datetime.now(UTC)
        found |= {clock_id: (seen_at - due_at).total_seconds() for clock_id, due_at in rows}
        time.sleep(POLL_S)
    return found


def steady(seconds: int) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=10)
    clocks = make_due((begin + timedelta(seconds=n // A_SECOND) for n in range(seconds * A_SECOND)), seed=1)
    lags = list(first_seen(clocks).values())
    p50, p99 = percentile(lags, 0.5), percentile(lags, 0.99)
    print(
        f"steady: {A_SECOND} a second, {len(lags)} of {len(clocks)} alerts, lag p50 {p50:.2f} s, p99 {p99:.2f} s "
        f"(at most {LAG_P99_S}), largest {max(lags):.2f} s: {verdict(p99 <= LAG_P99_S and len(lags) == len(clocks))}"
    )


def storm(count: int) -> None:
    due_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=10 + count // 500)
    clocks = make_due([due_at] * count, seed=2)
    lags = list(first_seen(clocks).values())
    is_recorded = len(lags) == count and max(lags) <= RECORDED_WITHIN_S
    print(
        f"storm: {count} in one second, {len(lags)} alerts, the last recorded after {max(lags):.1f} s "
        f"(at most {RECORDED_WITHIN_S}): {verdict(is_recorded)}"
    )
    until = time.monotonic() + GIVE_UP_S
    attempts, held = attempted_after(clocks, due_at)
    while float("inf") in attempts and time.monotonic() < until:
        time.sleep(0.5)
        attempts, held = attempted_after(clocks, due_at)
    last = max(attempts, default=float("inf"))
    print(
        f"storm: {len(attempts)} deliveries owed at once, the last first attempt after {last:.1f} s "
        f"(at most {ATTEMPTED_WITHIN_S}): {verdict(last <= ATTEMPTED_WITHIN_S)}; held back by wishes or hours: {held}"
    )


def attempted_after(clock_ids: set[int], due_at: datetime) -> tuple[list[float], int]:
    """Seconds from the deadline to the first attempt of each delivery that was owed at once; how many were not."""
    from django.db.models import F  # noqa: PLC0415

    from alerts.models import Delivery  # noqa: PLC0415

    states = Delivery.State
    of_storm = Delivery.objects.filter(alert__clock__in=clock_ids, alert__level=100)
    at_once = of_storm.exclude(state=states.CANCELLED).filter(in_digest=False, created_at__gte=F("next_attempt_at"))
    began = list(at_once.values_list("first_attempt_at", flat=True))
    after = [float("inf") if at is None else (at - due_at).total_seconds() for at in began]
    return after, of_storm.count() - len(after)


if __name__ == "__main__":
    main()

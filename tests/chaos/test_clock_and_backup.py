"""The machine's clock is wrong for a while, and an old backup takes the place of the database."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from alerts.models import Alert, Delivery
from tests.chaos.crew import Crew
from tests.chaos.lengths import at_length
from tests.chaos.oracle import assert_kept
from tests.chaos.sinks import Mailbox
from tests.chaos.worlds import TARGET, a_world, breaches, settle
from tests.factories import an_incident
from tests.processes import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@pytest.mark.fault(
    "F31",
    "the machine's clock jumps two hours ahead and is set right again",
    "recorded once and marked; messages wait 30 s and are measured anew: nobody hears of what is not due, "
    "the operators hear of the jump",
)
@pytest.mark.parametrize("wrong_s", [8.0, at_length(25.0)])
def test_the_clock_jumps(
    crew: Crew, mailbox: Mailbox, measured: Callable, *, sqlite_file: Path, faketime: Path, wrong_s: float
) -> None:
    """On SQLite, whose clock is the host's. Each case has one process, which goes on through both jumps."""
    offset = crew.folder / "offset"
    offset.write_text("+0")
    variables = {
        "LD_PRELOAD": str(faketime),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    now = timezone.now().replace(microsecond=0)
    client = a_world()
    not_due = [an_incident(client=client, at=now - TARGET / 4, now=now) for _ in range(3)]
    crew.environment.update(variables)
    process = crew.alerts()
    for name in variables:
        del crew.environment[name]
    due = breaches(client, 3, within_s=2)
    settle(due, look=lambda: Delivery.objects.filter(state="sent", alert__level=100).count() >= 6)
    offset.write_text("+7200")
    early = Alert.objects.filter(subject_id__in=[incident.pk for incident in not_due], level=100, kind="response")
    assert wait_until(lambda: early.count() == len(not_due), within_s=20)
    assert set(early.values_list("clock_jump", flat=True)) == {True}
    time.sleep(wrong_s)
    offset.write_text("+0")
    assert wait_until(lambda: not early.exclude(state=Alert.State.RETRACTED).exists(), within_s=40)
    untold = Delivery.objects.filter(alert__in=early)
    assert set(untold.values_list("state", "attempts")) == {(Delivery.State.CANCELLED, 0)}
    told = Delivery.objects.filter(notice=Delivery.Notice.OPERATOR)
    assert wait_until(lambda: told.filter(state=Delivery.State.SENT).exists(), within_s=20)
    assert process.is_running()
    ids = [incident.pk for incident in due]
    assert Alert.objects.filter(subject_id__in=ids, level=100, kind="response", state=Alert.State.OPEN).count() == 3
    assert crew.manage("alert_audit", "--all").returncode == 0
    measured(withdrawn=early.count(), **{"wrong (s)": wrong_s, "told of what was not due": 0})


@pytest.mark.fault(
    "F62",
    "a backup from before the last mails is restored",
    "`run_alerts --hold` lists what would be done and does nothing; then mails repeat under the same Message-ID",
)
def test_a_backup_is_restored(crew: Crew, mailbox: Mailbox, measured: Callable, *, sqlite_file: Path) -> None:
    incidents = breaches(a_world(), 3, within_s=0, begin_s=-5)
    backup = crew.folder / "backup.sqlite3"
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM INTO '{backup}'")
    crew.manage("run_alerts", "--once")
    settle(incidents)
    figures = assert_kept(incidents, mailbox, doubles=0)
    sent = len(mailbox.taken)
    restored = {"DATABASE_URL": f"sqlite:///{backup}"}
    held = crew.manage("run_alerts", "--hold", **restored)
    assert held.returncode == 0
    assert all(f"incident {incident.pk}," in held.stdout for incident in incidents)
    assert len(mailbox.taken) == sent
    crew.manage("run_alerts", "--once", **restored)
    assert crew.manage("alert_audit", "--all", **restored).returncode == 0
    assert len(mailbox.taken) == 2 * sent
    measured(figures, **{"repeated after the restore": len(mailbox.taken) - sent})

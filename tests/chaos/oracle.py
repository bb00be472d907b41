"""What must hold after every case, computed from the incidents and from what the outside world received."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from alerts.audit import violations
from alerts.models import Alert, Delivery
from incidents.models import Incident
from kernel.clock import database_now
from tests.chaos.sinks import Mailbox
from tests.chaos.worlds import TARGET

ENDS = {Delivery.State.SENT, Delivery.State.DEAD, Delivery.State.CANCELLED}


def assert_kept(
    incidents: Iterable[Incident],
    mailbox: Mailbox,
    *,
    kills: int = 0,
    doubles: int | None = None,
    in_time: bool = False,
) -> dict[str, Any]:
    """Every response of these incidents is breached: once recorded, told to all, and doubled only by a kill.

    Returns the figures. `kills` are the attempts whose end nobody could record; `doubles` is the number of duplicates
    that must be there exactly, for the cases that make them; `in_time` asks for the times of the guarantee, too, where
    an alert process and the database were there at each deadline.
    """
    due = {incident.pk: incident.opened_at + TARGET for incident in incidents}
    standing = Alert.objects.filter(level=Alert.BREACH, kind="response").exclude(state=Alert.State.RETRACTED)
    alerts = list(standing)
    assert {alert.subject_id: alert.due_at for alert in alerts} == due
    assert len(alerts) == len(due)
    deliveries = list(Delivery.objects.all())
    assert {delivery.state for delivery in deliveries} <= ENDS
    sent = [delivery for delivery in deliveries if delivery.state == Delivery.State.SENT]
    arrived = {message_id.strip("<>").partition("@")[0] for message_id in mailbox.message_ids}
    mails = [delivery for delivery in sent if delivery.channel == Delivery.Channel.EMAIL]
    assert {str(mail.group or mail.public_id) for mail in mails} <= arrived
    if doubles is None:
        assert mailbox.doubles <= kills
    else:
        assert mailbox.doubles == doubles
    assert [str(violation) for violation in violations(database_now(), stopped_too=True)] == []
    figures = {"breaches": len(alerts), "messages sent": len(sent), "duplicates": mailbox.doubles}
    figures |= {"kills": kills} if kills else {}
    return figures | (_lags(alerts) if in_time else {})


def _lags(alerts: Iterable[Alert]) -> dict[str, float]:
    first = Delivery.objects.filter(alert__in=alerts, notice=Delivery.Notice.RAISED).select_related("alert")
    recorded_s = seconds(alert.detected_at - alert.due_at for alert in alerts)
    tried_s = seconds(d.first_attempt_at - d.alert.due_at for d in first if d.alert and d.first_attempt_at)
    assert recorded_s <= 30
    assert tried_s <= 60
    return {"recorded after at most (s)": recorded_s, "first attempt after at most (s)": tried_s}


def seconds(lengths: Iterable[timedelta]) -> float:
    return round(max((length.total_seconds() for length in lengths), default=0.0), 1)

"""Every write of alerts: noticing, recording, delivering, taking back."""

from alerts.operations.acknowledging import acknowledge_alert
from alerts.operations.choring import run_chores
from alerts.operations.delivering import DeliverResult, deliver
from alerts.operations.heartbeat import ping_if_well
from alerts.operations.jumps import note_jump
from alerts.operations.passes import repair, run_pass
from alerts.operations.raising import record_past
from alerts.operations.reconciling import reconcile
from alerts.operations.requeueing import requeue_delivery
from alerts.operations.sweeping import SweepResult, sweep
from alerts.operations.telling import News, Step, tell, withdraw

__all__ = [
    "DeliverResult",
    "News",
    "Step",
    "SweepResult",
    "acknowledge_alert",
    "deliver",
    "note_jump",
    "ping_if_well",
    "reconcile",
    "record_past",
    "repair",
    "requeue_delivery",
    "run_chores",
    "run_pass",
    "sweep",
    "tell",
    "withdraw",
]

"""Every write of alerts: noticing, recording, delivering, taking back."""

from alerts.operations.acknowledging import acknowledge_alert
from alerts.operations.delivering import DeliverResult, deliver
from alerts.operations.heartbeat import ping_if_well
from alerts.operations.jumps import note_jump
from alerts.operations.passes import repair, run_pass
from alerts.operations.raising import record_past
from alerts.operations.reconciling import reconcile
from alerts.operations.requeueing import requeue_delivery
from alerts.operations.sweeping import SweepResult, sweep

__all__ = [
    "DeliverResult",
    "SweepResult",
    "acknowledge_alert",
    "deliver",
    "note_jump",
    "ping_if_well",
    "reconcile",
    "record_past",
    "repair",
    "requeue_delivery",
    "run_pass",
    "sweep",
]

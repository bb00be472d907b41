"""Every write of alerts and deliveries."""

from alerts.operations.reconciling import reconcile

__all__ = ["reconcile"]

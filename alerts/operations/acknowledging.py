"""What a person does about an alert."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.models import Alert
from kernel import history
from kernel.errors import Conflict
from kernel.locking import lock


@transaction.atomic
def acknowledge_alert(alert: Alert, *, actor: User, at: datetime) -> Alert:
    """Somebody has seen it and takes care: also of the open warnings before it. Done twice, it is done once."""
    alert = lock(Alert.objects.all()).get(pk=alert.pk)
    if alert.state == Alert.State.ACKED:
        return alert
    if alert.state != Alert.State.OPEN:
        label = Alert.State(alert.state).label
        message = _("The alert is “%(state)s”: there is nothing to acknowledge.") % {"state": label}
        raise Conflict(message, code="transition")
    before = Alert.objects.filter(clock=alert.clock_id, state=Alert.State.OPEN, level__lt=alert.level)
    for one in (*lock(before.order_by("level")), alert):
        one.state = Alert.State.ACKED
        one.acked_by = actor
        one.acked_at = at
        one.escalate_at = None
        one.save(update_fields=["state", "acked_by", "acked_at", "escalate_at"])
        history.record(one, "acknowledged", actor=actor, at=at, tenant_id=one.client_id)
    return alert

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
    """Somebody has seen it and takes care. Done twice, it is done once."""
    alert = lock(Alert.objects.all()).get(pk=alert.pk)
    if alert.state == Alert.State.ACKED:
        return alert
    if alert.state != Alert.State.OPEN:
        label = Alert.State(alert.state).label
        message = _("The alert is “%(state)s”: there is nothing to acknowledge.") % {"state": label}
        raise Conflict(message, code="transition")
    alert.state = Alert.State.ACKED
    alert.acked_by = actor
    alert.acked_at = at
    alert.save(update_fields=["state", "acked_by", "acked_at"])
    history.record(alert, "acknowledged", actor=actor, at=at, tenant_id=alert.client_id)
    return alert

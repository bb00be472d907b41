"""What a person does about a message that could not be delivered."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.models import Alert, Delivery
from kernel import history
from kernel.errors import Conflict
from kernel.locking import lock


@transaction.atomic
def requeue_delivery(delivery: Delivery, *, actor: User, at: datetime) -> Delivery:
    """A dead message is tried once more, at once; what is on its way already stays as it is. Raises Conflict."""
    if delivery.alert_id is not None:  # alert before delivery, as everywhere
        alert = lock(Alert.objects.filter(pk=delivery.alert_id)).get()
        is_raised = delivery.notice == Delivery.Notice.RAISED
        if is_raised and (alert.state == Alert.State.RETRACTED or alert.round != delivery.round):
            raise Conflict(_("The alert was withdrawn: there is nothing to say any more."), code="transition")
    delivery = lock(Delivery.objects.all()).get(pk=delivery.pk)
    if delivery.state == Delivery.State.PENDING:
        return delivery
    if delivery.state != Delivery.State.DEAD:
        label = Delivery.State(delivery.state).label
        raise Conflict(_("The message is “%(state)s”: it is not sent again.") % {"state": label}, code="transition")
    delivery.state, delivery.next_attempt_at, delivery.end_reason = Delivery.State.PENDING, at, ""
    delivery.save(update_fields=["state", "next_attempt_at", "end_reason"])
    history.record(delivery, "requeued", actor=actor, at=at, tenant_id=delivery.client_id)
    return delivery

"""What people do with chat and push addresses, and what their services' answers do to them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import mail
from alerts.channels import addresses
from alerts.channels.chat import PURPOSE
from alerts.models import Delivery, DeliveryAttempt, Endpoint
from alerts.operations.owing import owe_operator
from alerts.preferences import endpoint_address
from alerts.routing import DUTY
from kernel import history, versions
from kernel.errors import Conflict, Invalid
from kernel.locking import exclusive, lock
from kernel.sealing import seal

# So many failures one after another, and the messages to an address wait for one of them that tries.
FAILURES_IN_A_ROW = 5


def add_endpoint(*, owner: User | None, kind: str, name: str, address: str, actor: User, at: datetime) -> Endpoint:
    """An address of a person, or without owner of the duty. Raises Invalid. It is sealed and never shown again."""
    checked = addresses.read(kind, address)  # asks for names on the network: not within the transaction
    with transaction.atomic():
        _refuse_doubled(owner.pk if owner else None, name)
        endpoint = Endpoint.objects.create(
            owner=owner,
            kind=kind,
            name=name,
            sealed_url=seal(checked.url, purpose=PURPOSE),
            hint=checked.hint,
        )
        shown = {"name": ["", name], "kind": ["", kind], "hint": ["", checked.hint]}
        history.record(endpoint, "added", actor=actor, at=at, changes=shown)
    return endpoint


def change_endpoint(
    endpoint: Endpoint,
    *,
    actor: User,
    at: datetime,
    name: str | None = None,
    address: str | None = None,
    is_on: bool | None = None,
    expected_version: int | None = None,
) -> Endpoint:
    """Another name, another address of the same service, or on and off: to one that is off nothing is sent, and the
    wishes for it are kept. A new address is on. What is as asked already changes nothing."""
    checked = None if address is None else addresses.read(endpoint.kind, address)
    is_on = True if checked is not None and is_on is None else is_on
    with transaction.atomic():
        endpoint = lock(Endpoint.objects.select_related("owner")).get(pk=endpoint.pk)
        versions.check(endpoint, expected_version)
        changes: dict[str, list[str | bool]] = {}
        if name is not None and name != endpoint.name:
            _refuse_doubled(endpoint.owner_id, name)
            changes["name"] = [endpoint.name, name]
            endpoint.name = name
        if checked is not None:
            changes["hint"] = [endpoint.hint, checked.hint]
            endpoint.sealed_url, endpoint.hint = seal(checked.url, purpose=PURPOSE), checked.hint
        if is_on is not None and is_on != endpoint.is_on:
            changes["is_on"] = [endpoint.is_on, is_on]
            endpoint.disabled_at, endpoint.disabled_reason = (None if is_on else at), ""
        if changes:
            _save(endpoint)
            history.record(endpoint, "changed", actor=actor, at=at, changes=changes)
    return endpoint


@transaction.atomic
def remove_endpoint(endpoint: Endpoint, *, actor: User, at: datetime, expected_version: int | None = None) -> None:
    """Gone with the wishes for it; what was sent there stays in the log."""
    endpoint = lock(Endpoint.objects.all()).get(pk=endpoint.pk)
    versions.check(endpoint, expected_version)
    history.record(endpoint, "removed", actor=actor, at=at, text=endpoint.name)
    endpoint.delete()


@transaction.atomic
def test_endpoint(endpoint: Endpoint, *, actor: User, at: datetime) -> Delivery:
    """Owe a message that says only that it arrived; an earlier test that is still under way is given up."""
    endpoint = lock(Endpoint.objects.all()).get(pk=endpoint.pk)
    if not endpoint.is_on:
        raise Conflict(_("This address is switched off. Switch it on first."), code="switched_off")
    earlier = Delivery.objects.filter(endpoint=endpoint, notice=Delivery.Notice.TEST, state=Delivery.State.PENDING)
    earlier.update(state=Delivery.State.CANCELLED, end_reason="overtaken by another test")
    with mail.as_read_by(actor):
        words = _("%(person)s tests whether messages arrive here, as “%(name)s”. They do: there is nothing to do.")
        return Delivery.objects.create(
            notice=Delivery.Notice.TEST,
            channel=Delivery.Channel.CHAT,
            endpoint=endpoint,
            recipient=actor,
            role=DUTY if endpoint.owner_id is None else "",
            address=endpoint_address(endpoint.pk),
            next_attempt_at=at,
            created_at=at,
            subject=_("A test from TamHub"),
            body=words % {"person": actor, "name": endpoint.name} + f"\n\n{settings.SITE_URL}/me/notifications/",
        )


def after_failure(delivery: Delivery, failed: mail.NotSent, *, is_over: bool, at: datetime) -> None:
    """What a failed attempt means for its address, besides the message: see `mail.Failure`."""
    if delivery.channel != Delivery.Channel.CHAT or delivery.endpoint_id is None:
        return
    if failed.failure is mail.Failure.GONE:
        _switch_off_what_is_gone(delivery.endpoint_id, reason=str(failed), at=at)
        return
    if failed.failure is mail.Failure.UNTRUSTED and delivery.endpoint is not None:
        _tell_of_bad_certificate(delivery.endpoint, at=at)
    if not is_over:
        _space_out(delivery.endpoint_id)


def _tell_of_bad_certificate(endpoint: Endpoint, *, at: datetime) -> None:
    """Only those who run the service, or its server, can mend it: nothing is sent to whom we cannot know."""
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("TamHub cannot trust the server behind %(hint)s") % {"hint": endpoint.hint}
        words = _(
            "Its certificate is out of date, of another host, or signed by nobody known here. Messages to “%(name)s” "
            "wait until that is mended."
        )
        owe_operator(subject, words % {"name": endpoint.name}, key=f"certificate of endpoint {endpoint.pk}", now=at)


@transaction.atomic
def _switch_off_what_is_gone(endpoint_id: int, *, reason: str, at: datetime) -> None:
    """The service says that the address is no more: nothing is sent there any longer, and its owner is told by mail."""
    endpoint = lock(Endpoint.objects.filter(pk=endpoint_id, disabled_at=None)).first()
    if endpoint is None:
        return
    endpoint.disabled_at, endpoint.disabled_reason = at, reason[:200]
    _save(endpoint)
    history.record(endpoint, "switched off", actor=None, at=at, text=reason)
    with mail.as_read_by(endpoint.owner):
        words = _(
            "“%(name)s” (%(hint)s) said that it is no more (%(reason)s), so TamHub sends nothing there any longer. "
            "What cannot wait comes by mail. Enter a new address, or remove this one: %(url)s"
        )
        url = f"{settings.SITE_URL}/me/notifications/"
        Delivery.objects.create(
            notice=Delivery.Notice.OPERATOR,
            recipient=endpoint.owner,
            role="" if endpoint.owner else DUTY,
            address=endpoint.owner.email if endpoint.owner else settings.DUTY_EMAIL,
            next_attempt_at=at,
            created_at=at,
            subject=_("Messages to “%(name)s” are switched off") % {"name": endpoint.name},
            body=words % {"name": endpoint.name, "hint": endpoint.hint, "reason": reason, "url": url},
        )


@transaction.atomic
def _space_out(endpoint_id: int) -> None:
    """After several failures in a row the other messages to the address wait for the oldest one's next attempt: a
    service that is down is asked once, not once a message. Nothing is given up, and other channels go on."""
    attempts = DeliveryAttempt.objects.filter(delivery__endpoint=endpoint_id, ended_at__isnull=False)
    last = attempts.order_by("-ended_at", "-pk").values_list("outcome", flat=True)[:FAILURES_IN_A_ROW]
    if list(last) != [DeliveryAttempt.Outcome.RETRY] * FAILURES_IN_A_ROW:
        return
    waiting = Delivery.objects.filter(endpoint=endpoint_id, state=Delivery.State.PENDING, lease_token=None)
    oldest = waiting.order_by("created_at", "pk").values("pk", "next_attempt_at").first()
    if oldest is None:
        return
    later = waiting.exclude(pk=oldest["pk"]).filter(next_attempt_at__lt=oldest["next_attempt_at"])
    later.update(next_attempt_at=oldest["next_attempt_at"] + timedelta(seconds=1))


def _save(endpoint: Endpoint) -> None:
    versions.bump(endpoint)
    endpoint.save()


def _refuse_doubled(owner_id: int | None, name: str) -> None:
    """The database sees to it for people; addresses of the duty have no owner, and nothing equals nothing there."""
    exclusive(f"endpoint names of {owner_id}")
    if Endpoint.objects.filter(owner=owner_id, name=name).exists():
        raise Invalid(_("There is an address of this name already."), field="name")

"""Which policy counts for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import operations as accounts
from accounts.models import Client, User
from kernel import history
from kernel.errors import Invalid
from kernel.locking import lock
from kernel.versions import bump
from sla.models import ClientPolicy, PolicyVersion, SlaPolicy
from sla.versions import version_in_force


@transaction.atomic
def create_client(*, policy: SlaPolicy | None, actor: User | None, at: datetime, **fields: Any) -> Client:
    """A client together with the policy that its contract names."""
    refuse_other_scope(policy, SlaPolicy.Scope.CLIENT)
    client = accounts.create_client(actor=actor, at=at, **fields)
    if policy is not None:
        ClientPolicy.objects.create(client=client, policy=policy)
    return client


@transaction.atomic
def set_client_policy(*, client: Client, policy: SlaPolicy | None, actor: User | None, at: datetime) -> None:
    """What the client's contract names; None: the default counts. Incidents that are open keep their version."""
    refuse_other_scope(policy, SlaPolicy.Scope.CLIENT)
    client = lock(Client.objects.all()).get(pk=client.pk)
    named = ClientPolicy.objects.filter(client=client).select_related("policy").first()
    before = named.policy if named is not None else None
    if policy == before:
        return
    if policy is None:
        ClientPolicy.objects.filter(client=client).delete()
    else:
        ClientPolicy.objects.update_or_create(client=client, defaults={"policy": policy})
    bump(client)
    client.save()
    changes = {"sla_policy": [before.slug if before else None, policy.slug if policy else None]}
    history.record(client, "policy set", actor=actor, at=at, tenant_id=client.pk, changes=changes)


def policy_for(*candidates: SlaPolicy | None, client: Client, at: datetime) -> PolicyVersion:
    """The version that counts for a subject that becomes known at `at`: of the first candidate named (incident,
    project), the client's policy, or the default."""
    for policy in candidates:
        if policy is not None:
            refuse_other_scope(policy, SlaPolicy.Scope.CLIENT)
            return version_in_force(policy, at)
    named = ClientPolicy.objects.filter(client=client).select_related("policy").first()
    if named is not None:
        return version_in_force(named.policy, at)
    default = SlaPolicy.objects.filter(is_default=True).first()
    if default is None:
        raise Invalid(
            _("The client names no SLA policy and no policy is the default: make one the default."), field="client"
        )
    return version_in_force(default, at)


def refuse_other_scope(policy: SlaPolicy | None, scope: SlaPolicy.Scope, *, field: str = "sla_policy") -> None:
    """What is promised to clients is not promised to departments, nor by vendors."""
    if policy is not None and policy.scope != scope:
        message = _("The policy “%(policy)s” is of another kind: %(kind)s.")
        raise Invalid(message % {"policy": policy, "kind": policy.get_scope_display()}, field=field)

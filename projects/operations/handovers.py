"""Handing a project over: the checklist, both signatures, or back with a reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Grant, Role, User
from accounts.operations import end_grants, give_grant
from kernel import history, outbox
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.locking import lock
from kernel.versions import bump, change, check
from projects.models import ChecklistItem, Handover, HandoverItem, Project
from projects.operations import telling
from projects.operations.posts import seat

OPEN = (Handover.Status.OPEN, Handover.Status.RETURNED)
# Who takes a project over sees and leads it while it is handed over: the time both are there.
TAKES_OVER = "takes over"
MOST_ITEMS = 100
LONGEST_LINE = 200


@transaction.atomic
def begin_handover(
    *,
    project: Project,
    kind: str = Handover.Kind.GO_LIVE,
    receiver: User | None = None,
    brief: str = "",
    actor: User | None,
    at: datetime,
    **fields: Any,
) -> Handover:
    """At go-live the architect hands over to the TAM, by the provider's checklist; else the TAM to `receiver`, with a
    brief. Only one goes on at a time."""
    project = lock(Project.objects.select_related("client__tam", "architect", "tam")).get(pk=project.pk)
    if project.phase == Project.Phase.CLOSED:
        raise Conflict(_("The project is closed."), field="project")
    if project.handovers.filter(status__in=OPEN).exists():
        raise Conflict(_("A handover of this project is under way already."), code="under_way", field="project")
    is_go_live = kind == Handover.Kind.GO_LIVE
    if is_go_live and project.phase == Project.Phase.OPERATION:
        raise Conflict(_("The project is in operation already."), field="project")
    giver = project.architect if is_go_live else project.tam_in_charge
    receiver = project.tam_in_charge if is_go_live else receiver
    if giver is None:
        missing = _("Name the project's architect first.") if is_go_live else _("The project has no TAM yet.")
        raise Conflict(missing, code="nobody", field="project")
    if receiver is None:
        missing = _("Name the project's TAM first.") if is_go_live else _("Say who takes over.")
        raise Invalid(missing, field="receiver")
    if giver == receiver:
        raise Invalid(_("Nobody hands over to oneself."), field="receiver")
    handover = Handover.objects.create(
        client_id=project.client_id,
        project=project,
        kind=kind,
        giver=giver,
        receiver=receiver,
        brief=brief,
        begun_by=actor,
        begun_at=at,
        **fields,
    )
    if is_go_live:
        lines = ChecklistItem.objects.all()
        HandoverItem.objects.bulk_create(
            HandoverItem(handover=handover, text=line.text, position=line.position) for line in lines
        )
    else:
        _let_in(handover, receiver, at=at)
    _record(handover, "begun", actor=actor, at=at)
    telling.to_sign(handover, giver, actor=actor, at=at)
    return handover


@transaction.atomic
def update_handover(
    *,
    handover: Handover,
    changes: Mapping[str, Any],
    actor: User | None,
    at: datetime,
    expected_version: int | None = None,
) -> Handover:
    """Its brief and its day, until somebody has signed."""
    handover = _locked(handover)
    check(handover, expected_version)
    _refuse_ended(handover)
    changed = change(handover, changes)
    if changed:
        if "brief" in changed:
            _refuse_signed(handover)
        handover.save()
        _record(handover, "changed", actor=actor, at=at, text=", ".join(sorted(changed)))
    return handover


@transaction.atomic
def tick_item(*, item: HandoverItem, done: bool, actor: User | None, at: datetime) -> Handover:
    """It is in order, or not after all."""
    handover = _locked(item.handover)
    item = HandoverItem.objects.get(pk=item.pk)
    if (item.done_at is not None) == done:
        return handover
    _refuse_ended(handover)
    _refuse_signed(handover)
    item.done_at, item.done_by = (at, actor) if done else (None, None)
    item.save()
    bump(handover)
    handover.save()
    _record(handover, "ticked" if done else "unticked", actor=actor, at=at, text=item.text)
    return handover


@transaction.atomic
def add_item(*, handover: Handover, text: str, actor: User | None, at: datetime) -> Handover:
    """Something that this project needs besides the provider's list."""
    if not text.strip():
        raise Invalid(_("Say what has to be in order."), field="text")
    if len(text.strip()) > LONGEST_LINE:
        raise Invalid(_("At most %(n)d characters.") % {"n": LONGEST_LINE}, field="text")
    handover = _locked(handover)
    _refuse_ended(handover)
    _refuse_signed(handover)
    n = handover.items.count()
    if n >= MOST_ITEMS:
        raise Conflict(_("A checklist has at most %(n)d lines.") % {"n": MOST_ITEMS}, field="text")
    HandoverItem.objects.create(handover=handover, text=text.strip(), position=n)
    bump(handover)
    handover.save()
    _record(handover, "line added", actor=actor, at=at, text=text.strip())
    return handover


@transaction.atomic
def sign(*, handover: Handover, actor: User, at: datetime) -> Handover:
    """By the one who gives, then by the one who takes; with the second signature it is done, and in a change of TAM the
    seat is the other's. Conflict while a line of the checklist is open."""
    handover = _locked(handover)
    if actor.pk not in {handover.giver_id, handover.receiver_id}:
        raise Forbidden(_("Only %(giver)s and %(receiver)s sign.") % _names(handover))
    is_giver = actor.pk == handover.giver_id
    if (handover.giver_signed_at if is_giver else handover.receiver_signed_at) is not None:
        return handover
    _refuse_ended(handover)
    _refuse_open_items(handover)
    if is_giver:
        handover.giver_signed_at = at
        handover.status, handover.returned_at, handover.return_reason = Handover.Status.OPEN, None, ""
    elif handover.giver_signed_at is None:
        raise Conflict(_("%(giver)s signs first.") % _names(handover), code="not_signed")
    else:
        handover.receiver_signed_at = at
        handover.status, handover.ended_at = Handover.Status.ACCEPTED, at
    bump(handover)
    handover.save()
    _record(handover, "signed", actor=actor, at=at)
    if handover.ended_at is None:
        telling.to_sign(handover, handover.receiver, actor=actor, at=at)
        return handover
    if handover.kind == Handover.Kind.CHANGE:
        _change_tam(handover, actor=actor, at=at)
    telling.handed_over(handover, actor=actor, at=at)
    telling.client_hears_of_tam(Project.objects.select_related("client__tam", "tam").get(pk=handover.project_id), at=at)
    return handover


@transaction.atomic
def return_handover(*, handover: Handover, reason: str, actor: User | None, at: datetime) -> Handover:
    """The one who takes it does not sign yet, and says what is missing; signatures are void."""
    if not reason.strip():
        raise Invalid(_("Say what is missing."), field="reason")
    handover = _locked(handover)
    _refuse_ended(handover)
    handover.status, handover.returned_at, handover.return_reason = Handover.Status.RETURNED, at, reason.strip()[:500]
    handover.giver_signed_at = handover.receiver_signed_at = None
    bump(handover)
    handover.save()
    _record(handover, "returned", actor=actor, at=at, text=handover.return_reason)
    telling.handover_returned(handover, actor=actor, at=at)
    return handover


@transaction.atomic
def withdraw_handover(*, handover: Handover, reason: str = "", actor: User | None, at: datetime) -> Handover:
    """It does not take place."""
    handover = _locked(handover)
    if handover.status == Handover.Status.WITHDRAWN:
        return handover
    _refuse_ended(handover)
    handover.status, handover.ended_at = Handover.Status.WITHDRAWN, at
    bump(handover)
    handover.save()
    _end_overlap(handover, at=at)
    _record(handover, "withdrawn", actor=actor, at=at, text=reason)
    return handover


@transaction.atomic
def set_checklist_item(
    *, item: ChecklistItem, changes: Mapping[str, Any], actor: User | None, at: datetime
) -> ChecklistItem:
    """A line of the list that handovers begin with, new or changed; those under way keep theirs."""
    for field, value in changes.items():
        setattr(item, field, value)
    item.save()
    history.record(item, "set", actor=actor, at=at, text=item.text)
    return item


@transaction.atomic
def remove_checklist_item(*, item: ChecklistItem, actor: User | None, at: datetime) -> None:
    """Handovers to come begin without it."""
    history.record(item, "removed", actor=actor, at=at, text=item.text)
    item.delete()


def refuse_without_handover(project: Project) -> None:
    """Raise Conflict, saying what is missing, unless the project was handed over to its TAM."""
    signed = Handover.objects.filter(project_id=project.pk, kind=Handover.Kind.GO_LIVE)
    latest = signed.exclude(status=Handover.Status.WITHDRAWN).first() if project.pk else None
    if latest is None:
        raise Conflict(
            _("It goes into operation when its architect has handed it over to its TAM: begin the handover."),
            field="phase",
            code="handover",
        )
    if latest.status != Handover.Status.ACCEPTED:
        _refuse_open_items(latest, field="phase", code="handover")
        who = latest.giver if latest.giver_signed_at is None else latest.receiver
        raise Conflict(
            _("It goes into operation when the handover is signed by both: %(person)s has not signed yet.")
            % {"person": who},
            field="phase",
            code="handover",
        )


def withdraw_go_live(project: Project, *, actor: User | None, at: datetime) -> None:
    """Nobody signs any more what goes on without a handover."""
    for handover in project.handovers.filter(kind=Handover.Kind.GO_LIVE, status__in=OPEN):
        withdraw_handover(handover=handover, actor=actor, at=at)


def follow_posts(project: Project, changed: Collection[str]) -> None:
    """Where the architect or the TAM is another one now, the other one signs; what the former one signed is void."""
    handover = project.handovers.filter(kind=Handover.Kind.GO_LIVE, status__in=OPEN).first()
    if handover is None or not {"architect", "tam"} & set(changed):
        return
    handover.giver = project.architect or handover.giver
    handover.receiver = project.tam_in_charge or handover.receiver
    handover.giver_signed_at = handover.receiver_signed_at = None
    bump(handover)
    handover.save()


def _change_tam(handover: Handover, *, actor: User | None, at: datetime) -> None:
    """The seat is the receiver's; whoever stood in for the former TAM and takes over no longer does."""
    project = lock(Project.objects.select_related("client")).get(pk=handover.project_id)
    changes: dict[str, Any] = {"tam": handover.receiver}
    if project.deputy_id == handover.receiver_id:
        changes["deputy"] = None
        project.deputy_until = None
    changed = change(project, changes)
    project.save()
    for post, person in changes.items():
        seat(project, post, person, at=at)
    _end_overlap(handover, at=at)
    if changed:
        history.record(
            project, "changed", actor=actor, at=at, tenant_id=project.client_id, changes=changed, place=project
        )


def _let_in(handover: Handover, person: User, *, at: datetime) -> None:
    give_grant(
        user=person,
        role=Role.TAM,
        scope_kind=Grant.Scope.PROJECT,
        scope_id=handover.project_id,
        client=handover.client,
        at=at,
        reason=TAKES_OVER,
    )


def _end_overlap(handover: Handover, *, at: datetime) -> None:
    end_grants(at=at, scope_kind=Grant.Scope.PROJECT, scope_id=handover.project_id, reason=TAKES_OVER)


def _locked(handover: Handover) -> Handover:
    return lock(Handover.objects.select_related("client", "project__client", "giver", "receiver")).get(pk=handover.pk)


def _names(handover: Handover) -> dict[str, User]:
    return {"giver": handover.giver, "receiver": handover.receiver}


def _refuse_ended(handover: Handover) -> None:
    if not handover.is_open:
        raise Conflict(
            _("This handover is over: %(status)s.") % {"status": handover.get_status_display().lower()},
            extra={"current": handover.status},
        )


def _refuse_signed(handover: Handover) -> None:
    if handover.is_signed_by_one:
        raise Conflict(_("%(giver)s has signed this: it stays as it is, or is returned.") % _names(handover))


def _refuse_open_items(handover: Handover, *, field: str | None = None, code: str = "open_items") -> None:
    missing = list(handover.items.filter(done_at=None).values_list("text", flat=True))
    if not missing:
        return
    words = ngettext(
        "%(n)d line of the checklist is open: %(lines)s.",
        "%(n)d lines of the checklist are open: %(lines)s.",
        len(missing),
    )
    shown = "; ".join(missing[:8]) + (" …" if len(missing) > 8 else "")
    raise Conflict(words % {"n": len(missing), "lines": shown}, field=field, code=code)


def _record(handover: Handover, verb: str, *, actor: User | None, at: datetime, **more: Any) -> None:
    """History and the fact for feeds."""
    line = history.record(
        handover, verb, actor=actor, at=at, tenant_id=handover.client_id, place=handover.project, **more
    )
    outbox.put(
        f"handover.{verb.replace(' ', '_')}",
        key=f"handover:{handover.pk}:{line.pk}",
        payload={"id": handover.pk, "project": handover.project_id, "status": handover.status},
        at=at,
        tenant_id=handover.client_id,
    )

"""The editor of policies: what stands in it, and what is shown beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.forms import BaseFormSet, BoundField
from django.http import Http404, HttpRequest
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import Person, runs_service
from sla.businesstime import BusinessCalendar, CalendarError
from sla.chains import Margin, margins
from sla.faces import ExampleFace, example_face, versions_of
from sla.forms.fields import said
from sla.forms.policies import (
    PARTS,
    PolicyExampleForm,
    PolicyForm,
    StepForm,
    StepFormSet,
    policy_initial,
    steps_initial,
    told_by,
)
from sla.ladder import NAMED, Step
from sla.measure import epoch
from sla.models import Calendar, PolicyVersion, Priority, SlaPolicy
from sla.operations import DEFAULT_PAUSE_ON, DEFAULT_THRESHOLDS, TargetInput, promised_by
from sla.permissions import sees_policy_inside
from sla.queries import ola_policies, open_clocks_by_version
from sla.terms import Target, Terms, business_calendar, for_all, terms_of
from sla.versions import calendar_in_force, version_in_force
from sla.views.editing import Note, example_data, notes
from sla.words import COLUMNS, PAUSE_WORDS, conditions, receivers
from sla.worked_example import Example, worked_example

TRY_URL = "/policies/try/"
# What a new policy begins with: response and resolution of each priority, in seconds.
USUAL_TARGETS = {"P1": (900, 14400), "P2": (1800, 28800), "P3": (3600, 57600), "P4": (14400, 144000)}


@dataclass(frozen=True)
class Draft:
    """What stands in the editor, beside the version in force that it is compared with."""

    policy: SlaPolicy | None
    in_force: PolicyVersion | None
    form: PolicyForm
    steps: BaseFormSet[StepForm]
    example_form: PolicyExampleForm
    shown: Mapping[str, Any]

    @property
    def is_bound(self) -> bool:
        return self.form.is_bound

    def is_valid(self) -> bool:
        """Both are asked, so that every error is seen at once."""
        return all((self.form.is_valid(), not self.steps.is_bound or self.steps.is_valid()))

    def promised(self) -> dict[str, Any]:
        """What is typed, or shown while nothing is; as the operations take it."""
        if not self.is_bound:
            return dict(self.shown)
        promised = {**self.shown, **self.form.promised()}
        if self.steps.is_bound:
            steps = [step for form in self.steps if (step := form.step()) is not None]
            promised |= told_by(steps, before=self.shown)
        return promised


def draft_of(request: HttpRequest, found: SlaPolicy | None, *, newest: bool = False) -> Draft:
    """`newest`: what is typed is from now on compared with what somebody else has published meanwhile."""
    now, user = timezone.now(), request.user
    if found is not None and newest:
        found = SlaPolicy.objects.get(pk=found.pk)
    in_force = version_in_force(found, now) if found is not None else None
    inside = found is None or sees_policy_inside(user)
    asked = found.versions.filter(number=_number(request)).first() if found is not None and inside else None
    chosen = asked or in_force
    shown = promised_by(chosen) if chosen is not None else _usual()
    words: dict[str, Any] = {"scope": SlaPolicy.Scope.CLIENT}
    if found is not None:
        words = {"name": found.name, "description": found.description, "version": found.version}
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and newest and found is not None:
        data["version"] = str(found.version)
    form = PolicyForm(data, policy=found, user=user, initial={**policy_initial(shown), **words})
    # Who does not see the ladder does not send it.
    steps = StepFormSet(
        data if inside else None, prefix="ladder", initial=steps_initial(shown), form_kwargs={"user": user}
    )
    if found is not None and not runs_service(user):
        for one in (form, *steps):
            for field in one.fields.values():
                field.disabled = True
    usual = {"priority": _telling(shown["targets"]), "reason": next(iter(shown["pause_on"]), "client")}
    zone = timezone.get_default_timezone()
    example = PolicyExampleForm(example_data(data, usual, now=now, zone=zone))
    return Draft(found, in_force, form, steps, example, shown)


def _telling(targets: Sequence[TargetInput]) -> str:
    """The most urgent priority that counts by hours: around the clock there is little to work out."""
    by_hours = [target.priority for target in targets if target.calendar.current and not target.calendar.current.always]
    return min(by_hours, default=Priority.P2)


def _usual() -> dict[str, Any]:
    calendar = Calendar.objects.filter(slug="always").first() or Calendar.objects.first()
    if calendar is None:
        raise Http404
    return {
        "targets": [TargetInput(priority, *seconds, calendar) for priority, seconds in USUAL_TARGETS.items()],
        "pause_on": list(DEFAULT_PAUSE_ON),
        "thresholds": list(DEFAULT_THRESHOLDS),
        "reopen": PolicyVersion.Reopen.CONTINUE,
        "reopen_within_days": None,
        "update_mode": PolicyVersion.Update.EVERY,
        "ladder": (),
        "escalate_after_s": None,
    }


def context_of(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    now, found, form = timezone.now(), draft.policy, draft.form
    before = promised_by(draft.in_force) if draft.in_force is not None else None
    compared: dict[str, Any] = {}
    if before is not None and found is not None:
        compared = {**policy_initial(before), "name": found.name, "description": found.description}
    is_sound = draft.is_valid() if draft.is_bound else True
    beside = notes(form, in_force=compared)
    running = open_clocks_by_version(found) if found is not None else {}
    example = _example(draft, before, now=now) if is_sound else None
    scope = found.scope if found is not None else form["scope"].value()
    sees_inside = found is None or sees_policy_inside(request.user)
    has_margins = sees_inside and is_sound and scope == SlaPolicy.Scope.CLIENT
    left = _margins(draft.promised(), now=now) if has_margins else []
    parts = [part for part in PARTS if any(f"{priority}_{part}" in form.fields for priority in Priority.values)]
    return {
        "policy": found,
        "form": form,
        "x": draft.example_form,
        "notes": beside,
        "margins": left,
        "by_example": any(margin.by_example for margin in left),
        "ladder_note": _ladder_note(draft, before) if is_sound else Note("ladder"),
        "columns": COLUMNS.get(str(scope), COLUMNS[SlaPolicy.Scope.CLIENT]),
        "has_updates": len(parts) == len(PARTS),
        "targets": [
            (
                priority,
                [(form[f"{priority}_{part}"], beside[f"{priority}_{part}"]) for part in parts],
                (form[f"{priority}_calendar"], beside[f"{priority}_calendar"]),
            )
            for priority in Priority.values
        ],
        "new_fields": _beside(form, beside, "name", "slug", "scope", "description"),
        "words": _beside(form, beside, "name", "description"),
        "rules": _beside(form, beside, "reopen", "reopen_within_days", "update_mode"),
        "steps": draft.steps,
        "step_rows": _step_rows(draft.steps) if sees_inside else [],
        "shown_notes": [note for name, note in beside.items() if name not in _unseen(found, request.user)],
        "example": example,
        "example_errors": _errors(draft),
        "try_url": _try_url() if sees_inside else "",
        "draft": json.dumps(_as_api(draft, found), ensure_ascii=False) if sees_inside and is_sound else "",
        "running": sum(running.values()),
        "in_force": draft.in_force,
        "versions": _versions(found, running, now=now) if found is not None else [],
        "may_edit": runs_service(request.user),
        "sees_inside": sees_inside,
        "may_be_default": found is not None and not found.is_default and found.scope == SlaPolicy.Scope.CLIENT,
    }


def _example(draft: Draft, before: Mapping[str, Any] | None, *, now: datetime) -> ExampleFace | None:
    """None while there is nothing to work out; the fields say why."""
    asked = draft.example_form
    if not asked.is_valid():
        return None
    try:
        worked = _worked(draft.promised(), asked, now=now)
        in_force = _worked(before, asked, now=now) if before is not None else None
    except CalendarError as error:
        asked.add_error("priority", said(error))
        return None
    if worked is None:
        return None
    example, zone = worked
    reason = asked.cleaned_data["reason"]
    stops = reason in draft.promised()["pause_on"]
    face = example_face(example, zone=zone, in_force=in_force[0] if in_force else None, waits=str(PAUSE_WORDS[reason]))
    return face if stops else replace(face, remark=_("Waiting for this does not stop the clock."))


def _worked(promised: Mapping[str, Any], asked: PolicyExampleForm, *, now: datetime) -> tuple[Example, ZoneInfo] | None:
    data = asked.cleaned_data
    targets = {one.priority: Target(one.response_s, one.resolution_s, one.calendar.pk) for one in promised["targets"]}
    target = for_all(targets)[data["priority"]]
    version = calendar_in_force(Calendar.objects.get(pk=target.calendar_id), now)
    zone = ZoneInfo(version.timezone)
    moments = asked.moments(zone)
    if moments is None:
        return None
    opened, pauses = moments
    stops = data["reason"] in promised["pause_on"]
    example = worked_example(
        calendar=business_calendar(version.pk),
        opened_at=epoch(opened),
        response_s=target.response_s,
        resolution_s=target.resolution_s,
        pauses=[(epoch(begin), epoch(end)) for begin, end in pauses] if stops else (),
    )
    return example, zone


def _unseen(found: SlaPolicy | None, user: Person) -> frozenset[str]:
    """The fields that do not stand on this person's page."""
    if found is None or not runs_service(user):
        hidden = {"valid_from"}
        if found is not None and not sees_policy_inside(user):
            hidden |= {"escalate_after_s", "name", "description"}
        return frozenset(hidden)
    return frozenset()


def _margins(promised: Mapping[str, Any], *, now: datetime) -> list[Margin]:
    """What the departments' own promises leave of this one, for each priority that it names."""
    olas = {ola.name: terms_of(ola.current_id) for ola in ola_policies() if ola.current_id is not None}
    targets = {one.priority: Target(one.response_s, one.resolution_s, one.calendar.pk) for one in promised["targets"]}
    draft = Terms(0, frozenset(), (), PolicyVersion.Reopen.CONTINUE, targets)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = epoch(today + timedelta(days=-today.weekday() % 7))

    def calendar(calendar_id: int) -> BusinessCalendar:
        return business_calendar(calendar_in_force(Calendar.objects.get(pk=calendar_id), now).pk)

    return margins(draft, olas, calendar=cache(calendar), monday=monday)


def _beside(form: PolicyForm, beside: Mapping[str, Note], *names: str) -> list[tuple[BoundField, Note]]:
    return [(form[name], beside[name]) for name in names if name in form.fields]


def _errors(draft: Draft) -> list[str]:
    """Every error by the label of its field, for the card of the example."""
    found = []
    for form in (draft.form, *draft.steps, draft.example_form):
        for name, errors in form.errors.items():
            label = form[name].label if name in form.fields else ""
            found += [f"{label}: {error}" if label else str(error) for error in errors]
    return found


def _ladder_note(draft: Draft, before: Mapping[str, Any] | None) -> Note:
    if before is None or not draft.is_bound:
        return Note("ladder")
    after = draft.promised()
    if (after["ladder"], after["thresholds"]) == (before["ladder"], before["thresholds"]):
        return Note("ladder")
    was = [f"{level}%" for level in before["thresholds"]]
    return Note("ladder", was=", ".join(was) if before["thresholds"] != after["thresholds"] else _("told otherwise"))


@dataclass(frozen=True, slots=True)
class StepWords:
    level: str
    who: str
    when: str


def _step_rows(forms: Iterable[StepForm]) -> list[tuple[StepForm, StepWords | None]]:
    """Each step as a sentence; None for the empty line at the end and for what is not right yet. One query."""
    steps = [(form, _step(form)) for form in forms]
    usernames = {who.removeprefix(NAMED) for _form, step in steps if step for who in step.to if who.startswith(NAMED)}
    names = {person.username: str(person) for person in User.objects.filter(username__in=usernames)}
    return [
        (form, StepWords(f"{step.level}%", receivers(step.to, names), conditions(step)) if step else None)
        for form, step in steps
    ]


def _step(form: StepForm) -> Step | None:
    if form.is_bound:
        return form.step() if form.is_valid() else None
    shown = form.initial
    if not shown.get("level"):
        return None
    named = [f"{NAMED}{name.strip()}" for name in (shown.get("people") or "").split(",") if name.strip()]
    return Step(shown["level"], (*shown["to"], *named), tuple(shown["priorities"]), shown["any_hour"])


def _as_api(draft: Draft, found: SlaPolicy | None) -> dict[str, Any]:
    """The draft as the REST interface takes a policy."""
    promised = draft.promised()
    return {
        **{name: promised[name] for name in ("pause_on", "thresholds", "reopen", "reopen_within_days", "update_mode")},
        "slug": found.slug if found else "draft",
        "name": found.name if found else _("Draft"),
        "scope": found.scope if found else SlaPolicy.Scope.CLIENT,
        "escalate_after_s": promised["escalate_after_s"],
        "ladder": [step.stored() for step in promised["ladder"]],
        "targets": [
            {
                "priority": target.priority,
                "response_s": target.response_s,
                "resolution_s": target.resolution_s,
                "update_s": target.update_s,
                "calendar": target.calendar.slug,
            }
            for target in promised["targets"]
        ],
    }


def _versions(found: SlaPolicy, running: Mapping[int, int], *, now: datetime) -> Any:
    return versions_of(list(found.versions.all()), now=now, used=running)


def _try_url() -> str:
    """Where a draft is tried on the past; the page stands in a room above."""
    try:
        name = resolve(TRY_URL).url_name
    except Resolver404:
        return ""
    return "" if name == "policy" else TRY_URL


def _number(request: HttpRequest) -> int:
    """The version one asked to start from; 0 for the one in force."""
    asked = request.GET.get("version", "")
    return int(asked) if asked.isdecimal() and len(asked) < 10 else 0

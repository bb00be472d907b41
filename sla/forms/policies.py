"""The policy editor: targets, what stops the clock, the rules, the ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Person, colleagues_to_choose
from sla.forms.calendars import ExampleForm
from sla.forms.fields import Duration, FirstDay, dressed
from sla.ladder import NAMED, Step
from sla.models import PolicyVersion, Priority, SlaPolicy
from sla.operations import TargetInput
from sla.permissions import calendars_visible_to
from sla.words import COLUMNS, LADDER_WORDS, PAUSE_WORDS

PARTS = ("response", "resolution", "update")
MOST_STEPS = 20


class PolicyForm(forms.Form):
    """A priority of which nothing is said takes the target of its neighbour. `version` is the one that was read: what
    somebody published in between is not overwritten."""

    name = forms.CharField(max_length=200, label=_("Name"))
    slug = forms.SlugField(max_length=60, label=_("Short name"), help_text=_("Programs call it by this; it stays."))
    scope = forms.ChoiceField(choices=SlaPolicy.Scope.choices, label=_("What kind of promise"))
    description = forms.CharField(
        required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2}), label=_("What it is for")
    )
    pause_on = forms.MultipleChoiceField(
        required=False,
        choices=list(PAUSE_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        label=_("Stops while waiting for"),
    )
    reopen = forms.ChoiceField(choices=PolicyVersion.Reopen.choices, label=_("When it is reopened"))
    reopen_within_days = forms.IntegerField(
        required=False, min_value=1, max_value=3650, label=_("Reopened within days"), help_text=_("Empty: for ever.")
    )
    update_mode = forms.ChoiceField(choices=PolicyVersion.Update.choices, label=_("The client hears of it"))
    escalate_after_s = Duration(
        required=False,
        longest_s=30 * 86400,
        label=_("Unacknowledged after"),
        help_text=_("Then whoever comes next is told, too. Empty: never."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    valid_from = FirstDay(label=_("From"))

    def __init__(self, *args: Any, policy: SlaPolicy | None, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policy = policy
        calendars = calendars_visible_to(user)
        words = COLUMNS[policy.scope if policy else SlaPolicy.Scope.CLIENT]
        for priority in Priority.values:
            for part, word in zip(PARTS, (*words, _("Update")), strict=True):
                field = Duration(required=False, label=f"{priority} {word}")
                self.fields[f"{priority}_{part}"] = field
            calendar = forms.ModelChoiceField(
                calendars, to_field_name="slug", empty_label=None, label=gettext("%(p)s counted in") % {"p": priority}
            )
            calendar.widget.attrs["class"] = "select--s"
            self.fields[f"{priority}_calendar"] = calendar
        if policy is not None:
            del self.fields["slug"], self.fields["scope"]
            if policy.scope != SlaPolicy.Scope.CLIENT:
                for priority in Priority.values:
                    del self.fields[f"{priority}_update"]
                del self.fields["update_mode"]
        self.fields["reopen_within_days"].widget.attrs["class"] = "input--s"
        dressed(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        named = 0
        for priority in Priority.values:
            response, resolution = (self.cleaned_data.get(f"{priority}_{part}") for part in PARTS[:2])
            if {f"{priority}_response", f"{priority}_resolution"} & self.errors.keys():
                named += 1
                continue
            if response is None and resolution is None:
                if self.cleaned_data.get(f"{priority}_update") is not None:
                    self.add_error(f"{priority}_resolution", gettext("Say both, or leave the line empty."))
                continue
            named += 1
            if response is None or resolution is None:
                missing = "response" if response is None else "resolution"
                self.add_error(f"{priority}_{missing}", gettext("Say both, or leave the line empty."))
            elif response > resolution:
                words = gettext("The response cannot be promised later than the resolution.")
                self.add_error(f"{priority}_response", words)
        if not named:
            self.add_error(None, gettext("A policy needs at least one target."))
        return self.cleaned_data

    def targets(self) -> list[TargetInput]:
        data = self.cleaned_data
        return [
            TargetInput(
                priority,
                data[f"{priority}_response"],
                data[f"{priority}_resolution"],
                data[f"{priority}_calendar"],
                data.get(f"{priority}_update"),
            )
            for priority in Priority.values
            if data[f"{priority}_response"] is not None
        ]

    def promised(self) -> dict[str, Any]:
        """What the operations take, without the ladder."""
        rules = ("pause_on", "reopen", "reopen_within_days", "update_mode", "escalate_after_s")
        found = {name: self.cleaned_data[name] for name in rules if name in self.fields}
        return {**found, "targets": self.targets(), "pause_on": sorted(found["pause_on"])}


def field_of(place: str, targets: Sequence[TargetInput]) -> str:
    """The form's field for a place the operations name: `targets.0.response_s` is `P1_response`."""
    parts = place.split(".")
    if parts[0] == "targets" and len(parts) == 3 and parts[1].isdecimal() and int(parts[1]) < len(targets):
        return f"{targets[int(parts[1])].priority}_{parts[2].removesuffix('_s')}"
    return place


def policy_initial(promised: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a version, as `promised_by` tells it."""
    shown: dict[str, Any] = {
        name: promised[name] for name in ("pause_on", "reopen", "reopen_within_days", "update_mode", "escalate_after_s")
    }
    targets = {target.priority: target for target in promised["targets"]}
    usual = promised["targets"][0].calendar if promised["targets"] else None
    for priority in Priority.values:
        target = targets.get(priority)
        shown[f"{priority}_calendar"] = target.calendar if target else usual
        for part in PARTS:
            shown[f"{priority}_{part}"] = getattr(target, f"{part}_s") if target else None
    return shown


class StepForm(forms.Form):
    """One step of the ladder; without a level it is none, without receivers the usual chain is told."""

    level = forms.IntegerField(required=False, min_value=1, max_value=1000, label=_("Level in per cent of the target"))
    to = forms.MultipleChoiceField(
        required=False, choices=list(LADDER_WORDS.items()), widget=forms.CheckboxSelectMultiple, label=_("Who is told")
    )
    people = forms.CharField(
        required=False, max_length=1000, label=_("and by name"), help_text=_("User names, with commas between them.")
    )
    priorities = forms.MultipleChoiceField(
        required=False,
        choices=Priority.choices,
        widget=forms.CheckboxSelectMultiple,
        label=_("Only"),
        help_text=_("None ticked: every priority."),
    )
    any_hour = forms.BooleanField(
        required=False,
        initial=True,
        label=_("At any hour"),
        help_text=_("Else a message waits until its reader is at work."),
    )

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["level"].widget.attrs["class"] = self.fields["people"].widget.attrs["class"] = "input--s"
        dressed(self)

    def clean_people(self) -> list[str]:
        names = list(dict.fromkeys(name.strip() for name in self.cleaned_data["people"].split(",") if name.strip()))
        known = set(colleagues_to_choose(self.user).filter(username__in=names).values_list("username", flat=True))
        for name in names:
            if name not in known:
                raise forms.ValidationError(gettext("There is no colleague %(name)s.") % {"name": name})
        return names

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if "level" in data and data["level"] is None and (data.get("to") or data.get("people")):
            self.add_error("level", gettext("At how many per cent?"))
        return data

    def step(self) -> Step | None:
        data = self.cleaned_data
        if data.get("level") is None:
            return None
        named = (NAMED + name for name in data["people"])
        return Step(data["level"], (*data["to"], *named), tuple(data["priorities"]), data["any_hour"])


StepFormSet = forms.formset_factory(StepForm, extra=1, max_num=MOST_STEPS, absolute_max=MOST_STEPS, validate_max=True)


def steps_initial(promised: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line for each step, and one for each threshold at which no step stands."""
    ladder: Sequence[Step] = promised["ladder"]
    lone = [Step(level, ()) for level in promised["thresholds"] if level not in {step.level for step in ladder}]
    shown = []
    for step in sorted((*ladder, *lone), key=lambda one: one.level):
        shown.append(
            {
                "level": step.level,
                "to": [who for who in step.to if not who.startswith(NAMED)],
                "people": ", ".join(who.removeprefix(NAMED) for who in step.to if who.startswith(NAMED)),
                "priorities": list(step.priorities),
                "any_hour": step.any_hour,
            }
        )
    return shown


def told_by(steps: Sequence[Step], *, before: Mapping[str, Any]) -> dict[str, Any]:
    """What the operations take: steps with receivers are the ladder, every level is a threshold.

    Who stands on a step, and which steps there are, has no order: what says the same as `before` is the same.
    """
    ordered = sorted(steps, key=lambda step: step.level)
    known = {_meaning(step): step for step in before["ladder"]}
    ladder = tuple(known.get(_meaning(step), step) for step in ordered if step.to)
    if len(ladder) == len(before["ladder"]) and {_meaning(step) for step in ladder} == known.keys():
        ladder = tuple(before["ladder"])
    return {"ladder": ladder, "thresholds": sorted({step.level for step in ordered})}


def _meaning(step: Step) -> tuple[object, ...]:
    return step.level, frozenset(step.to), frozenset(step.priorities), step.any_hour


class PolicyExampleForm(ExampleForm):
    priority = forms.ChoiceField(choices=Priority.choices, label=_("A"))
    reason = forms.ChoiceField(choices=list(PAUSE_WORDS.items()), label=_("waiting for"))

    field_order = ("priority", "opened", "paused_from", "paused_until", "reason")

"""What people type about what a task waits for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.lifecycle import TaskStatus
from projects.models import Dependency, Task
from projects.operations.dependencies import LONGEST_LAG_H
from projects.permissions import tasks_planned_by
from projects.planning.gates import END_GATES
from projects.queries.linking import tasks_to_wait_for
from projects.taskforms import TaskForm

Kind, LagCalendar = Dependency.Kind, Dependency.LagCalendar
KINDS = (
    (Kind.FS, _("FS: starts when that one has ended")),
    (Kind.SS, _("SS: starts when that one has started")),
    (Kind.FF, _("FF: ends when that one has ended")),
    (Kind.SF, _("SF: ends when that one has started")),
)
LAG_CALENDARS = (
    (LagCalendar.SUCCESSOR, _("Working hours of its department")),
    (LagCalendar.ALWAYS, _("Plain hours, nights and weekends included")),
)


class LagForm(TaskForm):
    """How one task waits for another. Who has begun can only be held back from ending."""

    kind = forms.ChoiceField(choices=KINDS, label=_("How does it wait?"))
    lag_h = forms.DecimalField(
        min_value=-LONGEST_LAG_H,
        max_value=LONGEST_LAG_H,
        decimal_places=2,
        initial=0,
        label=_("And then how many hours more?"),
        help_text=_("Below zero: so many hours before."),
        widget=forms.NumberInput(attrs={"step": "0.25", "inputmode": "decimal"}),
    )
    lag_calendar = forms.ChoiceField(choices=LAG_CALENDARS, label=_("Counted in"))

    def prepare(self) -> None:
        if self.task.status != TaskStatus.PLANNED:
            held = [(kind, words) for kind, words in KINDS if kind in END_GATES or kind == self.initial.get("kind")]
            cast(forms.ChoiceField, self.fields["kind"]).choices = held


class DependsOnForm(LagForm):
    """A task to wait for, of whatever request or project one plans: found by its number or words of its name."""

    words = forms.CharField(
        required=False,
        max_length=100,
        label=_("Which task?"),
        help_text=_("Its number, or words of its title, project or client."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
    )
    predecessor = forms.IntegerField(required=False, label=_("Found"), widget=forms.Select(attrs={"size": 6}))
    field_order = ["words", "predecessor", "kind", "lag_h", "lag_calendar"]

    def prepare(self) -> None:
        super().prepare()
        words = self["words"].value() or ""
        self.found = tasks_to_wait_for(self.task, self.user, words)
        self.fields["predecessor"].widget.choices = choices_of(self.found)
        if len(self.found) == 1:
            self.initial.setdefault("predecessor", self.found[0].pk)
        self.fields["words"].widget.attrs |= {
            "hx-get": reverse("task-to-wait-for", args=[self.task.pk]),
            "hx-trigger": "input changed delay:200ms, search",
            "hx-target": "#id_predecessor",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = asked.pop("predecessor", None)
        if chosen is None and len(self.found) == 1:
            chosen = self.found[0].pk
        task = tasks_planned_by(self.user).filter(pk=chosen).first() if chosen is not None else None
        if task is None:
            none = gettext("No task that you plan is called so.")
            self.add_error("predecessor", gettext("Choose one of these.") if self.found else none)
        asked["predecessor"] = task
        return asked

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "words"}


class DependencyForm(LagForm):
    """Another kind or lag of one that stands. `version` is the one that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def arguments(self) -> dict[str, Any]:
        changes = dict(self.cleaned_data)
        return {"expected_version": changes.pop("version"), "changes": changes}

    def read_again(self, dependency: Dependency) -> None:
        """What was typed stays; sent once more, it replaces what stands there now."""
        self.data = {**cast(QueryDict, self.data).dict(), "version": str(dependency.version)}

    def theirs(self, dependency: Dependency) -> list[tuple[str, str]]:
        """(label, value) of what stands differently by now than it was typed here."""
        lag = f"{dependency.lag_h.normalize():f}"
        now = {"kind": dict(KINDS)[Kind(dependency.kind)], "lag_h": lag}
        now["lag_calendar"] = dict(LAG_CALENDARS)[LagCalendar(dependency.lag_calendar)]
        typed = self.cleaned_data
        return [
            (str(self.fields[name].label), str(value))
            for name, value in now.items()
            if _plain(typed[name]) != _plain(getattr(dependency, name))
        ]


def _plain(value: object) -> object:
    return Decimal(value) if isinstance(value, int | Decimal) else str(value)


def choices_of(tasks: list[Task]) -> list[tuple[int, str]]:
    return [(one.pk, f"{one} · {one.department.short} · {one.client}, {one.project}") for one in tasks]

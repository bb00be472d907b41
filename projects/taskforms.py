"""What people type about tasks. Forms say what is wrong with the words; operations decide the rest."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Person
from departments.models import Department
from departments.permissions import departments_to_choose
from departments.queries import members
from kernel.forms import RadioSelect, moment
from projects.lifecycle import BlockReason
from projects.models import Task
from projects.operations.tasks import MOST_HOURS
from projects.permissions import may_override_gate

LONGEST_TEXT = 20_000


def hours(**kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(
        min_value=Decimal(0),
        max_value=MOST_HOURS,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.25", "inputmode": "decimal"}),
        **kwargs,
    )


def text(rows: int, *, longest: int = LONGEST_TEXT, **kwargs: Any) -> forms.CharField:
    return forms.CharField(max_length=longest, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class TaskForm(forms.Form):
    """A form about one task. `arguments` is what its operation takes."""

    def __init__(self, *args: Any, task: Task, user: Person, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task, self.user, self.now = task, user, now
        self.prepare()
        first = next(iter(self.visible_fields()), None)
        if first is not None:
            first.field.widget.attrs["autofocus"] = True

    def prepare(self) -> None:
        """What depends on the task and on who asks."""

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class GateForm(TaskForm):
    """What a task that waits for others needs besides: a reason, from one who may go past them."""

    override = forms.CharField(
        required=False,
        max_length=500,
        label=_("Why all the same?"),
        help_text=_("The history shows it, and who decided."),
    )

    def prepare(self) -> None:
        if self.task.is_ready(self.now) or not may_override_gate(self.user, self.task):
            del self.fields["override"]


class StartForm(GateForm):
    pass


class CompleteForm(GateForm):
    note = text(2, required=False, label=_("A line for who goes on, if it helps"))
    actual_h = hours(required=False, label=_("Hours it took"), help_text=_("For better estimates, never for blame."))
    field_order = ["note", "actual_h", "override"]

    def prepare(self) -> None:
        """FF and SF hold back the end of what runs: who may go past them is asked, too."""
        if not may_override_gate(self.user, self.task) or not self.is_held:
            del self.fields["override"]

    @property
    def is_held(self) -> bool:
        waits_to_start = self.task.status == "planned" and not self.task.is_ready(self.now)
        return waits_to_start or self.task.incoming.filter(kind__in=["FF", "SF"]).exists()


class BlockForm(TaskForm):
    reason = forms.ChoiceField(choices=BlockReason.choices, widget=RadioSelect, label=_("What does it need?"))
    text = forms.CharField(required=False, max_length=500, label=_("In a line, if it helps"))


class HandOverForm(TaskForm):
    department = forms.ModelChoiceField(Department.objects.none(), empty_label=None, label=_("Department"))
    assignee = forms.TypedChoiceField(required=False, label=_("Person"), empty_value=None)
    note = text(3, required=False, label=_("What must they know?"))

    def prepare(self) -> None:
        departments = departments_to_choose(self.user)
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = departments
        self.initial.setdefault("department", self.task.department_id)
        working = members(at=self.now)
        groups = [(str(one), working[one.pk]) for one in departments if one.pk in working]
        offer_people(self, "assignee", groups, nobody=gettext("Whoever takes it"))

    def arguments(self) -> dict[str, Any]:
        department = self.cleaned_data["department"]
        return {**self.cleaned_data, "department": department if department != self.task.department else None}


class AssignForm(TaskForm):
    assignee = forms.TypedChoiceField(required=False, label=_("Person"), empty_value=None)

    def prepare(self) -> None:
        people = list(members(at=self.now).get(self.task.department_id, []))
        if self.task.assignee is not None and self.task.assignee not in people:
            people.append(self.task.assignee)
        self.initial.setdefault("assignee", self.task.assignee_id)
        offer_people(self, "assignee", [(str(self.task.department), people)], nobody=gettext("Nobody yet"))


class ReturnForm(TaskForm):
    to = forms.TypedChoiceField(required=False, widget=RadioSelect, label=_("To whom?"), empty_value=None)
    reason = text(3, longest=500, label=_("What is missing?"), help_text=_("They read this first."))

    def prepare(self) -> None:
        links = self.task.incoming.select_related("predecessor__department").order_by("predecessor")
        before = {link.predecessor_id: link.predecessor for link in links if link.predecessor.status == "done"}
        leader = self.task.project.tam_in_charge
        names = [(str(pk), f"{one.department.short}: {one.title}") for pk, one in before.items()]
        field = self.fields["to"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", str(leader) if leader else gettext("Who leads the project")), *names]
        field.coerce = lambda value: before[int(value)]


class ReopenForm(TaskForm):
    reason = forms.CharField(required=False, max_length=500, label=_("Why was it not done after all?"))


class CancelForm(TaskForm):
    reason = forms.CharField(required=False, max_length=500, label=_("Why is it not needed any more?"))


class NoteForm(TaskForm):
    text = text(3, label=_("How does it go?"))


class EditForm(TaskForm):
    """`version` is the one that was read: a change by somebody else in between is not overwritten unseen."""

    title = forms.CharField(max_length=200, label=_("Title"))
    what = text(4, required=False, label=_("What to do"))
    department = forms.ModelChoiceField(Department.objects.none(), empty_label=None, label=_("Department"))
    optimistic_h = hours(required=False, label=_("Low estimate, hours"))
    estimate_h = hours(label=_("Likely, hours"))
    pessimistic_h = hours(required=False, label=_("High estimate, hours"))
    not_before = moment(required=False, label=_("Not before"))
    deadline = moment(required=False, label=_("Deadline"), help_text=_("Empty: the day that was promised."))
    is_public = forms.BooleanField(required=False, label=_("The client sees it"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def prepare(self) -> None:
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = departments_to_choose(self.user) | Department.objects.filter(pk=self.task.department_id)
        for name in self.fields:
            self.initial.setdefault(name, getattr(self.task, name))

    def arguments(self) -> dict[str, Any]:
        changes = dict(self.cleaned_data)
        return {"expected_version": changes.pop("version"), "changes": changes}

    def theirs(self) -> list[tuple[str, str]]:
        """(label, value) of the fields that stand differently by now than they were typed here."""
        shown = []
        for name, typed in self.cleaned_data.items():
            now = getattr(self.task, name)
            if name != "version" and now != typed:
                shown.append((str(self.fields[name].label), "–" if now in (None, "") else str(now)))
        return shown

    def read_again(self) -> None:
        """What was typed stays; sent once more, it replaces what stands there now."""
        self.data = {**cast(QueryDict, self.data).dict(), "version": str(self.task.version)}


class BulkForm(forms.Form):
    """The same for many tasks: given to somebody of a department, or of any; due another day; or cancelled."""

    ASSIGN, DEADLINE, CANCEL = "assign", "deadline", "cancel"
    what = forms.ChoiceField(
        choices=[(ASSIGN, _("Assign to")), (DEADLINE, _("Due")), (CANCEL, _("Cancel"))],
        label=_("What to do with them"),
        widget=forms.Select(attrs={"data-key": "m"}),
    )
    assignee = forms.TypedChoiceField(required=False, label=_("Person"), empty_value=None)
    deadline = moment(required=False, label=_("Deadline"))

    def __init__(self, *args: Any, people: dict[Department, list[User]] | None = None, now: datetime, **kwargs: Any):
        """`people`: by department, those who can be chosen; everybody where nobody says so."""
        super().__init__(*args, **kwargs)
        if people is None:
            working = members(at=now)
            people = {one: working[one.pk] for one in Department.objects.filter(pk__in=working)}
        groups = [(str(department), some) for department, some in people.items()]
        offer_people(self, "assignee", groups, nobody=gettext("Nobody"))

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if asked.get("what") == self.DEADLINE and not asked.get("deadline"):
            self.add_error("deadline", gettext("Write the day."))
        return asked


def offer_people(form: forms.Form, name: str, groups: list[tuple[str, list[User]]], *, nobody: str) -> None:
    """The choices of a field for a person: nobody, then people by department."""
    people = {person.pk: person for _group, some in groups for person in some}
    field = form.fields[name]
    assert isinstance(field, forms.TypedChoiceField)
    field.choices = [("", nobody), *((group, [(one.pk, str(one)) for one in some]) for group, some in groups)]
    field.coerce = lambda value: people[int(value)]

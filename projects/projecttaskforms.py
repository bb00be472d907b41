"""What the tasks of a project are narrowed to, and a new one among them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Person
from departments.models import Department
from departments.queries import members
from kernel.forms import moment
from projects.lifecycle import ENDED_REQUEST, RequestStatus
from projects.models import ChangeRequest, Project, Task
from projects.permissions import departments_to_give_work, requests_visible_to, tasks_to_wait_for
from projects.queries.projecttasks import Status, Trouble, Wishes, tasks_in
from projects.taskforms import hours, offer_people, text


class TaskFilterForm(forms.Form):
    """From the address; `view` is the list or the board."""

    view = forms.CharField(required=False, widget=forms.HiddenInput)
    status = forms.ChoiceField(choices=[("", _("All open")), *Status.choices], required=False, label=_("State"))
    department = forms.ModelChoiceField(
        Department.objects.none(), to_field_name="slug", required=False, label=_("Department")
    )
    assignee = forms.ModelChoiceField(User.objects.none(), to_field_name="username", required=False, label=_("Person"))
    trouble = forms.ChoiceField(choices=[("", _("Any")), *Trouble.choices], required=False, label=_("Trouble"))
    request = forms.ModelChoiceField(ChangeRequest.objects.none(), required=False, label=_("Request"))

    def __init__(self, *args: Any, project: Project, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tasks = tasks_in(project, user)
        _choose(self, "department", Department.objects.filter(pk__in=tasks.values("department")), empty=_("All"))
        _choose(self, "assignee", User.objects.filter(pk__in=tasks.values("assignee")), empty=_("Everybody"))
        asked = requests_visible_to(user).filter(project=project).exclude(status__in=sorted(ENDED_REQUEST))
        _choose(self, "request", asked, empty=_("All"))

    def wishes(self) -> Wishes:
        return Wishes(**{name: value for name, value in self.cleaned_data.items() if name != "view"})


class TaskChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, task: Task) -> str:
        return f"{task}, {task.department.short}"


class NewTaskForm(forms.Form):
    """What its operation takes."""

    title = forms.CharField(max_length=200, label=_("Title"), widget=forms.TextInput(attrs={"autofocus": True}))
    department = forms.ModelChoiceField(Department.objects.none(), label=_("Department"))
    change_request = forms.ModelChoiceField(
        ChangeRequest.objects.none(), required=False, label=_("Request"), help_text=_("Empty: work without a request.")
    )
    waits_for = TaskChoice(
        Task.objects.none(),
        required=False,
        label=_("Waits for"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("It can start when these are finished."),
    )
    assignee = forms.TypedChoiceField(required=False, label=_("Person"), empty_value=None)
    optimistic_h = hours(required=False, label=_("Low estimate, hours"))
    estimate_h = hours(label=_("Likely, hours"))
    pessimistic_h = hours(required=False, label=_("High estimate, hours"))
    what = text(4, required=False, label=_("What to do"))
    not_before = moment(required=False, label=_("Not before"))
    deadline = moment(required=False, label=_("Deadline"), help_text=_("Empty: the day that was promised."))
    is_public = forms.BooleanField(required=False, label=_("The client sees it"))

    def __init__(self, *args: Any, project: Project, user: Person, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments = list(departments_to_give_work(user, project))
        _choose(self, "department", departments_to_give_work(user, project), empty=_("Choose a department"))
        if len(departments) == 1:
            self.fields["department"].initial = departments[0]
        asked = requests_visible_to(user).filter(project=project)
        asked = asked.exclude(status__in=sorted({*ENDED_REQUEST, RequestStatus.DELIVERED}))
        _choose(self, "change_request", asked, empty=pgettext("of a change request", "None"))
        before = (
            tasks_to_wait_for(user, project).select_related("department").order_by("change_request", "position", "pk")
        )
        _choose(self, "waits_for", before, empty=None)
        if not before:
            del self.fields["waits_for"]
        working = members(at=now)
        groups = [(str(one), working[one.pk]) for one in departments if one.pk in working]
        offer_people(self, "assignee", groups, nobody=gettext("Whoever takes it"))


def _choose(form: forms.Form, name: str, rows: QuerySet[Any], *, empty: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    field.empty_label = empty

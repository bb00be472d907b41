"""What people type about incidents. Forms say what is wrong with the words; operations decide the rest."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from accounts.permissions import Person, clients_named_to
from departments.models import Department
from departments.permissions import departments_to_choose, departments_visible_to
from departments.queries import members
from incidents.filters import MET, MISSED, RUNNING
from incidents.listing import Wishes
from incidents.models import HoldReason, Incident, ReopenReason
from incidents.permissions import sees_internal_notes, sees_internal_side
from incidents.standing import Standing
from kernel.api.times import Malformed, parse_day, parse_instant
from kernel.forms import RadioSelect, moment
from sla.models import Clock, Priority, Vendor
from sla.permissions import vendors_to_choose
from sla.terms import terms_of

LONGEST_TEXT = 20_000
VERDICTS = {MET: _("met"), MISSED: _("missed"), RUNNING: _("not decided yet")}


# --- the list ----------------------------------------------------------------------------------------------------
class InstantField(forms.CharField):
    """An RFC 3339 instant, or a day, which begins at midnight of the installation's zone."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            if len(text) == len("2026-03-02"):
                return datetime.combine(parse_day(text), time(), timezone.get_default_timezone()).astimezone(UTC)
            return parse_instant(text)
        except Malformed as error:
            raise ValidationError(str(error)) from None


class FilterForm(forms.Form):
    """What the list is narrowed to, from the address. The last four come from links, for example of a report."""

    client = forms.ModelChoiceField(Client.objects.none(), to_field_name="slug", required=False, label=_("Client"))
    priority = forms.ChoiceField(choices=[("", _("All")), *Priority.choices], required=False, label=_("Priority"))
    department = forms.ModelChoiceField(
        Department.objects.none(), to_field_name="slug", required=False, label=_("Department")
    )
    state = forms.ChoiceField(choices=[("", _("All")), *Standing.choices], required=False, label=_("Clock"))
    q = forms.CharField(max_length=200, required=False, label=_("Find in this list"))
    clock = forms.ChoiceField(
        choices=[("", ""), *Clock.Kind.choices], required=False, widget=forms.HiddenInput, label=_("Clock")
    )
    verdict = forms.ChoiceField(
        choices=[("", ""), *VERDICTS.items()], required=False, widget=forms.HiddenInput, label=_("Verdict")
    )
    opened_after = InstantField(required=False, label=_("Opened after"))
    opened_before = InstantField(required=False, label=_("Opened before"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "client", clients_named_to(user).order_by("name").only("name", "slug"), empty=_("All"))
        _choices(self, "department", departments_visible_to(user), empty=_("All"))
        if not sees_internal_side(user):
            del self.fields["department"]
            if clients_named_to(user).count() < 2:
                del self.fields["client"]

    def wishes(self) -> Wishes:
        return Wishes(**self.cleaned_data)


# --- a new one ---------------------------------------------------------------------------------------------------
class OpenForm(forms.Form):
    client = forms.ModelChoiceField(Client.objects.none(), label=_("Client"))
    title = forms.CharField(max_length=300, label=_("What is wrong, in one line"))
    priority = forms.ChoiceField(choices=Priority.choices, widget=RadioSelect, label=_("Priority"))
    description = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        label=_("What is known"),
        help_text=_("Since when, who feels it, what was tried."),
    )
    department = forms.ModelChoiceField(
        Department.objects.none(),
        required=False,
        label=_("Department"),
        help_text=_("Empty: the first line looks at it."),
    )
    service = forms.CharField(max_length=100, required=False, label=_("Service"))
    opened_at = moment(
        required=False,
        label=_("It began at"),
        help_text=_("Empty: now. Both clocks count from here."),
    )

    def __init__(self, *args: Any, user: Person, clients: QuerySet[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "client", clients, empty=_("Choose a client"))
        _choices(self, "department", departments_to_choose(user), empty=_("First line"))
        if not sees_internal_side(user):
            del self.fields["department"]
            self.fields["client"].label = _("Company")


# --- one of them -------------------------------------------------------------------------------------------------
class ActionForm(forms.Form):
    """A form on an incident's page. `arguments` is what its operation takes."""

    def __init__(self, *args: Any, incident: Incident, user: Person, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.incident, self.user, self.now = incident, user, now
        self.prepare()
        first = next(iter(self.visible_fields()))
        first.field.widget.attrs["autofocus"] = True

    def prepare(self) -> None:
        """What depends on the incident and on who asks."""

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class HoldForm(ActionForm):
    reason = forms.ChoiceField(choices=HoldReason.choices, widget=RadioSelect, label=_("What does it wait for?"))
    vendor = forms.ModelChoiceField(Vendor.objects.none(), required=False, label=_("Which vendor?"))
    text = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=_("Question, or number of the ticket"),
        help_text=_("The client reads what is asked of the client, and nothing else."),
    )

    def prepare(self) -> None:
        vendors = vendors_to_choose(self.user)
        if vendors.exists():
            _choices(self, "vendor", vendors, empty=_("None named"))
        else:
            del self.fields["vendor"]
        stops = terms_of(self.incident.policy_version_id).pause_on
        names = ", ".join(str(reason.label) for reason in HoldReason if reason.value in stops)
        words = gettext("By this policy the resolution clock stands while: %(reasons)s. Else it goes on.")
        none = gettext("By this policy the resolution clock goes on whatever it waits for.")
        self.fields["reason"].help_text = words % {"reasons": names} if names else none


class ResolveForm(ActionForm):
    resolution = forms.CharField(
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("What restored the service?"),
        help_text=_("The client reads this."),
    )


class ReopenForm(ActionForm):
    reopen_reason = forms.ChoiceField(
        choices=ReopenReason.choices,
        widget=RadioSelect,
        initial=ReopenReason.NOT_FIXED,
        label=_("Why does it come back?"),
        help_text=_("Only what was not fixed counts against quality."),
    )
    reason = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=_("In words"),
    )


class CommentForm(ActionForm):
    """Internal unless said otherwise; what the client's people write is public."""

    text = forms.CharField(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3}), label=_("Note"))
    is_public = forms.BooleanField(required=False, label=_("The client may read it"))

    def prepare(self) -> None:
        if not sees_internal_notes(self.user):
            del self.fields["is_public"]
            self.fields["text"].label = _("Your message")

    def arguments(self) -> dict[str, Any]:
        return {"is_public": True, **self.cleaned_data}


class AssignForm(ActionForm):
    department = forms.ModelChoiceField(Department.objects.none(), empty_label=None, label=_("Department"))
    assignee = forms.TypedChoiceField(required=False, label=_("Person"), empty_value=None)

    def prepare(self) -> None:
        departments = departments_to_choose(self.user)
        _choices(self, "department", departments)
        self.initial.setdefault("department", self.incident.department_id)
        self.initial.setdefault("assignee", self.incident.assignee_id)
        working = members(at=self.now)
        self._people = {person.pk: person for people in working.values() for person in people}
        if self.incident.assignee is not None:
            self._people.setdefault(self.incident.assignee.pk, self.incident.assignee)
        groups = [
            (str(department), [(person.pk, str(person)) for person in working[department.pk]])
            for department in departments
            if department.pk in working
        ]
        field = self.fields["assignee"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", gettext("Nobody yet")), *groups]
        field.coerce = self._person

    def arguments(self) -> dict[str, Any]:
        """Nobody, where the department stays: it is taken from whoever has it."""
        moves = self.cleaned_data["department"].pk != self.incident.department_id
        return {**self.cleaned_data, "release": not moves and self.cleaned_data["assignee"] is None}

    def _person(self, value: str) -> User:
        return self._people[int(value)]


class EditForm(ActionForm):
    """`version` is the one that was read: a change by somebody else in between is not overwritten."""

    title = forms.CharField(max_length=300, label=_("Title"))
    priority = forms.ChoiceField(
        choices=Priority.choices,
        widget=RadioSelect,
        label=_("Priority"),
        help_text=_("A changed priority counts from the opening on: the clocks are set anew."),
    )
    description = forms.CharField(
        required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4}), label=_("What is known")
    )
    category = forms.CharField(max_length=100, required=False, label=_("Category"))
    service = forms.CharField(max_length=100, required=False, label=_("Service"))
    is_major = forms.BooleanField(required=False, label=_("Major incident"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def prepare(self) -> None:
        for name in self.fields:
            self.initial.setdefault(name, getattr(self.incident, name))

    def arguments(self) -> dict[str, Any]:
        changes = dict(self.cleaned_data)
        return {"expected_version": changes.pop("version"), "changes": changes}


def _choices(form: forms.Form, name: str, rows: QuerySet[Any], *, empty: Any = None) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    if empty is not None:
        field.empty_label = empty

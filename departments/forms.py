"""What people type about duty and absences. Forms say what is wrong with the words; operations decide the rest."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import time_zones
from accounts.models import User
from accounts.permissions import Person, colleagues_to_choose, runs_service
from departments.ical.reading import MAX_BYTES
from departments.models import CalendarFeed, Department
from departments.permissions import departments_to_choose, departments_to_plan, people_to_record_absences_of
from kernel.forms import day, moment
from sla.models import Calendar
from sla.permissions import calendars_visible_to

MOST_IN_TURN: Final = 8


def _time(**kwargs: Any) -> forms.TimeField:
    return forms.TimeField(widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}), **kwargs)


def _choices(form: forms.Form, name: str, rows: QuerySet[Any], *, empty: str | None = None) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    if empty is not None:
        field.empty_label = empty


def _people(user: Person) -> QuerySet[User]:
    return colleagues_to_choose(user).order_by("first_name", "last_name", "username")


class ForDepartment(forms.Form):
    """A form about one roster: who runs the service may leave the department out and mean the whole provider."""

    department = forms.ModelChoiceField(Department.objects.none(), required=False, label=_("For"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = runs_service(user)
        self.fields["department"].required = not everything
        _choices(
            self,
            "department",
            departments_to_plan(user),
            empty=gettext("The whole provider") if everything else gettext("Choose a department"),
        )


class ShiftForm(ForDepartment):
    """`version` is the one that was read, where a shift is changed."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("Who"))
    starts_at = moment(label=_("From"))
    ends_at = moment(label=_("To"))
    note = forms.CharField(max_length=200, required=False, label=_("Note"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        _choices(self, "user", _people(user), empty=gettext("Choose a person"))


class RotationForm(ForDepartment):
    every = forms.ChoiceField(
        choices=[("week", _("Every week")), ("day", _("Every day"))], widget=forms.RadioSelect, label=_("Hand over")
    )
    hands_over_at = _time(label=_("At"), help_text=_("Local time of the zone below, summer and winter."))
    ends_at = _time(
        required=False,
        label=_("Each day only until"),
        help_text=_("Empty: until the next hand-over, day and night."),
    )
    first_day = day(label=_("From"))
    until = day(label=_("To"), help_text=_("On this day the last one is relieved."))
    zone = forms.ChoiceField(label=_("Time zone"))
    outside = forms.ModelChoiceField(
        Calendar.objects.none(),
        required=False,
        to_field_name="slug",
        empty_label=_("At all times"),
        label=_("Only while this calendar is closed"),
        help_text=_("For nights, weekends and holidays."),
    )
    note = forms.CharField(max_length=200, required=False, label=_("Note"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        _choices(self, "outside", calendars_visible_to(user).order_by("name"))
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = [(name, name.replace("_", " ")) for name in time_zones()]
        zone.initial = timezone.get_current_timezone_name()
        people = _people(user)
        for number in range(1, MOST_IN_TURN + 1):
            self.fields[f"person_{number}"] = forms.ModelChoiceField(
                people,
                required=number == 1,
                label=gettext("First") if number == 1 else gettext("Then"),
                empty_label=gettext("Choose a person") if number == 1 else gettext("Nobody more"),
            )
        names = [f"person_{number}" for number in range(1, MOST_IN_TURN + 1)]
        self.order_fields(["department", *names, *(name for name in self.fields if name not in names)])

    @property
    def turns(self) -> list[forms.BoundField]:
        return [self[f"person_{number}"] for number in range(1, MOST_IN_TURN + 1)]

    @property
    def others(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if not field.name.startswith("person_")]

    def arguments(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        people = [values.pop(f"person_{number}") for number in range(1, MOST_IN_TURN + 1)]
        values["users"] = [person for person in people if person is not None]
        values["zone"] = ZoneInfo(values["zone"])
        return values


class ImportForm(ForDepartment):
    file = forms.FileField(
        label=_("Calendar file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,text/calendar"}),
        help_text=_("iCalendar (.ics). The same file twice changes nothing the second time."),
    )
    source = forms.CharField(
        max_length=60,
        label=_("Name of the calendar"),
        help_text=_("Always the same for the same calendar: its events are known again by it."),
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("For times in the file that do not say theirs."))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = [(name, name.replace("_", " ")) for name in time_zones()]
        zone.initial = timezone.get_current_timezone_name()

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(gettext("The file is larger than %(limit)d bytes.") % {"limit": MAX_BYTES})
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(gettext("The file is not UTF-8 text.")) from None
        return text

    def arguments(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        return {"text": values.pop("file"), **values, "zone": ZoneInfo(values["zone"])}


class AbsenceForm(forms.Form):
    """Whose it is stays as it was recorded; `version` is the one that was read, where an absence is changed."""

    user = forms.ModelChoiceField(User.objects.none(), label=_("Who is away"), empty_label=None)
    starts_at = moment(label=_("From"))
    ends_at = moment(label=_("Back at"))
    stand_in = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Who stands in"),
        help_text=_("Gets the alerts meanwhile, and the duty."),
    )
    reason = forms.CharField(max_length=100, required=False, label=_("Reason"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, user: Person, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "stand_in", _people(user), empty=gettext("Nobody: whoever is next in line"))
        if is_new:
            _choices(self, "user", people_to_record_absences_of(user))
        else:
            del self.fields["user"]


class FeedForm(forms.Form):
    """What the calendar shows. One address of each; making it again replaces it."""

    what = forms.ChoiceField(label=_("What it shows"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._departments = {one.slug: one for one in departments_to_choose(user)}
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        kinds = CalendarFeed.Kind
        what.choices = [
            (kinds.PERSON.value, kinds.PERSON.label),
            (kinds.PROVIDER.value, gettext("Everybody’s duty")),
            (gettext("One department"), [(f"department:{slug}", str(one)) for slug, one in self._departments.items()]),
        ]

    def arguments(self) -> dict[str, Any]:
        kind, _colon, slug = self.cleaned_data["what"].partition(":")
        return {"kind": kind, "department": self._departments[slug] if slug else None}

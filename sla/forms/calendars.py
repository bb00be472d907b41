"""The calendar editor."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from holidays.registry import COUNTRIES

from accounts.forms import time_zones
from sla._calendar_spec import WEEKDAYS
from sla.businesstime import BusinessCalendar, CalendarError, CalendarSpec
from sla.forms.fields import DayHours, Duration, FirstDay, Moment, SingleDays, dressed, in_zone, said
from sla.models import Calendar
from sla.operations import calendar_spec
from sla.words import WEEKDAYS as DAY_WORDS

_INTERVAL = re.compile(r"hours\.(\w{3})\[(\d+)\]")


class CalendarForm(forms.Form):
    """Hours as a person writes them. `version` is the one that was read: what somebody published in between is not
    overwritten."""

    name = forms.CharField(max_length=200, label=_("Name"))
    slug = forms.SlugField(max_length=60, label=_("Short name"), help_text=_("Programs call it by this; it stays."))
    timezone = forms.ChoiceField(label=_("Time zone"))
    always = forms.BooleanField(required=False, label=_("Around the clock"))
    country = forms.ChoiceField(required=False, label=_("Public holidays of"))
    single_days = SingleDays(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        label=_("Single days"),
        help_text=_(
            "One a line: 2026-12-24 08:00–12:00, or 2026-12-31 closed. They win over weekdays and public holidays."
        ),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    valid_from = FirstDay(label=_("From"))

    def __init__(self, *args: Any, calendar: Calendar | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calendar = calendar
        for day, word in DAY_WORDS.items():
            self.fields[day] = DayHours(label=word)
        zone, country = self.fields["timezone"], self.fields["country"]
        assert isinstance(zone, forms.ChoiceField)
        assert isinstance(country, forms.ChoiceField)
        asked = self.initial.get("timezone", settings.TIME_ZONE)
        zone.choices = [(name, name) for name in sorted({*time_zones(), asked})]
        country.choices = [("", gettext("No country")), *countries()]
        zone.widget.attrs["class"] = "select--s"
        if calendar is not None:
            del self.fields["slug"]
        dressed(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors:
            try:
                CalendarSpec.parse(self.api_fields())
            except CalendarError as error:
                self._place(error)
        return self.cleaned_data

    def api_fields(self) -> dict[str, Any]:
        """What was typed, in the fields of the API."""
        single = self.cleaned_data["single_days"]
        return {
            "timezone": self.cleaned_data["timezone"],
            "hours": {day: self.cleaned_data[day] for day in WEEKDAYS if self.cleaned_data[day]},
            "holidays": sorted(day for day, hours in single.items() if not hours),
            "date_hours": {day: hours for day, hours in single.items() if hours},
            "country": self.cleaned_data["country"] or None,
            "always": self.cleaned_data["always"],
        }

    def compiled(self) -> BusinessCalendar:
        return BusinessCalendar.compile(calendar_spec(self.api_fields()))

    def _place(self, error: CalendarError) -> None:
        """The error beside the day it is about, in the words of the page."""
        found = _INTERVAL.fullmatch(error.field)
        if "other" in error.params and found:
            other = _INTERVAL.fullmatch(str(error.params["other"]))
            words = gettext("This runs into the hours of %(day)s.")
            self.add_error(found[1], words % {"day": DAY_WORDS[other[1]] if other else ""})
            return
        field = error.field.split(".")[0]
        self.add_error(field if field in self.fields else None, said(error))


def calendar_initial(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a stored version, whose API fields these are."""
    return {
        **{day: fields["hours"].get(day, []) for day in WEEKDAYS},
        "timezone": fields["timezone"],
        "always": fields["always"],
        "country": fields["country"] or "",
        "single_days": {**dict.fromkeys(fields["holidays"], ()), **fields["date_hours"]},
    }


class ExampleForm(forms.Form):
    """What is worked out beside an editor. Times are of the zone that they are counted in."""

    prefix = "x"
    opened = Moment(label=_("opened"))
    paused_from = Moment(required=False, label=_("paused from"))
    paused_until = Moment(required=False, label=_("until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dressed(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        begin, end = self.cleaned_data.get("paused_from"), self.cleaned_data.get("paused_until")
        if "paused_from" in self.cleaned_data and "paused_until" in self.cleaned_data:
            if (begin is None) != (end is None):
                self.add_error("paused_until", gettext("A pause has a beginning and an end."))
            elif begin is not None and end is not None and end <= begin:
                self.add_error("paused_until", gettext("The pause ends before it begins."))
        return self.cleaned_data

    def moments(self, zone: ZoneInfo) -> tuple[datetime, list[tuple[datetime, datetime]]] | None:
        """The opening and the pauses as instants. None, with errors beside the fields, where the zone lacks a time."""
        found: dict[str, datetime] = {}
        for name in ("opened", "paused_from", "paused_until"):
            moment = self.cleaned_data.get(name)
            if moment is None:
                continue
            try:
                found[name] = in_zone(moment, zone)
            except ValidationError as error:
                self.add_error(name, error)
        if self.errors:
            return None
        has_pause = "paused_from" in found
        return found["opened"], [(found["paused_from"], found["paused_until"])] if has_pause else []


class CalendarExampleForm(ExampleForm):
    target = Duration(label=_("A promise of"))

    field_order = ("target", "opened", "paused_from", "paused_until")


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """(code, name) of the countries whose public holidays are known."""
    named = {code: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", names[0]) for names in COUNTRIES.values() for code in names[1:2]}
    return tuple(sorted(named.items(), key=lambda one: one[1]))

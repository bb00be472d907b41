"""Fields that take times as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kernel.forms import css_class
from sla._calendar_spec import wall_seconds
from sla.businesstime import CalendarError
from sla.operations import LONGEST_TARGET_S
from sla.spoken import SpokenError, read_duration, read_hours, write_duration, write_hours

INPUT_MOMENT = "%Y-%m-%dT%H:%M"
MOST_SINGLE_DAYS = 5000


class Duration(forms.CharField):
    """`90 min`, `1 h 30`: whole seconds, at least one and at most ten years."""

    def __init__(self, *, longest_s: int = LONGEST_TARGET_S, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)
        self.longest_s = longest_s
        self.widget.attrs.update({"class": "input--s", "autocomplete": "off", "inputmode": "text"})

    def prepare_value(self, value: Any) -> Any:
        return write_duration(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        text = super().clean(self.prepare_value(value))
        if not text:
            return None
        try:
            seconds = read_duration(text)
        except SpokenError as error:
            raise ValidationError(said(error)) from None
        if not 1 <= seconds <= self.longest_s:
            raise ValidationError(
                _("Between one second and %(longest)s.") % {"longest": write_duration(self.longest_s)}
            )
        return seconds


class DayHours(forms.CharField):
    """`08:00–12:00, 12:30–18:00`, or nothing where the day is closed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 600)
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)
        closed = pgettext("of a department", "Closed") if not self.required else ""
        self.widget.attrs.update({"class": "input--s num", "autocomplete": "off", "placeholder": closed})

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) or value is None else write_hours(value)

    def clean(self, value: Any) -> list[list[str]]:
        try:
            return checked_hours(super().clean(self.prepare_value(value)))
        except SpokenError as error:
            raise ValidationError(said(error)) from None


class SingleDays(forms.CharField):
    """Days that are not as their weekday, one a line: `2026-12-24 08:00–12:00`, `2026-12-31 closed`.

    The value is the mapping of ISO dates to their hours; a closed day has none.
    """

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return "\n".join(f"{day} {write_hours(hours) or _('closed')}" for day, hours in sorted(value.items()))

    def clean(self, value: Any) -> dict[str, list[list[str]]]:
        lines = [line.strip() for line in super().clean(self.prepare_value(value)).splitlines() if line.strip()]
        if len(lines) > MOST_SINGLE_DAYS:
            raise ValidationError(_("At most %(n)d days.") % {"n": MOST_SINGLE_DAYS})
        found: dict[str, list[list[str]]] = {}
        for line in lines:
            named, _space, rest = line.partition(" ")
            day = _iso_day(named)
            if day in found:
                raise ValidationError(_("%(day)s stands twice.") % {"day": day})
            try:
                found[day] = checked_hours("" if rest.strip().lower() in {_("closed"), "closed"} else rest)
            except SpokenError as error:
                raise ValidationError(f"{day}: {said(error)}") from None
        return found


class Moment(forms.CharField):
    """A wall clock time, still without a zone: which one, the calendar says that it is counted in."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 30)
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "datetime-local"}))
        super().__init__(**kwargs)
        self.widget.attrs["class"] = "input--s num"

    def prepare_value(self, value: Any) -> Any:
        return value.strftime(INPUT_MOMENT) if isinstance(value, datetime) else value

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(self.prepare_value(value))
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None or not 1971 <= found.year <= 2190:
            raise ValidationError(_("Write a date and a time, for example 2026-11-20 15:10."))
        return found


class FirstDay(forms.DateField):
    """The day from which a version counts: its first second in the installation's zone.

    It stands beside the button that publishes, outside of the form `draft` with which it is sent.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(required=False, **kwargs)
        self.widget.attrs |= {"class": "input--s", "form": "draft"}

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day is None:
            return None
        if not 1971 <= day.year <= 2190:
            raise ValidationError(_("Write a day to come."))
        return datetime.combine(day, time(), timezone.get_default_timezone())


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the wall clock of the zone shows it, the first where it does twice.

    Raises ValidationError where it never does: the hour that is skipped in spring.
    """
    found = moment.replace(tzinfo=zone)
    seen = found.astimezone(timezone.get_default_timezone()).astimezone(zone)
    if seen.replace(tzinfo=None) != moment:
        words = _("In %(zone)s there is no %(time)s on that day: the clocks go forward.")
        raise ValidationError(words % {"zone": zone.key, "time": f"{moment:%H:%M}"})
    return found


def checked_hours(text: str) -> list[list[str]]:
    """The intervals of a day as the API takes them. Raises SpokenError, and ValidationError where two overlap."""
    hours = read_hours(text)
    try:
        placed = sorted(zip(wall_seconds(hours, "day"), hours, strict=True))
    except CalendarError as error:
        raise ValidationError(said(error)) from None
    for ((_start, end), one), ((start, _end), other) in pairwise(placed):
        if start < end:
            words = _("%(one)s and %(other)s overlap.")
            raise ValidationError(words % {"one": write_hours([one]), "other": write_hours([other])})
    return [list(interval) for interval in hours]


def said(error: SpokenError | CalendarError) -> str:
    """What a pure module says, in the language of the page."""
    return _(error.message) % error.params


def dressed(form: forms.BaseForm) -> None:
    """The classes of the design on every input that is drawn by itself."""
    for field in form.fields.values():
        field.widget.attrs["class"] = css_class(field.widget)


def _iso_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValidationError(_("“%(text)s” is not a date: write 2026-12-24 first.") % {"text": text}) from None

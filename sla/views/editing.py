"""What the editors of policies and calendars share: notes beside fields, the day of an example, conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _

from kernel import history
from kernel.errors import DomainError
from sla.forms.fields import INPUT_MOMENT
from sla.spoken import SpokenError, names_days, read_duration, write_duration

NOW, LATER = "now", "later"


@dataclass(frozen=True, slots=True)
class Note:
    """What stands beside a field: what is wrong with it, what is in force instead of it, what it comes to."""

    name: str
    errors: tuple[str, ...] = ()
    was: str = ""
    equals: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody published while this draft was typed."""

    who: str
    at: datetime | None


def notes(form: forms.Form, *, in_force: Mapping[str, Any]) -> dict[str, Note]:
    """By the name of the field; `in_force` holds the values that count now, in the form's own shape."""
    found = {}
    for name in (bound.name for bound in form.visible_fields()):
        bound = form[name]
        errors = tuple(str(error) for error in bound.errors)
        was = equals = ""
        if form.is_bound and name in in_force and not errors and name in form.cleaned_data:
            was = _was(bound, in_force[name], form.cleaned_data[name])
            equals = _comes_to(bound.data)
        found[name] = Note(bound.html_name, errors, was, equals)
    return found


def _was(bound: forms.BoundField, before: Any, after: Any) -> str:
    if before in (None, "", (), []) and after in (None, "", (), []):
        return ""
    same = sorted(before) == sorted(after) if bound.widget_type == "checkboxselectmultiple" else before == after
    if same or _plain(before) == _plain(after):
        return ""
    if isinstance(bound.field, forms.ModelChoiceField):
        return str(before or _("nothing"))
    if isinstance(bound.field, forms.ChoiceField):
        chosen = before if isinstance(before, list) else [before]
        labels = [option.choice_label for option in bound if option.data["value"] in chosen]
        return ", ".join(map(str, labels)) or _("nothing")
    return str(bound.field.prepare_value(before) or _("nothing"))


def _plain(value: Any) -> Any:
    """Lists and tuples alike, numbers as the words of a choice."""
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _comes_to(text: Any) -> str:
    """What was written in days is said in hours, too, so that nobody takes a day for 24 of them."""
    if not isinstance(text, str) or not names_days(text):
        return ""
    try:
        return write_duration(read_duration(text))
    except SpokenError:
        return ""


def example_data(sent: Mapping[str, Any] | None, more: Mapping[str, str], *, now: datetime, zone: ZoneInfo) -> Any:
    """What was sent of the example, else a usual one: a Friday afternoon and a pause on the Monday after, which shows
    the end of a week and of a day. `more` are its other fields."""
    if sent is not None and "x-opened" in sent:
        return sent
    local = now.astimezone(zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    friday = local + timedelta(days=(4 - local.weekday()) % 7)
    monday = friday + timedelta(days=3)
    usual = {
        "opened": friday + timedelta(hours=15, minutes=10),
        "paused_from": monday + timedelta(hours=9),
        "paused_until": monday + timedelta(hours=10),
    }
    return {f"x-{name}": value for name, value in more.items()} | {
        f"x-{name}": moment.strftime(INPUT_MOMENT) for name, moment in usual.items()
    }


def place_error(form: forms.Form, error: DomainError, fields: Mapping[str, str]) -> None:
    """The operation's objection beside the field it is about; `fields` translates its names."""
    named = fields.get(error.field or "", error.field or "")
    form.add_error(named if named in form.fields else None, error.message)


def clash_with(subject: Model) -> Clash:
    """Who changed it last."""
    last = history.of(subject).first()
    return Clash(who=str(last.actor or _("Somebody")) if last else _("Somebody"), at=last.at if last else None)

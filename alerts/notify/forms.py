"""Forms of the preferences page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from alerts.models import Endpoint, Preference
from alerts.preferences import CANNOT_WAIT, Event, Hours, Wishes

Mode = Preference.Mode
SMALL = {"class": "input--s num", "type": "time"}


@dataclass(frozen=True)
class Row:
    """One kind of message with its inputs: mail, then each address."""

    label: str
    mail: forms.BoundField
    places: list[forms.BoundField]


class PreferencesForm(forms.Form):
    """The table of messages and channels, and the hours. Its inputs depend on the person's addresses."""

    quiet_from = forms.TimeField(label=_("Do not disturb from"), required=False, widget=forms.TimeInput(SMALL, "%H:%M"))
    quiet_until = forms.TimeField(label=_("until"), required=False, widget=forms.TimeInput(SMALL, "%H:%M"))
    digest_at = forms.TimeField(label=_("Digest at"), required=False, widget=forms.TimeInput(SMALL, "%H:%M"))
    urgent_wakes = forms.BooleanField(label=_("P1 clocks may wake me"), required=False)

    def __init__(self, data: Any = None, *, wishes: Wishes) -> None:
        super().__init__(data, initial=_initial(wishes))
        self.endpoints = wishes.endpoints
        for event in Event:
            choices = [choice for choice in Mode.choices if choice[0] != Mode.DIGEST or event not in CANNOT_WAIT]
            widget = forms.Select(attrs={"class": "select--s", "aria-label": _label(event, _("mail"))})
            self.fields[_mail(event)] = forms.ChoiceField(choices=choices, widget=widget)
            for endpoint in self.endpoints:
                box = forms.CheckboxInput(attrs={"aria-label": _label(event, endpoint.name)})
                self.fields[_place(event, endpoint)] = forms.BooleanField(required=False, widget=box)

    def rows(self) -> Iterator[Row]:
        for event in Event:
            places = [self[_place(event, endpoint)] for endpoint in self.endpoints]
            yield Row(str(event.label), self[_mail(event)], places)

    @property
    def modes(self) -> dict[tuple[str, int | None], str]:
        """What was chosen, by event and endpoint (None: mail)."""
        chosen: dict[tuple[str, int | None], str] = {}
        for event in Event:
            chosen[event.value, None] = self.cleaned_data[_mail(event)]
            for endpoint in self.endpoints:
                is_on = self.cleaned_data[_place(event, endpoint)]
                chosen[event.value, endpoint.pk] = Mode.AT_ONCE if is_on else Mode.OFF
        return chosen

    @property
    def hours(self) -> Hours:
        names = ("quiet_from", "quiet_until", "digest_at", "urgent_wakes")
        return Hours(**{name: self.cleaned_data[name] for name in names})


class EndpointForm(forms.Form):
    """A new address of a chat or push service."""

    kind = forms.ChoiceField(label=_("Service"), choices=Endpoint.Kind.choices)
    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("What you call it, for example the channel."))
    address = forms.CharField(
        label=_("Address"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("It is a secret: stored encrypted, and not shown again."),
    )


def _initial(wishes: Wishes) -> dict[str, Any]:
    hours = wishes.hours
    found: dict[str, Any] = {
        "quiet_from": hours.quiet_from,
        "quiet_until": hours.quiet_until,
        "digest_at": hours.digest_at,
        "urgent_wakes": hours.urgent_wakes,
    }
    for event in Event:
        found[_mail(event)] = wishes.mail_mode(event)
        for endpoint in wishes.endpoints:
            found[_place(event, endpoint)] = wishes.endpoint_mode(event, endpoint.pk) == Mode.AT_ONCE
    return found


def _mail(event: Event) -> str:
    return f"mail-{event.value}"


def _place(event: Event, endpoint: Endpoint) -> str:
    return f"endpoint-{endpoint.pk}-{event.value}"


def _label(event: Event, place: Any) -> str:
    return f"{event.label}, {place}"

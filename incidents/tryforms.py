"""What rule to try, and on which past: from the address, or from the editor's draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError

from accounts.models import Client
from incidents.api.trying import DraftSerializer, terms_of_draft
from incidents.trying import Rule, clients_to_try_on, last_quarter, midnight
from kernel.api.parsers import loads
from kernel.forms import day
from sla.ladder import Step
from sla.models import Calendar, SlaPolicy
from sla.permissions import calendars_visible_to, policies_visible_to
from sla.terms import Terms, terms_of

LONGEST_DRAFT = 50_000


class TryForm(forms.Form):
    """`draft` is a policy in the words of `sla-policies/`, as the editor sends it; it goes before `policy`."""

    policy = forms.ModelChoiceField(
        SlaPolicy.objects.none(), to_field_name="slug", required=False, empty_label=_("As promised"), label=_("Policy")
    )
    calendar = forms.ModelChoiceField(
        Calendar.objects.none(), to_field_name="slug", required=False, empty_label=_("As promised"), label=_("Calendar")
    )
    ladder = forms.ModelChoiceField(
        SlaPolicy.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("As promised"),
        label=_("Ladder of"),
    )
    client = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="slug", required=False, empty_label=_("All"), label=_("Client")
    )
    since = day(required=False, label=_("Opened from"))
    until = day(required=False, label=_("until before"))
    draft = forms.CharField(required=False, max_length=LONGEST_DRAFT, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: HttpRequest, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.now = request, now
        user = request.user
        policies = policies_visible_to(user).filter(scope=SlaPolicy.Scope.CLIENT).order_by("name")
        _choose(self, "policy", policies)
        _choose(self, "ladder", policies)
        _choose(self, "calendar", calendars_visible_to(user).order_by("name"))
        _choose(self, "client", clients_to_try_on(user).order_by("name"))

    def clean_draft(self) -> dict[str, Any] | None:
        text = self.cleaned_data["draft"]
        if not text:
            return None
        try:
            said = loads(text.encode())
        except (ParseError, UnicodeEncodeError):
            raise forms.ValidationError(gettext("The draft cannot be read.")) from None
        serializer = DraftSerializer(data=said, context={"request": self.request})
        if not serializer.is_valid():
            fields = ", ".join(sorted(map(str, serializer.errors)))
            raise forms.ValidationError(gettext("The draft cannot be tried: %(fields)s.") % {"fields": fields})
        return {**serializer.validated_data, "name": said.get("name", "")}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = self.period()
        if since >= until:
            self.add_error("until", gettext("The period ends before it begins."))
        elif since.year < 1970 or until.year > 2200:
            self.add_error("since", gettext("Choose a period between 1970 and 2200."))
        return found

    def period(self) -> tuple[datetime, datetime]:
        """Of the days that were given; last quarter where none was."""
        since, until = last_quarter(self.now)
        given_since, given_until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        return (
            midnight(given_since) if given_since else since,
            midnight(given_until) if given_until else (until if not given_since else self.now),
        )

    @property
    def names_a_rule(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("policy", "calendar", "ladder", "draft"))

    def rule(self) -> Rule:
        """Of a valid form. Raises Invalid where the draft promises what cannot be."""
        said = self.cleaned_data
        terms: Terms | None = None
        if said["draft"] is not None:
            terms = terms_of_draft(said["draft"])
        elif said["policy"] is not None:
            terms = terms_of(said["policy"].current_id)
        ladder: tuple[Step, ...] | None = None
        if said["ladder"] is not None:
            ladder = terms_of(said["ladder"].current_id).ladder
        return Rule(terms=terms, calendar_id=said["calendar"].pk if said["calendar"] else None, ladder=ladder)


def initial_period(now: datetime) -> dict[str, Any]:
    """Last quarter, as the fields show it."""
    zone = timezone.get_default_timezone()
    since, until = (timezone.localdate(at, zone) for at in last_quarter(now))
    return {"since": since, "until": until}


def _choose(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows

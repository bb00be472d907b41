"""What the desk's lists are narrowed to, from the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Client
from accounts.permissions import Person, clients_named_to
from desk.queries.work import Wishes
from projects.queries.queues import Part, Sort


class WorkForm(forms.Form):
    """A department's queue: whose, of which client, in which order; `part` and `cursor` come from links."""

    client = forms.ModelChoiceField(
        Client.objects.none(), to_field_name="slug", required=False, empty_label=_("All"), label=_("Client")
    )
    sort = forms.ChoiceField(choices=Sort.choices, required=False, label=_("Sort"))
    whose = forms.ChoiceField(choices=[("mine", "")], required=False, widget=forms.HiddenInput)
    part = forms.ChoiceField(choices=Part.choices, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clients = self.fields["client"]
        assert isinstance(clients, forms.ModelChoiceField)
        clients.queryset = clients_named_to(user).filter(archived_at=None).only("name", "slug")

    def wishes(self, *, cursor: str = "") -> Wishes:
        """What cannot be read does not narrow."""
        self.is_valid()
        asked = self.cleaned_data
        return Wishes(
            mine=asked.get("whose") == "mine",
            client=asked.get("client"),
            sort=asked.get("sort") or Sort.DUE,
            part=Part(asked["part"]) if asked.get("part") else None,
            cursor=cursor,
        )

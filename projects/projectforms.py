"""What people type about projects. Forms say what is wrong with the words; operations decide the rest."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, User
from accounts.permissions import Person, clients_led_by, clients_named_to, colleagues_to_choose, runs_service
from kernel.forms import day
from projects.models import Project
from projects.queries.projects import ALL, Wishes
from sla.models import SlaPolicy
from sla.permissions import may_read_policies, policies_visible_to

POSTS = ("architect", "tam", "deputy")
LONGEST_SLUG = 80


class FilterForm(forms.Form):
    """What the list is narrowed to, from the address."""

    client = forms.ModelChoiceField(Client.objects.none(), to_field_name="slug", required=False, label=_("Client"))
    phase = forms.ChoiceField(
        choices=[("", _("All but closed")), *Project.Phase.choices, (ALL, _("All"))], required=False, label=_("Phase")
    )
    mine = forms.BooleanField(required=False, label=_("Mine"))
    q = forms.CharField(max_length=200, required=False, label=_("Find in this list"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "client", clients_named_to(user).order_by("name").only("name", "slug"), empty=_("All"))

    def wishes(self) -> Wishes:
        return Wishes(**self.cleaned_data)


class ProjectForm(forms.Form):
    """What a project says of itself, and who leads it."""

    name = forms.CharField(max_length=200, label=_("Name"))
    goal = forms.CharField(
        max_length=300, required=False, label=_("Goal"), help_text=_("In one line: what the client will have then.")
    )
    phase = forms.ChoiceField(choices=Project.Phase.choices, label=_("Phase"))
    promised_go_live = day(required=False, label=_("Go-live promised"))
    architect = forms.ModelChoiceField(
        User.objects.none(), required=False, label=_("Architect"), help_text=_("Leads it until go-live.")
    )
    tam = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("TAM"),
        help_text=_("Empty: the client’s TAM answers for it."),
    )
    deputy = forms.ModelChoiceField(User.objects.none(), required=False, label=_("Deputy"))
    sla_policy = forms.ModelChoiceField(
        SlaPolicy.objects.none(),
        required=False,
        label=_("SLA policy"),
        help_text=_("Empty: the client’s. Incidents opened from now on count by it."),
    )

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = colleagues_to_choose(user).order_by("last_name", "first_name", "username")
        for post in POSTS:
            _choose(self, post, people, empty=_("Nobody"))
        if not runs_service(user):  # they give rights for good
            del self.fields["architect"], self.fields["tam"]
        if may_read_policies(user):
            _choose(self, "sla_policy", policies_visible_to(user), empty=_("The client’s"))
        else:
            del self.fields["sla_policy"]
        first = next(iter(self.visible_fields()))
        first.field.widget.attrs["autofocus"] = True


class NewProjectForm(ProjectForm):
    client = forms.ModelChoiceField(Client.objects.none(), to_field_name="slug", label=_("Client"))
    slug = forms.SlugField(
        max_length=LONGEST_SLUG,
        required=False,
        label=_("Short name"),
        help_text=_("Stands in addresses and in the API. Empty: made of the name."),
    )
    field_order = ["client", "name", "slug", "goal", "phase", "promised_go_live", *POSTS, "sla_policy"]

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        clients = clients_led_by(user).filter(archived_at=None).order_by("name")
        _choose(self, "client", clients, empty=_("Choose a client"))

    def clean_slug(self) -> str:
        """Made of the name where none is given; another project's is refused."""
        slug: str = self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))[:LONGEST_SLUG].strip("-")
        if not slug:
            raise forms.ValidationError(_("Write a short name in letters and digits."))
        if Project.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("Another project has this short name."))
        return slug


class EditProjectForm(ProjectForm):
    """`version` is the one that was read: a change by somebody else in between is not overwritten unseen."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, project: Project, user: Person, **kwargs: Any) -> None:
        self.project = project
        super().__init__(*args, user=user, **kwargs)
        for post in self.fields.keys() & POSTS:  # who has left may keep the post until somebody takes it
            field = self.fields[post]
            assert isinstance(field, forms.ModelChoiceField)
            assert field.queryset is not None
            field.queryset = field.queryset | User.objects.filter(pk=getattr(project, f"{post}_id"))
        for name in self.fields:
            self.initial.setdefault(name, getattr(project, name))

    def arguments(self) -> dict[str, Any]:
        changes = dict(self.cleaned_data)
        return {"expected_version": changes.pop("version"), "changes": changes}

    def theirs(self) -> list[tuple[str, str]]:
        """(label, value) of the fields that stand differently by now than they were typed here."""
        shown = []
        for name, typed in self.cleaned_data.items():
            now = getattr(self.project, name)
            if name != "version" and now != typed:
                words = self.project.get_phase_display() if name == "phase" else now
                shown.append((str(self.fields[name].label), "–" if now in (None, "") else str(words)))
        return shown

    def read_again(self) -> None:
        """What was typed stays; sent once more, it replaces what stands there now."""
        self.project.refresh_from_db()
        self.data = {**cast(QueryDict, self.data).dict(), "version": str(self.project.version)}


def _choose(form: forms.Form, name: str, rows: QuerySet[Any], *, empty: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    field.empty_label = empty

"""What people type about change requests. Forms say what is wrong with the words; operations decide the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.models import Client, Contact
from accounts.permissions import Person, clients_named_to, contacts_visible_to, is_staff_member
from departments.permissions import departments_to_choose
from kernel.forms import UploadField, day, moment
from projects.lifecycle import RequestStatus
from projects.models import Attachment, ChangeRequest, Project
from projects.permissions import (
    may_lead_request,
    projects_to_ask_in,
    projects_visible_to,
    shares_files_with_client_only,
)
from projects.queries.requests import Wishes

LONGEST_TEXT = 20_000
CONTACT, DEPARTMENT = "contact", "department"


class FilesInput(forms.FileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(UploadField):
    """A list of files, empty where none was chosen."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        single = super().clean
        return [single(one, initial) for one in given]


class ProjectChoice(forms.ModelChoiceField):
    def label_from_instance(self, project: Project) -> str:
        return f"{project.client}: {project}"


class ContactChoice(forms.ModelChoiceField):
    def label_from_instance(self, contact: Contact) -> str:
        return f"{contact.client}: {contact}"


# --- the list ----------------------------------------------------------------------------------------------------
class FilterForm(forms.Form):
    """What the list is narrowed to, from the address."""

    status = forms.ChoiceField(choices=[("", _("All")), *RequestStatus.choices], required=False, label=_("State"))
    client = forms.ModelChoiceField(Client.objects.none(), to_field_name="slug", required=False, label=_("Client"))
    project = forms.ModelChoiceField(Project.objects.none(), to_field_name="slug", required=False, label=_("Project"))
    q = forms.CharField(max_length=200, required=False, label=_("Find in this list"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "client", clients_named_to(user).order_by("name").only("name", "slug"), empty=_("All"))
        projects = projects_visible_to(user).order_by("name").only("name", "slug")
        narrowed = self.data.get("client")
        _choose(self, "project", projects.filter(client__slug=narrowed) if narrowed else projects, empty=_("All"))
        if not is_staff_member(user) and clients_named_to(user).count() < 2:
            del self.fields["client"]

    def wishes(self) -> Wishes:
        return Wishes(**self.cleaned_data)


# --- a new one ---------------------------------------------------------------------------------------------------
class NewRequestForm(forms.Form):
    """`arguments` is what its operation takes. A client's person is the one who asks, and need not say so."""

    project = ProjectChoice(Project.objects.none(), label=_("Project"))
    title = forms.CharField(max_length=200, label=_("What is asked for, in one line"))
    text = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        label=_("In the client’s words"),
        help_text=_("As it was said or written, not reworded."),
    )
    source = forms.ChoiceField(
        choices=[one for one in ChangeRequest.Source.choices if one[0] not in {"api", "portal"}], label=_("It came by")
    )
    requested_by = ContactChoice(
        Contact.objects.none(),
        required=False,
        label=_("Who asks"),
        help_text=_("The client’s person who answers questions and accepts the result."),
    )
    wanted_on = day(required=False, label=_("Wanted by"))
    file = FilesField(required=False, label=_("Attachments"))
    visibility = forms.ChoiceField(
        choices=Attachment.Visibility.choices,
        initial=Attachment.Visibility.CLIENT,
        label=_("Who may see the files"),
    )

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = projects_to_ask_in(user).exclude(phase=Project.Phase.CLOSED).select_related("client")
        _choose(self, "project", projects.order_by("client__name", "name"), empty=_("Choose a project"))
        self._contact = _own_contact(user)
        if not is_staff_member(user):
            for name in ("source", "requested_by", "visibility"):
                del self.fields[name]
            self.fields["text"].label = _("In your words")
            self.fields["text"].help_text = _("What for, how much, until when, what must not happen.")
            return
        contacts = contacts_visible_to(user).filter(client__in=projects.values("client")).select_related("client")
        _choose(self, "requested_by", contacts.order_by("client__name", "name"), empty=_("Nobody named"))

    def arguments(self) -> dict[str, Any]:
        words = dict(self.cleaned_data)
        words["uploads"] = words.pop("file")
        if "source" not in words:
            words |= {"source": ChangeRequest.Source.PORTAL, "visibility": Attachment.Visibility.CLIENT}
            words["requested_by"] = self._contact
        return words


# --- one of them -------------------------------------------------------------------------------------------------
class RequestForm(forms.Form):
    """A form on a request's page. `arguments` is what its operation takes."""

    def __init__(self, *args: Any, request: ChangeRequest, user: Person, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user, self.now = request, user, now
        self.is_client = not is_staff_member(user)
        self.prepare()
        next(iter(self.visible_fields())).field.widget.attrs["autofocus"] = True

    def prepare(self) -> None:
        """What depends on the request and on who asks."""

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class AskForm(RequestForm):
    """To one contact or one department; an error of the operation about either stands at `to`."""

    text = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}), label=_("Question"))
    to = forms.ChoiceField(label=_("To"))
    decides = forms.CharField(
        required=False,
        max_length=200,
        label=_("What it decides"),
        help_text=_("For us: the size of pools and database, for example. The client does not see it."),
    )

    def prepare(self) -> None:
        field = self.fields["to"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = addressees(self.request, self.user)

    def arguments(self) -> dict[str, Any]:
        words = dict(self.cleaned_data)
        kind, _slash, key = words.pop("to").partition("-")
        rows: QuerySet[Any] = Contact.objects.all() if kind == CONTACT else departments_to_choose(self.user)
        return {**words, kind: rows.get(pk=int(key))}


def addressees(request: ChangeRequest, user: Person) -> Sequence[tuple[str | Promise, list[tuple[str, str]]]]:
    """Who can be asked, as options: the one who asked for it first."""
    contacts = sorted(
        Contact.objects.filter(client=request.client_id), key=lambda one: (one.pk != request.requested_by_id, one.name)
    )
    found: list[tuple[str | Promise, list[tuple[str, str]]]] = []
    if contacts:
        found.append((str(request.client), [(f"{CONTACT}-{one.pk}", one.name) for one in contacts]))
    departments = [(f"{DEPARTMENT}-{one.pk}", str(one)) for one in departments_to_choose(user)]
    return [*found, (_now("Departments"), departments)]


class AnswerForm(RequestForm):
    text = forms.CharField(max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 3}), label=_("Answer"))


class PromiseForm(RequestForm):
    """In the reader's zone, as everything on the page."""

    promised_at = moment(
        label=_("Promised for"), help_text=_("What the client is told. Nothing but a person moves it.")
    )

    def prepare(self) -> None:
        self.initial.setdefault("promised_at", self.request.promised_at)


class ChangedPromiseForm(PromiseForm):
    def arguments(self) -> dict[str, Any]:
        return {"changes": dict(self.cleaned_data)}


class DeliverForm(RequestForm):
    note = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("What was done, and how to try it"),
        help_text=_("The client reads this."),
    )


class AcceptForm(RequestForm):
    contact = forms.ModelChoiceField(Contact.objects.none(), required=False, label=_("Who said so"))
    note = forms.CharField(
        required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 2}), label=_("In words")
    )

    def prepare(self) -> None:
        if self.is_client:
            del self.fields["contact"]
            self.fields["note"].label = _("Anything you want to say")
            return
        _choose(self, "contact", Contact.objects.filter(client=self.request.client_id), empty=_("Nobody named"))
        self.initial.setdefault("contact", self.request.requested_by_id)

    def arguments(self) -> dict[str, Any]:
        own = _own_contact(self.user) if self.is_client else None
        return {"contact": own, **self.cleaned_data}


class ReasonForm(RequestForm):
    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 3}), label=_("Why"), help_text=_("The client reads this.")
    )

    def prepare(self) -> None:
        if self.is_client:
            self.fields["reason"].help_text = ""


class MissingForm(ReasonForm):
    def prepare(self) -> None:
        super().prepare()
        self.fields["reason"].label = _("What is missing, or not as it was asked for?")


class EditForm(RequestForm):
    """`version` is the one that was read: a change by somebody else in between is not overwritten."""

    title = forms.CharField(max_length=200, label=_("Title"))
    text = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        label=_("In the client’s words"),
    )
    requested_by = forms.ModelChoiceField(Contact.objects.none(), required=False, label=_("Who asks"))
    wanted_on = day(required=False, label=_("Wanted by"))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def prepare(self) -> None:
        _choose(self, "requested_by", Contact.objects.filter(client=self.request.client_id), empty=_("Nobody named"))
        for name in self.fields:
            self.initial.setdefault(name, getattr(self.request, name))

    def arguments(self) -> dict[str, Any]:
        changes = dict(self.cleaned_data)
        return {"expected_version": changes.pop("version"), "changes": changes}


class AttachForm(RequestForm):
    """What the client's people add is for everybody; others say for whom."""

    file = UploadField(label=_("File"))
    visibility = forms.ChoiceField(
        choices=Attachment.Visibility.choices, initial=Attachment.Visibility.DEPARTMENTS, label=_("Who may see it")
    )

    def prepare(self) -> None:
        if shares_files_with_client_only(self.user):
            del self.fields["visibility"]
            return
        if not may_lead_request(self.user, self.request):
            field = self.fields["visibility"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [one for one in Attachment.Visibility.choices if one[0] != Attachment.Visibility.CLIENT]

    def arguments(self) -> dict[str, Any]:
        words = dict(self.cleaned_data)
        return {"upload": words.pop("file"), "visibility": words.get("visibility", Attachment.Visibility.CLIENT)}


def _choose(form: forms.Form, name: str, rows: QuerySet[Any], *, empty: Any = None) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    if empty is not None:
        field.empty_label = empty


def _own_contact(user: Person) -> Contact | None:
    return getattr(user, "contact", None)

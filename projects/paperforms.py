"""What people type about documents, handovers and deputies. Forms say what is wrong with the words; operations decide
the rest."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import Person, colleagues_to_choose
from kernel.admin import AnyModelForm
from kernel.forms import UploadField, day
from projects.models import Document, Handover
from projects.operations import Content

REGISTER = ("title", "kind", "service", "owner", "review_every_days", "visibility")
CONTENT = ("text", "link", "file", "note")


def _choose_people(form: forms.BaseForm, name: str, user: Person, *, empty: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = colleagues_to_choose(user).order_by("last_name", "first_name", "username")
    field.empty_label = empty


class VersionForm(forms.Form):
    """One of a text, a link and a file; `read` is the number of the newest version that was read."""

    text = forms.CharField(
        required=False,
        max_length=200_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 16}),
        label=_("Text"),
        help_text=_("Markdown: headings, lists, tables, links."),
    )
    link = forms.URLField(required=False, max_length=500, assume_scheme="https", label=_("Or a link"))
    file = UploadField(required=False, label=_("Or a file"))
    note = forms.CharField(required=False, max_length=300, label=_("What is new"))
    read = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def content(self) -> Content:
        words = self.cleaned_data
        upload = words["file"] if isinstance(words["file"], UploadedFile) else None
        text = words["text"].replace("\r\n", "\n")
        if (upload or words["link"]) and text == self.initial.get("text"):
            text = ""  # it stood there from the version before, nobody typed it
        return Content(upload=upload, text=text, link=words["link"], note=words["note"])


class DocumentForm(AnyModelForm):
    """A line of the register."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Document
        fields = REGISTER
        help_texts = {
            "kind": _("As tasks name it, for example Network diagram: a task that touches it makes it suspect."),
            "service": _("As incidents name it: one that is resolved makes it suspect."),
        }

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_people(self, "owner", user, empty=_("The project’s TAM"))

    def words(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in REGISTER}

    def read_again(self, document: Document) -> list[tuple[str, str]]:
        """What was typed stays; sent once more, it replaces what stands in `document` by now: (label, value) of what
        differs."""
        self.data = {**cast(QueryDict, self.data).dict(), "version": str(document.version)}
        stands = [(name, getattr(document, name)) for name in REGISTER]
        return [
            (str(self.fields[name].label), "–" if value in (None, "") else str(value))
            for name, value in stands
            if value != self.cleaned_data[name]
        ]


class BeginHandoverForm(forms.Form):
    """To the project's TAM at go-live, or to another TAM."""

    kind = forms.ChoiceField(choices=Handover.Kind.choices, label=_("What for"))
    receiver = forms.ModelChoiceField(
        User.objects.none(),
        required=False,
        label=_("Who takes over"),
        help_text=_("At go-live it is the project’s TAM."),
    )
    planned_on = day(required=False, label=_("Planned for"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_people(self, "receiver", user, empty=_("The project’s TAM"))


class BriefForm(forms.Form):
    brief = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 18}), label=_("Brief")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class LineForm(forms.Form):
    text = forms.CharField(max_length=200, label=_("What else has to be in order?"))


class TakeOverForm(forms.Form):
    reason = forms.CharField(
        max_length=500, widget=forms.Textarea(attrs={"rows": 3}), label=_("Why is there no handover?")
    )


class ReturnForm(forms.Form):
    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 3}), label=_("What is missing?"))


class DeputyForm(forms.Form):
    """Somebody stands in from the beginning of a day to the end of another."""

    deputy = forms.ModelChoiceField(User.objects.none(), label=_("Who stands in"))
    first_day = day(label=_("From"))
    last_day = day(label=_("Until the end of"))

    def __init__(self, *args: Any, user: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_people(self, "deputy", user, empty=_("Choose"))

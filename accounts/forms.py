"""Forms of signing in and of the own profile."""

from __future__ import annotations

from typing import Final
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

LINKS_AND_AREAS: Final = frozenset({"Etc", "SystemV", "US", "posix", "right"})


def time_zones() -> list[str]:
    """The zones a person would look for: Europe/Vienna, not its aliases and offsets."""
    names = (name for name in available_timezones() if "/" in name and name.partition("/")[0] not in LINKS_AND_AREAS)
    return sorted([*names, "UTC"])


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("Name or password is not right. Write both again; capital letters count in the password."),
        "inactive": _("This account is closed. Ask an administrator."),
    }

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a request and a form's data
        self.fields["username"].label = _("Name")
        for field in self.fields.values():
            field.widget.attrs["class"] = "input--l"


class ProfileForm(forms.Form):
    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    language = forms.ChoiceField(label=_("Language"), required=False, help_text=_("Of the pages, and of mails to you."))
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, help_text=_("In which all times are shown to you.")
    )
    has_keys = forms.BooleanField(label=_("Single-letter keys (J, K, G then T …) on this device"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's own arguments
        language, zone = self.fields["language"], self.fields["time_zone"]
        assert isinstance(language, forms.ChoiceField)
        assert isinstance(zone, forms.ChoiceField)
        language.choices = [("", _("As the browser asks")), *settings.LANGUAGES]
        zone.choices = [("", _("As the installation: %(zone)s") % {"zone": settings.TIME_ZONE})] + [
            (name, name.replace("_", " ")) for name in time_zones()
        ]


class PasswordForm(PasswordChangeForm):
    field_order = ["old_password", "new_password1", "new_password2"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a user and a form's data
        self.fields["old_password"].label = _("Password now")
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password once more")
        self.fields["new_password2"].help_text = ""

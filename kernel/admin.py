"""The administrators' catalogue pages write through the operations, like everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from kernel.errors import DomainError

# Django's classes take a type argument for the checker only.
if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
    AnyModelForm = ModelForm[Any]
else:
    ModelAdmin, TabularInline, AnyModelForm = admin.ModelAdmin, admin.TabularInline, ModelForm


class ThroughOperations(ModelAdmin):
    """Subclasses say which operation creates a row and which changes it. Nothing is deleted here."""

    def create(self, fields: dict[str, Any], **stamp: Any) -> models.Model:
        raise NotImplementedError

    def change(self, row: Any, changes: dict[str, Any], **stamp: Any) -> None:
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: AnyModelForm, change: bool) -> None:
        stamp = {"actor": request.user, "at": timezone.now()}
        if change:
            fields = {name: form.cleaned_data[name] for name in form.changed_data}
            self.change(obj, fields, **stamp)
        else:
            obj.pk = self.create(dict(form.cleaned_data), **stamp).pk

    def save_related(self, *_args: Any, **_kwargs: Any) -> None:
        """The operation did it all."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


class ReadOnly(ModelAdmin):
    """Rows that operations keep: to look at, not to touch."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

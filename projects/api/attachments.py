"""REST: files beside a change request."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from accounts.permissions import is_staff_member
from kernel import files
from kernel.api.fields import StrictChoice
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer, StrictSerializer
from kernel.api.views import Creates, Deletes
from projects import operations
from projects.models import Attachment, ChangeRequest
from projects.permissions import (
    attachments_visible_to,
    may_attach,
    may_remove_attachment,
    requests_visible_to,
    shares_files_with_client_only,
    works_with_requests,
)


class AttachmentSerializer(StrictModelSerializer):
    name = serializers.CharField(source="stored.name", read_only=True)
    content_type = serializers.CharField(source="stored.content_type", read_only=True)
    size = serializers.IntegerField(source="stored.size", read_only=True)
    sha256 = serializers.CharField(source="stored.sha256", read_only=True)
    uploaded_by = serializers.CharField(source="uploaded_by.username", read_only=True, default=None)

    class Meta:
        model = Attachment
        fields = ["id", "name", "content_type", "size", "sha256", "visibility", "uploaded_by", "at"]
        read_only_fields = ["visibility", "at"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        """Who of the provider it was is none of the client's business."""
        return () if is_staff_member(user) else ("uploaded_by", "visibility")


class UploadInput(StrictSerializer):
    """A form (`multipart/form-data`). What the client's people add is for both sides: they choose no visibility."""

    file = serializers.FileField(help_text="Looked into: what is not of the kind its name says is refused.")
    visibility = StrictChoice(choices=Attachment.Visibility.choices, required=False)

    def hidden_fields(self, user: Any) -> Collection[str]:
        return ("visibility",) if shares_files_with_client_only(user) else ()


class AttachmentViewSet(Deletes, Creates):
    """Files beside a change request, as far as the caller may see them; what was stored never changes."""

    serializer_class = AttachmentSerializer
    input_serializer_class = UploadInput
    parser_classes = [MultiPartParser]
    ordering_fields = ["id"]
    ordering = ["id"]
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "content": signed_in,
        "create": works_with_requests,
        "destroy": may_remove_attachment,
    }

    def largest_body(self) -> int:
        return int(settings.MAX_UPLOAD_MB) * files.MEGABYTE + super().largest_body()

    def reverse_action(self, url_name: str, *args: Any, **kwargs: Any) -> str:
        """The address names the request, too."""
        [pk] = kwargs.pop("args", [None])
        return str(
            super().reverse_action(url_name, *args, kwargs={"change_request": self.beside.pk, "pk": pk}, **kwargs)
        )

    def version_of(self, obj: Attachment) -> int:
        return 1

    @cached_property
    def beside(self) -> ChangeRequest:
        found = (
            requests_visible_to(self.actor).select_related("project").filter(pk=self.kwargs["change_request"]).first()
        )
        if found is None:
            raise NotFound
        return found

    def scope(self, user: Any) -> QuerySet[Attachment]:
        rows = attachments_visible_to(user).filter(request=self.beside)
        return rows.select_related("stored", "uploaded_by", "request__project")

    def perform_create(self, data: dict[str, Any]) -> Attachment:
        if not may_attach(self.actor, self.beside):
            raise PermissionDenied
        is_clients = shares_files_with_client_only(self.actor)
        usual = Attachment.Visibility.CLIENT if is_clients else Attachment.Visibility.DEPARTMENTS
        return operations.attach(
            request=self.beside,
            upload=data["file"],
            visibility=data.get("visibility", usual),
            actor=self.actor,
            at=self.now,
        )

    def perform_destroy(self, attachment: Attachment, *, expected_version: int | None) -> None:
        operations.remove_attachment(attachment=attachment, actor=self.actor, at=self.now)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def content(self, request: Request, *args: Any, **kwargs: Any) -> FileResponse:
        """The file itself, as a download."""
        return files.serve(self.get_object().stored)

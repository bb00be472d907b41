"""REST: the papers of projects."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import colleagues_to_choose
from kernel import files
from kernel.api.fields import LongText, ScopedSlugRelatedField, StrictInteger, Text
from kernel.api.parsers import StrictJSONParser
from kernel.api.permissions import signed_in
from kernel.api.serializers import Nothing, StrictModelSerializer, StrictSerializer
from kernel.api.views import Creates, ResourceViewSet, Updates, verb
from projects import operations
from projects.filters import DocumentFilter
from projects.models import Document, DocumentVersion
from projects.operations import Content
from projects.permissions import (
    documents_visible_to,
    may_keep_document,
    may_keep_documents,
    may_register_document,
    projects_planned_by,
)

FILE = ("name", "content_type", "size", "sha256")


class DocumentSerializer(StrictModelSerializer):
    client = ScopedSlugRelatedField()
    project = ScopedSlugRelatedField(scope=projects_planned_by)
    owner = ScopedSlugRelatedField("username", scope=colleagues_to_choose, required=False, allow_null=True)
    verified_by = ScopedSlugRelatedField("username")
    review_every_days = StrictInteger(min_value=1, max_value=1830, required=False)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            *("id", "client", "project", "title", "kind", "service", "owner", "review_every_days", "visibility"),
            *("state", "verified_at", "verified_by", "due_at", "suspect_at", "suspect_by_task", "suspect_reason"),
            "version",
        ]
        read_only_fields = ["verified_at", "due_at", "suspect_at", "suspect_by_task", "suspect_reason"]
        create_only = ["project"]

    def hidden_fields(self, user: Any) -> Collection[str]:
        """What made it suspect is said in internal words."""
        seen = may_keep_documents(user)
        return () if seen else ("owner", "verified_by", "suspect_by_task", "suspect_reason")

    @extend_schema_field(serializers.ChoiceField(choices=Document.State.choices))
    def get_state(self, document: Document) -> str:
        return document.state(self.context["view"].now)


class DocumentVersionSerializer(StrictModelSerializer):
    created_by = ScopedSlugRelatedField("username")
    file = serializers.SerializerMethodField()

    class Meta:
        model = DocumentVersion
        fields = ["number", "text", "link", "file", "note", "created_by", "created_at"]
        read_only_fields = fields

    @extend_schema_field({"type": "object", "nullable": True, "properties": {name: {} for name in FILE}})
    def get_file(self, version: DocumentVersion) -> dict[str, Any] | None:
        stored = version.stored
        return {name: getattr(stored, name) for name in FILE} if stored is not None else None


class DocumentVersionInput(StrictSerializer):
    """`read`: the number of the newest version one has read; 412 where there is a newer one."""

    text = LongText(required=False, max_length=200_000, trim_whitespace=False)
    link = Text(required=False, max_length=500)
    note = Text(required=False, max_length=300)
    read = StrictInteger(required=False, min_value=0)


class DocumentFileInput(StrictSerializer):
    """A form (`multipart/form-data`): the version is a file."""

    file = serializers.FileField(help_text="Looked into: what is not of the kind its name says is refused.")
    note = Text(required=False, max_length=300)
    read = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class DocumentViewSet(Creates, Updates, ResourceViewSet):
    """The register: what describes a project, who answers for it, and whether it can be believed.

    `state` is `stale` when the interval has passed since somebody verified it, `suspect` when something it describes
    has changed since: a task that touches its `kind` has ended, or an incident of its `service` was resolved.
    """

    serializer_class = DocumentSerializer
    filterset_class = DocumentFilter
    search_fields = ["title", "kind"]
    ordering_fields = ["title", "due_at", "id"]
    ordering = ["id"]
    # The state moves with the time.
    answers_not_modified = False
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": may_keep_documents,
        "update": (may_keep_documents, may_register_document),
        "partial_update": (may_keep_documents, may_register_document),
        "versions": signed_in,
        "content": signed_in,
        "write_version": (may_keep_documents, may_keep_document),
        "verify": (may_keep_documents, may_keep_document),
    }

    def scope(self, user: Any) -> QuerySet[Document]:
        return documents_visible_to(user).select_related("client", "project__client", "owner", "verified_by")

    def perform_create(self, data: dict[str, Any]) -> Document:
        return operations.create_document(actor=self.actor, at=self.now, **data)

    def perform_update(self, document: Document, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.update_document(
            document=document, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    @verb(Nothing)
    def verify(self, document: Document, _data: dict[str, Any]) -> None:
        """Somebody who must know has looked: it is still true."""
        operations.verify_document(document=document, actor=self.actor, at=self.now)

    @action(
        detail=True,
        serializer_class=DocumentVersionSerializer,
        parser_classes=[StrictJSONParser, MultiPartParser],
        filter_backends=[],
        filterset_class=None,
        search_fields=(),
        ordering_fields=(),
    )
    @extend_schema(responses=DocumentVersionSerializer(many=True))
    def versions(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What it says and said, the newest first."""
        rows = self.get_object().versions.select_related("created_by", "stored").order_by("-number", "-id")
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        request={"application/json": DocumentVersionInput, "multipart/form-data": DocumentFileInput},
        responses={201: DocumentVersionSerializer},
    )
    @versions.mapping.post
    def write_version(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Write the next version: Markdown or a link as JSON, a file as a form."""
        document = self.get_object()
        is_form = request.content_type.partition(";")[0].strip().lower() == MultiPartParser.media_type
        data = self.read_input(DocumentFileInput if is_form else DocumentVersionInput)
        read = data.pop("read", None)
        content = Content(upload=data.pop("file", None), **data)
        version = operations.add_version(document=document, content=content, read=read, actor=self.actor, at=self.now)
        return Response(self.get_serializer(version).data, status=201)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, url_path="versions/(?P<number>[0-9]{1,9})/content")
    def content(self, request: Request, *args: Any, number: str, **kwargs: Any) -> FileResponse:
        """The file of a version, as a download."""
        version = self.get_object().versions.select_related("stored").filter(number=number).first()
        if version is None or version.stored is None:
            raise NotFound
        return files.serve(version.stored)

    def largest_body(self) -> int:
        usual = super().largest_body()
        return int(settings.MAX_UPLOAD_MB) * files.MEGABYTE + usual if self.action == "write_version" else usual

    def allowed_parameters(self) -> set[str]:
        pages = {"page_size", "cursor"} if self.action == "versions" else set()
        return super().allowed_parameters() | pages

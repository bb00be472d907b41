"""The base of every view of the API. Rooms say who may do what, what is seen, and which operation a write calls."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial, wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from kernel import retrying
from kernel.api import filters, idempotency, preconditions
from kernel.api.permissions import ByTable, Predicate, Table
from kernel.api.problems import LengthRequired, TooLarge
from kernel.api.serializers import Nothing

Input = type[serializers.Serializer]


class Api(APIView):
    """What all views share: gates, strict parameters, one instant, and input by a strict serializer.

    A view that is no resource (a report, an upsert by reference) stands on this directly; its table is keyed by method.
    """

    permission_classes = [ByTable]
    permissions: Table = {}
    field_permissions: Mapping[str, Predicate] = {}
    # Actions that only compute, although they are POST: a token that may only read may call them.
    actions_that_store_nothing: frozenset[str] = frozenset()
    # Query parameters that the view reads itself, with what they mean.
    extra_parameters: Mapping[str, str] = {}
    input_serializer_class: Input | None = None

    @cached_property
    def now(self) -> datetime:
        """The instant of this request, in whole seconds; everything one request writes carries the same."""
        return timezone.now().replace(microsecond=0)

    @cached_property
    def remembered(self) -> dict[Any, Any]:
        """What names of this request stand for, see `fields.Remembered`."""
        return {}

    @property
    def actor(self) -> Any:
        return self.request.user

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's own, but for the Idempotency-Key and further tries between the gates and the handler."""
        self.args, self.kwargs = args, kwargs
        self.request = wrapped = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(wrapped, *args, **kwargs)
            name = str(request.method).lower()
            handler = getattr(self, name, None) if name in self.http_method_names else None
            call = partial(handler or self.http_method_not_allowed, wrapped, *args, **kwargs)
            keyed = idempotency.applies_to(wrapped)
            response: HttpResponseBase = idempotency.once(self, wrapped, call) if keyed else retrying.run(call)
        except Exception as error:  # noqa: BLE001  # problems.exception_handler answers all of them
            response = self.handle_exception(error)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)  # type: ignore[arg-type]
        return self.response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        filters.refuse_secrets(request)
        super().initial(request, *args, **kwargs)
        filters.refuse_unknown(request, self.allowed_parameters(), repeatable=self.repeatable_parameters())
        _refuse_large(request, limit=self.largest_body())

    def largest_body(self) -> int:
        """In bytes; a view that takes files allows more."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def allowed_parameters(self) -> set[str]:
        return set(self.extra_parameters)

    def repeatable_parameters(self) -> set[str]:
        return set()

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are stands in Allow; fields are told by the schema alone."""
        return Response(status=status.HTTP_204_NO_CONTENT)

    def read_input(self, serializer_class: Input | None = None, **kwargs: Any) -> dict[str, Any]:
        """The validated body, or 400 naming each field that is wrong. `kwargs` go to the serializer.

        With `data`, that instead of the body: one item of a bulk call.
        """
        chosen = serializer_class or self.input_serializer_class or Nothing
        kwargs.setdefault("data", self.request.data)
        serializer = chosen(context={"request": self.request, "view": self}, **kwargs)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class ResourceViewSet(Api, GenericViewSet):
    """List and read a resource. Add `Creates`, `Updates`, `Deletes` before it, and verbs, for what else it can do.

    Subclasses define `scope(user)`, `permissions`, `serializer_class`, and `perform_*` hooks, which call operations.
    """

    lookup_value_regex = "[0-9]+"
    filterset_class: Any = None
    filterset_fields: Sequence[str] = ()
    search_fields: Sequence[str] = ()
    ordering_fields: Sequence[str] | Mapping[str, str] = ()
    ordering: Sequence[str] = ()
    # Off where the answer moves with the time (a running clock), though the row stays at its version.
    answers_not_modified = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.lookup_field not in {"pk", "id"} and "lookup_value_regex" not in cls.__dict__:
            cls.lookup_value_regex = "[^/]+"

    def scope(self, user: Any) -> QuerySet[Any]:
        """Everything of this resource that the person may see, with the joins the serializer needs."""
        raise NotImplementedError

    def version_of(self, obj: Any) -> int:
        return int(obj.version)

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):  # the schema asks for the model, not for rows
            model = self.get_serializer_class().Meta.model  # type: ignore[attr-defined]
            return QuerySet(model=model).none()
        return self.scope(self.request.user)

    def get_object(self, **lookup: Any) -> Any:
        """The object named in the address, or by `lookup`, past the second gate. Hidden and missing look the same."""
        in_address = {self.lookup_field: self.kwargs.get(self.lookup_url_kwarg or self.lookup_field)}
        found = self._find(**(lookup or in_address))
        if found is None:
            raise NotFound
        self.check_object_permissions(self.request, found)
        return found

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        obj = self.get_object()
        version = self.version_of(obj)
        headers = {"ETag": preconditions.etag(version)}
        if self.answers_not_modified and preconditions.is_known(request, version):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        return Response(self.get_serializer(obj).data, headers=headers)

    def answer(self, obj: Any, *, status: int = 200) -> Response:
        """The object as it now stands, read anew within the person's scope; 204 if it has just left that scope."""
        found = self._find(pk=obj.pk)
        if found is None:
            return Response(status=204 if status == 200 else status)
        headers = {"ETag": preconditions.etag(self.version_of(found))}
        if status == 201:
            headers["Location"] = self.reverse_action("detail", args=[getattr(found, self.lookup_field)])
        return Response(self.get_serializer(found).data, status=status, headers=headers)

    def allowed_parameters(self) -> set[str]:
        allowed = super().allowed_parameters()
        if self.action == "list":
            allowed |= {"page_size", "cursor"}
            backends: Sequence[Any] = self.filter_backends
            for backend in backends:
                allowed |= backend().parameters(self)
        return allowed

    def repeatable_parameters(self) -> set[str]:
        return filters.StrictFilterBackend().repeatable(self) if self.action == "list" else set()

    def read_input(self, serializer_class: Input | None = None, **kwargs: Any) -> dict[str, Any]:
        default = None if self.input_serializer_class else self.get_serializer_class()
        return super().read_input(serializer_class or default, **kwargs)  # type: ignore[arg-type]

    def _find(self, **lookup: Any) -> Any:
        try:
            return self.get_queryset().get(**lookup)
        except (ObjectDoesNotExist, ValueError, TypeError, DjangoValidationError):
            return None


class Creates(ResourceViewSet):
    """POST to the list."""

    def perform_create(self, data: dict[str, Any]) -> Any:
        """Call the operation; return the new object."""
        raise NotImplementedError

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.perform_create(self.read_input()), status=201)


class Updates(ResourceViewSet):
    """PUT and PATCH, with If-Match. What a PATCH does not name stays; an empty one changes nothing."""

    def perform_update(self, obj: Any, data: dict[str, Any], *, expected_version: int | None) -> None:
        """Call the operation, which checks `expected_version` again under its lock (`kernel.versions.check`)."""
        raise NotImplementedError

    def update(self, request: Request, *args: Any, partial: bool = False, **kwargs: Any) -> Response:
        obj = self.get_object()
        expected = preconditions.expected_version(request, self.version_of(obj))
        data = self.read_input(instance=obj, partial=partial)
        if data:
            self.perform_update(obj, data, expected_version=expected)
        return self.answer(obj)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, partial=True, **kwargs)


class Deletes(ResourceViewSet):
    """DELETE, with If-Match."""

    def perform_destroy(self, obj: Any, *, expected_version: int | None) -> None:
        """Call the operation, which checks `expected_version` again under its lock."""
        raise NotImplementedError

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        obj = self.get_object()
        expected = preconditions.expected_version(request, self.version_of(obj))
        self.perform_destroy(obj, expected_version=expected)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _refuse_large(request: Request, *, limit: int) -> None:
    """Before anything is read. Without a length Django would read an empty body, and a verb would act on no input."""
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and "Transfer-Encoding" in request.headers:
        raise LengthRequired(_("Send the body with Content-Length."))
    if length.isdigit() and int(length) > limit:
        raise TooLarge(_("The body is larger than %(limit)d bytes.") % {"limit": limit})


def verb(input_serializer: Input = Nothing, **kwargs: Any) -> Callable[[Callable[..., None]], Any]:
    """`POST /{resource}/{id}/{verb}/`: the method gets the object and the validated input, and calls the operation.

    Answers 200 with the object as it now stands. If-Match is not needed, but heeded when it is sent.
    """

    def decorate(method: Callable[[Any, Any, dict[str, Any]], None]) -> Any:
        @wraps(method)
        def handler(self: ResourceViewSet, request: Request, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
            obj = self.get_object()
            preconditions.expected_version(request, self.version_of(obj), required=False)
            method(self, obj, self.read_input())
            return self.answer(obj)

        handler.answers_resource = True  # type: ignore[attr-defined]  # for the schema
        return action(detail=True, methods=["post"], input_serializer_class=input_serializer, **kwargs)(handler)

    return decorate

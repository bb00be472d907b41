"""A small room's `api.py` for the tests of the base classes: clients of accounts, through their real operations."""

from typing import Any

from django.db.models import QuerySet
from django.urls import include, path, re_path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from accounts import operations
from accounts.models import Client, User
from accounts.permissions import clients_visible_to, runs_service
from kernel.api import problems
from kernel.api.fields import (
    Distinct,
    Instant,
    LongText,
    ScopedSlugRelatedField,
    Seconds,
    StrictBoolean,
    StrictChoice,
    Text,
)
from kernel.api.filters import BooleanFilter, FilterSet, InstantFilter, IntegerFilter, ScopedFilter
from kernel.api.permissions import signed_in
from kernel.api.serializers import StrictModelSerializer, StrictSerializer
from kernel.api.views import Api, Creates, Deletes, ResourceViewSet, Updates, verb
from kernel.errors import Conflict, Forbidden, Invalid


def people(user: Any) -> QuerySet[User]:
    return User.objects.all()


class ClientFilter(FilterSet):
    tam = ScopedFilter(scope=people, key="username")
    created_after = InstantFilter(field_name="created_at", lookup_expr="gte")
    version = IntegerFilter()
    archived = BooleanFilter(field_name="archived_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Client
        fields = ["country"]


class ClientSerializer(StrictModelSerializer):
    tam = ScopedSlugRelatedField("username", scope=people, allow_null=True, required=False)

    class Meta:
        model = Client
        fields = ["id", "slug", "name", "country", "note", "tam", "archived_at", "version", "created_at"]
        read_only_fields = ["archived_at"]
        create_only = ["slug"]


class ArchiveInput(StrictSerializer):
    at = Instant(required=False)


class ClientViewSet(Creates, Updates, Deletes, ResourceViewSet):
    lookup_field = "slug"
    serializer_class = ClientSerializer
    filterset_class = ClientFilter
    search_fields = ["name", "slug"]
    ordering_fields = {"name": "name", "created_at": "created_at", "country": "country", "client": "slug"}
    ordering = ["name"]
    actions_that_store_nothing = frozenset({"compute"})
    field_permissions = {"note": runs_service}
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": runs_service,
        "update": lambda user, client: runs_service(user) or client.tam == user,
        "partial_update": lambda user, client: runs_service(user) or client.tam == user,
        "destroy": runs_service,
        "archive": runs_service,
        "compute": signed_in,
        "by_name": signed_in,
        "put_by_name": runs_service,
    }

    def scope(self, user: Any) -> QuerySet[Client]:
        return clients_visible_to(user).select_related("tam")

    def perform_create(self, data: dict[str, Any]) -> Client:
        return operations.create_client(actor=self.actor, at=self.now, **data)

    def perform_update(self, client: Client, data: dict[str, Any], *, expected_version: int | None) -> None:
        operations.update_client(
            client=client, changes=data, actor=self.actor, at=self.now, expected_version=expected_version
        )

    def perform_destroy(self, client: Client, *, expected_version: int | None) -> None:
        operations.archive_client(client=client, actor=self.actor, at=self.now, expected_version=expected_version)

    @verb(ArchiveInput)
    def archive(self, client: Client, data: dict[str, Any]) -> None:
        """The client is served no longer."""
        operations.archive_client(client=client, actor=self.actor, at=data.get("at", self.now))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(
        detail=False, methods=["post"], input_serializer_class=ArchiveInput, extra_parameters={"zone": "an IANA zone"}
    )
    def compute(self, request: Request) -> Response:
        """Stores nothing."""
        return Response({"input": self.read_input(), "zone": request.query_params.get("zone")})

    @action(detail=False, url_path=r"by-name/(?P<name>[^/]+)")
    def by_name(self, request: Request, name: str) -> Response:
        """An address of another kind; the same table."""
        return self.answer(self.get_object(name=name))

    @by_name.mapping.put
    def put_by_name(self, request: Request, name: str) -> Response:
        return self.answer(self.perform_create({**self.read_input(), "name": name}), status=201)

    @verb()
    def unlisted(self, client: Client, data: dict[str, Any]) -> None:
        """No row of the table allows this one."""
        raise AssertionError("the table forgot it, so nobody comes here")


class PartInput(StrictSerializer):
    response_s = Seconds(min_value=1)
    name = Text(required=False)


class Everything(StrictSerializer):
    """One field of each kind."""

    text = LongText(required=False, allow_blank=True)
    at = Instant(required=False)
    seconds = Seconds(required=False)
    flag = StrictBoolean(required=False)
    kind = StrictChoice(choices=["P1", "P2"], required=False, allow_null=True)
    tags = Distinct(child=StrictChoice(choices=["a", "b"]), required=False)
    targets = PartInput(many=True, required=False)
    tam = ScopedSlugRelatedField("username", scope=people, required=False)


class EchoView(Api):
    """Answers what it has read, or fails as it is told."""

    permissions = {"post": signed_in, "get": signed_in}
    input_serializer_class = Everything
    actions_that_store_nothing = frozenset({"post"})
    extra_parameters = {"fail": "how to fail"}

    @extend_schema(responses=Everything)
    def post(self, request: Request) -> Response:
        data = self.read_input()
        if "tam" in data:
            data["tam"] = data["tam"].username
        return Response(data)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        raise {
            "invalid": Invalid("No.", field="title"),
            "conflict": Conflict("It is closed.", code="closed"),
            "forbidden": Forbidden("Not you."),
            "crash": RuntimeError("secret detail"),
        }[request.query_params["fail"]]


class ForgottenView(Api):
    """Has a method, but no table."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response({})


router = SimpleRouter()
router.register("clients", ClientViewSet, basename="client")
urlpatterns = [
    path("api/v1/echo/", EchoView.as_view()),
    path("api/v1/forgotten/", ForgottenView.as_view()),
    path("api/v1/schema/", SpectacularAPIView.as_view()),
    path("api/v1/", include(router.urls)),
    re_path(r"^api/", problems.not_found),
]

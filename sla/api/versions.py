"""REST: what versions of policies and of calendars have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from kernel.api.fields import StrictInteger
from kernel.api.serializers import StrictSerializer
from kernel.api.views import Input, ResourceViewSet
from kernel.errors import Invalid
from sla.models import CalendarVersion, PolicyVersion
from sla.versions import in_force

Handler = TypeVar("Handler", bound=Callable[..., Any])
Version = TypeVar("Version", PolicyVersion, CalendarVersion)


class VersionNumber(StrictSerializer):
    number = StrictInteger(min_value=1)


class HasVersions(ResourceViewSet):
    """`versions/` under a policy or a calendar: a page of them, the newest first."""

    def versions_of(self, owner: Any) -> QuerySet[Any]:
        raise NotImplementedError

    def allowed_parameters(self) -> set[str]:
        pages = {"page_size", "cursor"} if self.action == "versions" else set()
        return super().allowed_parameters() | pages

    def answer_versions(self) -> Response:
        owner = self.get_object()
        page = self.paginate_queryset(self.versions_of(owner).order_by("-number", "-id"))
        now_in_force = in_force(owner.versions.all(), self.now)
        context = {**self.get_serializer_context(), "in_force": now_in_force.pk}
        return self.get_paginated_response(self.get_serializer_class()(page, many=True, context=context).data)


def versions_action(serializer: Input) -> Callable[[Handler], Handler]:
    """The decorators of a `versions` method."""

    def decorate(method: Handler) -> Handler:
        described = extend_schema(responses=serializer(many=True))(method)
        decorated: Any = action(
            detail=True,
            serializer_class=serializer,
            filter_backends=[],
            filterset_class=None,
            search_fields=(),
            ordering_fields=(),
        )(described)
        return decorated  # type: ignore[no-any-return]  # DRF's own kind of callable

    return decorate


def version_facts(version: PolicyVersion | CalendarVersion, context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": version.number,
        "valid_from": version.valid_from,
        "is_in_force": version.pk == context.get("in_force"),
    }


def version_named(versions: QuerySet[Version], data: Mapping[str, Any]) -> Version:
    """The version of that number; Invalid where there is none."""
    found = versions.filter(number=data["number"]).first()
    if found is None:
        raise Invalid(_("There is no version of this number."), field="number")
    return found

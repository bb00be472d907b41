"""REST: incidents."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import operations
from incidents.api.clocks import ExplainsClocks
from incidents.api.serializers import (
    AssignInput,
    AtInput,
    BulkInput,
    BulkResults,
    CommentInput,
    EventSerializer,
    HoldInput,
    IncidentSerializer,
    ReopenInput,
    ResolveInput,
    TicketInput,
    TicketItem,
)
from incidents.api.tickets import CREATED, ambiguous, upsert
from incidents.filters import IncidentFilter
from incidents.listing import naming
from incidents.models import PORTAL, Incident
from incidents.permissions import (
    may_assign,
    may_assign_or_take,
    may_call,
    may_comment,
    may_edit,
    may_hold,
    may_reopen,
    may_report,
    may_work,
    sees_internal_notes,
    sees_internal_side,
)
from incidents.queries import ClockView, clock_views, incident_list, readable, timeline
from kernel import retrying
from kernel.api import preconditions
from kernel.api.bulk import REFUSALS, items_of
from kernel.api.permissions import signed_in
from kernel.api.problems import problem_of
from kernel.api.views import Creates, Updates, verb
from kernel.errors import Forbidden, Invalid
from sla.models import Clock
from sla.permissions import sees_policy_inside

MAX_ITEMS = 1000
WHOSE = {"client": "Slug; needed where several clients have a ticket of this number, or where the body does not say."}
BY_REF = r"by-ref/(?P<source>[^/]+)/(?P<external_ref>.+)"


class IncidentViewSet(ExplainsClocks, Creates, Updates):
    """What stopped working, with the clocks of what was promised. The nearest deadline comes first."""

    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    search_fields = ["title", "external_ref", "reference"]
    ordering_fields = ["next_due_at", "opened_at", "priority", "id", "updated_at"]
    ordering = ["next_due_at"]
    answers_not_modified = False
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "create": may_call,
        "update": may_edit,
        "partial_update": may_edit,
        "acknowledge": may_work,
        "hold": may_hold,
        "resume": may_work,
        "resolve": may_work,
        "reopen": may_reopen,
        "close": may_edit,
        "assign": may_assign_or_take,
        "comment": may_comment,
        "events": signed_in,
        "clocks": signed_in,
        "clock": signed_in,
        "by_reference": signed_in,
        "report": may_report,
        "bulk": may_report,
    }
    field_permissions = {
        **dict.fromkeys(("department", "parent", "is_major", "source", "external_ref"), sees_internal_side),
        "sla_policy": sees_policy_inside,
    }

    def scope(self, user: Any) -> QuerySet[Incident]:
        return incident_list(user)

    def search_condition(self, word: str) -> Q:
        return naming(word)

    # ------------------------------------------------------------------------------------------------ reading
    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        if self.action == "list":
            self._clocks = clock_views(page or (), now=self.now, kinds=Clock.Kind.values)
        return page

    def clocks_of(self, incident: Incident) -> Sequence[ClockView]:
        """As they stand now; for a whole page they are read at once."""
        known: Mapping[int, Sequence[ClockView]] = getattr(self, "_clocks", {})
        found = known.get(incident.pk)
        if found is None:
            found = clock_views([incident], now=self.now, kinds=Clock.Kind.values)[incident.pk]
        return found

    @action(
        detail=True,
        serializer_class=EventSerializer,
        filter_backends=[],
        filterset_class=None,
        search_fields=(),
        ordering_fields=(),
    )
    @extend_schema(responses=EventSerializer(many=True))
    def events(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What happened to it, in its order. The client's side sees what was written for it."""
        page = self.paginate_queryset(timeline(self.get_object(), self.actor))
        events = readable(page or (), self.actor)
        return self.get_paginated_response(self.get_serializer(events, many=True).data)

    def allowed_parameters(self) -> set[str]:
        pages = {"page_size", "cursor"} if self.action == "events" else set()
        return super().allowed_parameters() | pages

    # ------------------------------------------------------------------------------------------------ writing
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who takes a call sees what was opened, even where it then lies with another department."""
        incident = self.perform_create(self.read_input())
        headers = {"ETag": preconditions.etag(incident.version)}
        headers["Location"] = self.reverse_action("detail", args=[incident.pk])
        return Response(self.get_serializer(incident).data, status=201, headers=headers)

    def perform_create(self, data: dict[str, Any]) -> Incident:
        if not sees_internal_side(self.actor):
            data["source"] = PORTAL
        return operations.open_incident(actor=self.actor, now=self.now, **data)

    def perform_update(self, incident: Incident, data: dict[str, Any], *, expected_version: int | None) -> None:
        changes = {name: value for name, value in data.items() if name not in IncidentSerializer.Meta.create_only}
        operations.edit(
            incident=incident, changes=changes, actor=self.actor, now=self.now, expected_version=expected_version
        )

    @verb(AtInput)
    def acknowledge(self, incident: Incident, data: dict[str, Any]) -> None:
        """The first reaction of an engineer: stops the response clock."""
        operations.acknowledge(incident=incident, actor=self.actor, now=self.now, **data)

    @verb(HoldInput)
    def hold(self, incident: Incident, data: dict[str, Any]) -> None:
        """Wait for somebody; the policy says whether that pauses the resolution clock."""
        operations.hold(incident=incident, actor=self.actor, now=self.now, **data)

    @verb(AtInput)
    def resume(self, incident: Incident, data: dict[str, Any]) -> None:
        """Work goes on after a hold."""
        operations.resume(incident=incident, actor=self.actor, now=self.now, **data)

    @verb(ResolveInput)
    def resolve(self, incident: Incident, data: dict[str, Any]) -> None:
        """The service works again: stops the resolution clock. The client reads the resolution."""
        operations.resolve(incident=incident, actor=self.actor, now=self.now, **data)

    @verb(ReopenInput)
    def reopen(self, incident: Incident, data: dict[str, Any]) -> None:
        """It was not fixed after all."""
        operations.reopen(incident=incident, actor=self.actor, now=self.now, **data)

    @verb(AtInput)
    def close(self, incident: Incident, data: dict[str, Any]) -> None:
        """Nothing more will be done."""
        operations.close(incident=incident, actor=self.actor, now=self.now, **data)

    @verb(AssignInput)
    def assign(self, incident: Incident, data: dict[str, Any]) -> None:
        """Give it to a department, a person, or both. Stops no clock. An engineer may take what nobody has."""
        if may_assign(self.actor, incident):
            release = "assignee" in data and data["assignee"] is None
            operations.assign(incident=incident, release=release, actor=self.actor, now=self.now, **data)
        elif data == {"assignee": self.actor}:
            operations.take(incident=incident, actor=self.actor, now=self.now)
        else:
            raise Forbidden(_("You may take it yourself, now; others are given it by who leads."))

    @verb(CommentInput)
    def comment(self, incident: Incident, data: dict[str, Any]) -> None:
        """A note for colleagues, or with `public` a word that the client reads. Stops no clock."""
        is_public = data.pop("public", not sees_internal_notes(self.actor))
        operations.comment(incident=incident, is_public=is_public, actor=self.actor, now=self.now, **data)

    # -------------------------------------------------------------------------------------- other systems' tickets
    @action(detail=False, url_path=BY_REF, extra_parameters=WHOSE)
    def by_reference(self, request: Request, *, source: str, external_ref: str) -> Response:
        """Another system's ticket, by its number there."""
        rows = self.scope(request.user).filter(source=source, external_ref=external_ref)
        slug = request.query_params.get("client")
        try:
            found = list(rows.filter(client__slug=slug)[:2] if slug is not None else rows[:2])
        except ValueError:  # a NUL, for which PostgreSQL does not even look
            raise NotFound from None
        match found:
            case [incident]:
                return self.answer(incident)
            case []:
                raise NotFound
        raise ambiguous()

    @extend_schema(request=TicketInput, responses={200: IncidentSerializer, 201: IncidentSerializer})
    @by_reference.mapping.put
    def report(self, request: Request, *, source: str, external_ref: str) -> Response:
        """Create the ticket here, or bring it up to date; safe to repeat. Any status may follow any other."""
        said, body = {"source": source, "external_ref": external_ref, **request.query_params.dict()}, request.data
        if isinstance(body, dict):
            for name in body.keys() & said.keys():
                if body[name] != said[name]:
                    raise Invalid(_("The address says something else."), field=name)
            body = {**body, **said}
        ticket = self.read_input(TicketItem, data=body)
        incident, outcome = upsert(ticket, actor=self.actor, now=self.now)
        return self.answer(incident, status=201 if outcome == CREATED else 200)

    @extend_schema(request=BulkInput, responses=BulkResults)
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Up to 1,000 tickets, each for itself: one that is refused does not stop the others. A bare list will do."""
        items = items_of(request.data, most=MAX_ITEMS)
        return Response({"results": [self._one_of_many(index, item) for index, item in enumerate(items)]})

    def _one_of_many(self, index: int, item: Any) -> dict[str, Any]:
        try:
            ticket = self.read_input(TicketItem, data=item)
            incident, outcome = retrying.run(partial(upsert, ticket, actor=self.actor, now=self.now))
        except REFUSALS as error:
            return {
                "index": index,
                "status": "error",
                "id": None,
                "reference": None,
                "errors": problem_of(error).listed,
            }
        found = {"id": incident.pk, "reference": incident.reference}
        return {"index": index, "status": outcome, **found, "errors": []}

"""REST: change requests, their way from the client's words to acceptance, and their clarifications."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import Contact
from kernel.api import preconditions
from kernel.api.permissions import signed_in
from kernel.api.views import Creates, ResourceViewSet, Updates, verb
from kernel.errors import Invalid
from projects import operations
from projects.api.blueprints import BlueprintSerializer
from projects.api.decomposing import answer_of, rows_wanted
from projects.api.request_serializers import (
    AcceptInput,
    AgreeInput,
    AnswerInput,
    AskInput,
    ClarificationSerializer,
    DecomposedSerializer,
    DecomposeInput,
    NoteInput,
    RequestSerializer,
    SaveAsBlueprintInput,
    TimeSerializer,
    WhyInput,
)
from projects.filters import ClarificationFilter, RequestFilter
from projects.models import ChangeRequest, Clarification, Task
from projects.permissions import (
    clarifications_visible_to,
    may_accept,
    may_answer,
    may_keep_blueprints,
    may_lead_question,
    may_lead_request,
    may_record_requests,
    may_see_effort,
    may_withdraw,
    requests_visible_to,
)
from projects.queries.gates import waiting_for
from projects.queries.hours import client_hours
from projects.requestpage import spent_on

_NUMBER = re.compile(r"chg-([0-9]{1,18})", re.IGNORECASE)


class RequestViewSet(Creates, Updates):
    """What clients ask for, the newest first."""

    serializer_class = RequestSerializer
    filterset_class = RequestFilter
    search_fields = ["title", "external_ref", "reference"]
    ordering_fields = ["id", "opened_at", "status_since", "title"]
    ordering = ["-id"]
    answers_not_modified = False
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "time": signed_in,
        "create": may_record_requests,
        **dict.fromkeys(("update", "partial_update"), may_lead_request),
        **dict.fromkeys(("ask", "begin_decomposing", "decompose", "agree", "deliver"), may_lead_request),
        "reject": may_lead_request,
        "withdraw": may_withdraw,
        **dict.fromkeys(("accept", "send_back"), may_accept),
        "save_as_blueprint": (may_keep_blueprints, may_lead_request),
    }
    # What is promised, and who said what when, is written down by the provider's people.
    field_permissions = dict.fromkeys(("promised_at", "requested_by"), may_see_effort)

    def scope(self, user: Any) -> QuerySet[ChangeRequest]:
        questions = clarifications_visible_to(user).filter(answered_at=None, withdrawn_at=None)
        rows = requests_visible_to(user).select_related(
            "client", "project__client", "recorded_by", "blueprint__blueprint"
        )
        return rows.prefetch_related(Prefetch("clarifications", queryset=questions, to_attr="open_questions"))

    def search_condition(self, word: str) -> Q:
        found, number = Q(title__icontains=word) | Q(external_ref__icontains=word), _NUMBER.fullmatch(word)
        return found | Q(pk=int(number[1])) if number else found

    def perform_create(self, data: dict[str, Any]) -> ChangeRequest:
        is_staff = may_see_effort(self.actor)
        data.setdefault("source", ChangeRequest.Source.API if is_staff else ChangeRequest.Source.PORTAL)
        if not is_staff:
            data["requested_by"] = Contact.objects.filter(user=self.actor, client=data["project"].client_id).first()
        return operations.record_request(actor=self.actor, at=self.now, **data)

    def perform_update(self, request: ChangeRequest, data: dict[str, Any], *, expected_version: int | None) -> None:
        changes = {name: value for name, value in data.items() if name not in RequestSerializer.Meta.create_only}
        operations.update_request(
            request=request, changes=changes, actor=self.actor, at=self.now, expected_version=expected_version
        )

    @extend_schema(responses=TimeSerializer)
    @action(detail=True, serializer_class=TimeSerializer)
    def time(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whose time it took, in the client's business hours: an open question to the client counts apart."""
        found = self.get_object()
        asked = found.clarifications.filter(to_client=True, withdrawn_at=None)
        spent = spent_on(found, asked, hours=client_hours(found, now=self.now), now=self.now)
        return Response(TimeSerializer(spent).data)

    @verb(AskInput)
    def ask(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """Put a question to one contact or one department; it stands in `open_clarifications` until it is answered."""
        operations.ask(request=request, actor=self.actor, at=self.now, **data)

    @verb(url_path="begin-decomposing")
    def begin_decomposing(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """Enough is known to cut it into tasks."""
        operations.begin_decomposing(request=request, actor=self.actor, at=self.now)

    @extend_schema(request=DecomposeInput, responses=DecomposedSerializer)
    @action(detail=True, methods=["post"], input_serializer_class=DecomposeInput)
    def decompose(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Tasks and dependencies in one call, all or nothing; until the request is agreed, also in several parts. A
        circle is 409 and named in `cycle`. Dependencies across requests are made by `dependencies/`."""
        change_request = self.get_object()
        preconditions.expected_version(request, self.version_of(change_request), required=False)
        wanted = rows_wanted(self.read_input(), now=self.now)
        made = operations.decompose(
            request=change_request,
            tasks=wanted.tasks,
            dependencies=wanted.dependencies,
            blueprint=wanted.blueprint,
            actor=self.actor,
            at=self.now,
        )
        answer = answer_of(change_request, made, wanted.dependencies)
        self._waiting = waiting_for(answer["tasks"])
        return Response(DecomposedSerializer(answer, context=self.get_serializer_context()).data)

    def waiting_for(self, task: Task) -> list[int]:
        """For the tasks of `decompose`."""
        return self._waiting[task.pk]

    @verb(AgreeInput)
    def agree(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """The client agrees to what will be done and until when; the departments may rely on it."""
        operations.agree(request=request, actor=self.actor, at=self.now, **data)

    @verb(NoteInput)
    def deliver(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """All is done and the client may try it; 409 with `open_tasks` while a task is open."""
        operations.deliver(request=request, actor=self.actor, at=self.now, **data)

    @verb(AcceptInput)
    def accept(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """The client takes what was delivered."""
        own = Contact.objects.filter(user=self.actor, client=request.client_id).first()
        if own is not None and data.get("contact", own) != own:
            raise Invalid(_("You accept it yourself."), field="contact")
        contact = own or data.pop("contact", None)
        data.pop("contact", None)
        operations.accept(request=request, contact=contact, actor=self.actor, at=self.now, **data)

    @verb(WhyInput, url_path="send-back")
    def send_back(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """The client does not accept what was delivered: it is in work again."""
        operations.send_back(request=request, actor=self.actor, at=self.now, **data)

    @verb(WhyInput)
    def reject(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """The provider will not do it, and says why."""
        operations.reject(request=request, actor=self.actor, at=self.now, **data)

    @verb(WhyInput)
    def withdraw(self, request: ChangeRequest, data: dict[str, Any]) -> None:
        """The client does not want it any more; what is open is cancelled."""
        operations.withdraw(request=request, actor=self.actor, at=self.now, **data)

    @extend_schema(request=SaveAsBlueprintInput, responses={201: BlueprintSerializer})
    @action(detail=True, methods=["post"], url_path="save-as-blueprint", input_serializer_class=SaveAsBlueprintInput)
    def save_as_blueprint(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What was done for it, to be used again: its tasks, their order, and the questions that were asked."""
        made = operations.save_as_blueprint(
            request=self.get_object(), actor=self.actor, at=self.now, **self.read_input()
        )
        place = reverse("blueprints-detail", args=[made.slug], request=request)
        headers = {"ETag": preconditions.etag(made.version), "Location": place}
        return Response(
            BlueprintSerializer(made, context=self.get_serializer_context()).data, status=201, headers=headers
        )


class ClarificationViewSet(ResourceViewSet):
    """Questions that must be answered before a request can be promised. `change-requests/{id}/ask/` puts them."""

    serializer_class = ClarificationSerializer
    filterset_class = ClarificationFilter
    search_fields = ["text"]
    ordering_fields = ["id", "asked_at"]
    ordering = ["id"]
    permissions = {
        "list": signed_in,
        "retrieve": signed_in,
        "answer_question": may_answer,
        "remind": may_lead_question,
        "withdraw": may_lead_question,
    }

    def scope(self, user: Any) -> QuerySet[Clarification]:
        return clarifications_visible_to(user).select_related(
            "request__project__client", "client", "department", "asked_by", "answered_by"
        )

    @verb(AnswerInput, url_path="answer")
    def answer_question(self, question: Clarification, data: dict[str, Any]) -> None:
        """By the addressee, or written down by who leads the request; a later answer replaces it."""
        operations.answer(question=question, text=data["answer"], actor=self.actor, at=self.now)

    @verb()
    def remind(self, question: Clarification, data: dict[str, Any]) -> None:
        """Ask again, at most once an hour."""
        operations.remind(question=question, actor=self.actor, at=self.now)

    @verb()
    def withdraw(self, question: Clarification, data: dict[str, Any]) -> None:
        """It need not be answered any more."""
        operations.withdraw_question(question=question, actor=self.actor, at=self.now)

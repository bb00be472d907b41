"""What people hear of requests and tasks: one message for one cause, owed in the commit of the change."""

from projects.operations.telling.papers import documents_due, handed_over, handover_returned, to_sign
from projects.operations.telling.people import client_hears_of_tam, deputy_appointed, deputy_dismissed, tam_named
from projects.operations.telling.requests import (
    accepted,
    all_done,
    answered,
    asked,
    delivered,
    ended,
    feedback_asked,
    request_came,
    sent_back,
)
from projects.operations.telling.tasks import (
    BESIDE,
    given,
    not_ready_after_all,
    passed_on,
    ready,
    returned,
    silent,
    stuck,
)

__all__ = [
    "BESIDE",
    "accepted",
    "all_done",
    "answered",
    "asked",
    "client_hears_of_tam",
    "delivered",
    "deputy_appointed",
    "deputy_dismissed",
    "documents_due",
    "ended",
    "feedback_asked",
    "given",
    "handed_over",
    "handover_returned",
    "not_ready_after_all",
    "passed_on",
    "ready",
    "request_came",
    "returned",
    "sent_back",
    "silent",
    "stuck",
    "tam_named",
    "to_sign",
]

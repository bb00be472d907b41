"""Every write of incidents: one function per thing a person or a system does."""

from incidents.operations.edit import assign, comment, edit, take
from incidents.operations.open import open_incident
from incidents.operations.recalculating import Recalculation, recalculate
from incidents.operations.report import Report, report
from incidents.operations.verbs import acknowledge, close, hold, reopen, resolve, resume

__all__ = [
    "Recalculation",
    "Report",
    "acknowledge",
    "assign",
    "close",
    "comment",
    "edit",
    "hold",
    "open_incident",
    "recalculate",
    "reopen",
    "report",
    "resolve",
    "resume",
    "take",
]

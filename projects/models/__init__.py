"""What is run for a client, and the work on it."""

from projects.models.attachment import Attachment
from projects.models.blueprint import Blueprint, BlueprintVersion
from projects.models.document import Document, DocumentVersion
from projects.models.feedback import Feedback
from projects.models.handover import ChecklistItem, Handover, HandoverItem
from projects.models.personal import ActionLink, SavedFilter, Visit
from projects.models.project import Project
from projects.models.request import ChangeRequest, Clarification, Draft
from projects.models.task import FAR_FUTURE, Check, Dependency, ReadyItem, Task

__all__ = [
    "FAR_FUTURE",
    "ActionLink",
    "Attachment",
    "Blueprint",
    "BlueprintVersion",
    "ChangeRequest",
    "Check",
    "ChecklistItem",
    "Clarification",
    "Dependency",
    "Document",
    "DocumentVersion",
    "Draft",
    "Feedback",
    "Handover",
    "HandoverItem",
    "Project",
    "ReadyItem",
    "SavedFilter",
    "Task",
    "Visit",
]

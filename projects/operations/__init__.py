"""Every write of projects and the work on them."""

from projects.operations.attachments import attach, record_request_with_files, remove_attachment
from projects.operations.blueprints import archive_blueprint, create_blueprint, save_as_blueprint, update_blueprint
from projects.operations.clarifying import answer, ask, ask_all, remind, withdraw_question
from projects.operations.decomposing import NewDependency, decompose
from projects.operations.dependencies import add_dependency, change_dependency, remove_dependency
from projects.operations.feedback import give_feedback
from projects.operations.links import use_link
from projects.operations.personal import forget_filter, note_visit, save_draft, save_filter
from projects.operations.projects import appoint_deputy, create_project, update_project
from projects.operations.requests import (
    accept,
    agree,
    begin_decomposing,
    deliver,
    record_request,
    reject,
    send_back,
    update_request,
    withdraw,
)
from projects.operations.sending import send_to_departments
from projects.operations.tasks import (
    NewTask,
    assign_task,
    create_task,
    hand_over,
    keep_package,
    say,
    tick,
    update_task,
)
from projects.operations.verbs import (
    block_task,
    cancel_task,
    complete_task,
    reopen_task,
    return_task,
    start_task,
    take_task,
    unblock_task,
)

__all__ = [
    "NewDependency",
    "NewTask",
    "accept",
    "add_dependency",
    "agree",
    "answer",
    "appoint_deputy",
    "archive_blueprint",
    "ask",
    "ask_all",
    "assign_task",
    "attach",
    "begin_decomposing",
    "block_task",
    "cancel_task",
    "change_dependency",
    "complete_task",
    "create_blueprint",
    "create_project",
    "create_task",
    "decompose",
    "deliver",
    "forget_filter",
    "give_feedback",
    "hand_over",
    "keep_package",
    "note_visit",
    "record_request",
    "record_request_with_files",
    "reject",
    "remind",
    "remove_attachment",
    "remove_dependency",
    "reopen_task",
    "return_task",
    "save_as_blueprint",
    "save_draft",
    "save_filter",
    "say",
    "send_back",
    "send_to_departments",
    "start_task",
    "take_task",
    "tick",
    "unblock_task",
    "update_blueprint",
    "update_project",
    "update_request",
    "update_task",
    "use_link",
    "withdraw",
    "withdraw_question",
]

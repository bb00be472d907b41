"""Pages of projects and the work on them."""

from django.urls import URLPattern, path

from projects.views import (
    blueprint_editor,
    blueprint_pieces,
    blueprint_uses,
    blueprints,
    bulk,
    dependencies,
    documents,
    handover,
    mytasks,
    people,
    signed,
    taskacts,
    taskpage,
)
from projects.views.attachments import attachment, remove_attachment
from projects.views.decompose import decompose
from projects.views.feedback import feedback
from projects.views.newrequest import new_request
from projects.views.project import edit_project, project_requests
from projects.views.projecthistory import note_visit, project_history
from projects.views.projects import new_project, projects
from projects.views.projecttasks import new_task, project_page
from projects.views.readiness import define_ready
from projects.views.request import request_page
from projects.views.requestacts import act, act_on_question
from projects.views.requests import requests
from projects.views.savedfilters import forget_filter, keep_filter, rename_filter

urlpatterns: list[URLPattern] = [
    path("blueprints/", blueprints.blueprints, name="blueprints"),
    path("blueprints/new/", blueprint_editor.new_blueprint, name="new-blueprint"),
    path("blueprints/<slug:slug>/", blueprints.blueprint, name="blueprint"),
    path("blueprints/<slug:slug>/edit/", blueprint_editor.edit_blueprint, name="edit-blueprint"),
    path("blueprints/<slug:slug>/tasks/<int:number>/", blueprint_pieces.edit_piece, name="edit-piece"),
    path("blueprints/<slug:slug>/archive/", blueprints.archive_blueprint, name="archive-blueprint"),
    path("departments/<slug:slug>/ready/", define_ready, name="define-ready"),
    path("filters/", keep_filter, name="keep-filter"),
    path("filters/<int:pk>/forget/", forget_filter, name="forget-filter"),
    path("filters/<int:pk>/rename/", rename_filter, name="rename-filter"),
    path("projects/", projects, name="projects"),
    path("projects/new/", new_project, name="new-project"),
    path("projects/<slug:slug>/", project_page, name="project"),
    path("projects/<slug:slug>/edit/", edit_project, name="project-edit"),
    path("projects/<slug:slug>/tasks/new/", new_task, name="project-task-new"),
    path("projects/<slug:slug>/requests/", project_requests, name="project-requests"),
    path("projects/<slug:slug>/history/", project_history, name="project-history"),
    path("act/t/<str:token>/", signed.act_by_link, name="task-by-link"),
    path("my-tasks/", mytasks.my_tasks, name="my-tasks"),
    path("tasks/bulk/", bulk.bulk, name="task-bulk"),
    path("projects/<slug:slug>/visit/", note_visit, name="project-visit"),
    path("projects/<slug:slug>/documents/", documents.project_documents, name="project-documents"),
    path("projects/<slug:slug>/documents/new/", documents.new_document, name="document-new"),
    path("projects/<slug:slug>/people/", people.project_people, name="project-people"),
    path("projects/<slug:slug>/people/dismiss/", people.dismiss_deputy, name="deputy-dismiss"),
    path("projects/<slug:slug>/take-over/", handover.take_over, name="project-take-over"),
    path("projects/<slug:slug>/handover/", handover.project_handover, name="project-handover"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/edit/", documents.edit_document, name="document-edit"),
    path("documents/<int:pk>/verify/", documents.verify, name="document-verify"),
    path("documents/<int:pk>/versions/new/", documents.new_version, name="document-version-new"),
    path("documents/<int:pk>/versions/<int:number>/file/", documents.version_file, name="document-file"),
    path("handovers/<int:pk>/<str:verb>/", handover.act, name="handover-act"),
    path("tasks/<int:pk>/", taskpage.task, name="task"),
    path("tasks/<int:pk>/peek/", taskpage.peek, name="task-peek"),
    path("tasks/<int:pk>/package/", taskacts.package, name="task-package"),
    path("tasks/<int:pk>/checks/<int:check>/", taskacts.tick, name="task-tick"),
    path("tasks/<int:pk>/to-wait-for/", dependencies.tasks_found, name="task-to-wait-for"),
    path("tasks/<int:pk>/needs/<int:dependency_id>/", dependencies.dependency, name="task-dependency"),
    path("tasks/<int:pk>/<str:verb>/", taskacts.act, name="task-act"),
    path("requests/", requests, name="requests"),
    path("requests/new/", new_request, name="new-request"),
    path("requests/<int:pk>/", request_page, name="request"),
    path("requests/<int:pk>/decompose/", decompose, name="decompose"),
    path("requests/<int:pk>/blueprint/", blueprint_uses.save_as_blueprint, name="save-as-blueprint"),
    path("requests/<int:pk>/blueprint-questions/", blueprint_uses.blueprint_questions, name="blueprint-questions"),
    path("requests/<int:pk>/attachments/<int:attachment>/", attachment, name="request-attachment"),
    path("requests/<int:pk>/attachments/<int:attachment>/remove/", remove_attachment, name="request-attachment-remove"),
    path("requests/<int:pk>/questions/<int:question>/<str:verb>/", act_on_question, name="question-act"),
    path("feedback/<str:token>/", feedback, name="feedback"),
    path("requests/<int:pk>/<str:verb>/", act, name="request-act"),  # last: other pages of a request go before it
]

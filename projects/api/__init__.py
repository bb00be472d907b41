"""REST: projects and the work on them."""

from rest_framework.viewsets import ViewSetMixin

from projects.api.attachments import AttachmentViewSet
from projects.api.blueprints import BlueprintViewSet
from projects.api.dependencies import DependencyViewSet
from projects.api.documents import DocumentViewSet
from projects.api.handovers import HandoverViewSet
from projects.api.projects import ProjectViewSet
from projects.api.readiness import ReadyDefinitionViewSet
from projects.api.requests import ClarificationViewSet, RequestViewSet
from projects.api.tasks import TaskViewSet

routes: list[tuple[str, type[ViewSetMixin]]] = [
    ("projects", ProjectViewSet),
    ("change-requests", RequestViewSet),
    (r"change-requests/(?P<change_request>[0-9]{1,18})/attachments", AttachmentViewSet),
    ("clarifications", ClarificationViewSet),
    ("tasks", TaskViewSet),
    ("dependencies", DependencyViewSet),
    ("blueprints", BlueprintViewSet),
    ("definitions-of-ready", ReadyDefinitionViewSet),
    ("documents", DocumentViewSet),
    ("handovers", HandoverViewSet),
]

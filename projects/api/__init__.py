"""REST: projects and the work on them."""

from rest_framework.viewsets import ViewSetMixin

from projects.api import projects

routes: list[tuple[str, type[ViewSetMixin]]] = [*projects.routes]

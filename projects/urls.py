"""Pages of projects and the work on them."""

from django.urls import URLPattern, path

from projects.views import taskacts, taskpage

urlpatterns: list[URLPattern] = [
    path("tasks/<int:pk>/", taskpage.task, name="task"),
    path("tasks/<int:pk>/peek/", taskpage.peek, name="task-peek"),
    path("tasks/<int:pk>/package/", taskacts.package, name="task-package"),
    path("tasks/<int:pk>/checks/<int:check>/", taskacts.tick, name="task-tick"),
    path("tasks/<int:pk>/<str:verb>/", taskacts.act, name="task-act"),
]

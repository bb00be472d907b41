"""Pages of projects and the work on them."""

from django.urls import URLPattern, path

from projects.views import taskacts, taskpage
from projects.views.attachments import attachment, remove_attachment
from projects.views.feedback import feedback
from projects.views.newrequest import new_request
from projects.views.request import request_page
from projects.views.requestacts import act, act_on_question
from projects.views.requests import requests

urlpatterns: list[URLPattern] = [
    path("tasks/<int:pk>/", taskpage.task, name="task"),
    path("tasks/<int:pk>/peek/", taskpage.peek, name="task-peek"),
    path("tasks/<int:pk>/package/", taskacts.package, name="task-package"),
    path("tasks/<int:pk>/checks/<int:check>/", taskacts.tick, name="task-tick"),
    path("tasks/<int:pk>/<str:verb>/", taskacts.act, name="task-act"),
    path("requests/", requests, name="requests"),
    path("requests/new/", new_request, name="new-request"),
    path("requests/<int:pk>/", request_page, name="request"),
    path("requests/<int:pk>/attachments/<int:attachment>/", attachment, name="request-attachment"),
    path("requests/<int:pk>/attachments/<int:attachment>/remove/", remove_attachment, name="request-attachment-remove"),
    path("requests/<int:pk>/questions/<int:question>/<str:verb>/", act_on_question, name="question-act"),
    path("feedback/<str:token>/", feedback, name="feedback"),
    path("requests/<int:pk>/<str:verb>/", act, name="request-act"),  # last: other pages of a request go before it
]

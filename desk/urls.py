"""Pages of the desk."""

from django.urls import path

from desk.views import acts, clients, departments, finder, operations, today

urlpatterns = [
    path("", today.today, name="today"),
    path("find/", finder.find, name="find"),
    path("act/<int:pk>/acknowledge/", acts.acknowledge, name="act-acknowledge"),
    path("act/<int:pk>/take/", acts.take, name="act-take"),
    path("clients/", clients.clients, name="clients"),
    path("clients/<slug:slug>/", clients.client, name="client"),
    path("departments/", departments.departments, name="departments"),
    path("departments/<slug:slug>/", departments.department, name="department"),
    path("queue/", departments.own_queue, name="own-queue"),
    path("operations/", operations.operations, name="operations"),
    path("operations/audit/", operations.audit, name="operations-audit"),
    path("operations/support.txt", operations.support, name="operations-support"),
]

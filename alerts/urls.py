"""Pages of alerts."""

from django.urls import include, path

from alerts import views

urlpatterns = [
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/log/", views.alert_log, name="alert-log"),
    path("alerts/dead/", views.dead_letters, name="dead-letters"),
    path("alerts/deliveries/<int:pk>/", views.delivery, name="delivery"),
    path("alerts/deliveries/<int:pk>/requeue/", views.requeue, name="delivery-requeue"),
    path("alerts/<int:pk>/acknowledge/", views.acknowledge, name="alert-acknowledge"),
    path("", include("alerts.notify.urls")),
]

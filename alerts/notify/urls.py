"""Pages of what reaches a person, and how."""

from django.urls import path

from alerts.notify import views

urlpatterns = [
    path("me/notifications/", views.notifications, name="notifications"),
    path("me/notifications/preview/", views.preview, name="notifications-preview"),
    path("me/notifications/reset/", views.reset, name="notifications-reset"),
    path("me/notifications/endpoints/", views.endpoints, name="endpoints"),
    path("me/notifications/endpoints/<int:pk>/<str:verb>/", views.act_on_endpoint, name="endpoint-act"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]

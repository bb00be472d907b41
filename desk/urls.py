"""Pages of the desk."""

from django.urls import path

from desk import views

urlpatterns = [
    path("", views.today, name="today"),
    path("find/", views.find, name="find"),
]

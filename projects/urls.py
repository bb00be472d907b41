"""Pages of projects and the work on them."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

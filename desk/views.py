"""Pages that look across rooms: thin, queries do the reading."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_required
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/today.html")


@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    return render(request, "desk/today.html")

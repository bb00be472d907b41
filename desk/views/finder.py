"""The palette: go anywhere."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from desk.navigation import places
from desk.queries.finder import find as find_hits
from kernel.fragments import wants_fragment


@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Rows for the palette, or without script a page with the same."""
    words = request.GET.get("q", "")
    hits = find_hits(request.user, words, places=places(cast(User, request.user)))
    template = "desk/_hits.html" if wants_fragment(request) else "desk/find.html"
    return render(request, template, {"hits": hits, "words": words})

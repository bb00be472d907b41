"""A page with a living part: the part alone on request, and nothing at all while it would look the same."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import get_conditional_response

from kernel.fragments import wants_fragment


def live(
    request: HttpRequest, *, page: str, fragment: str, context: dict[str, Any], mark: tuple[object, ...]
) -> HttpResponse:
    """The page, or its fragment with an ETag of `mark`: what the fragment shows, seconds of countdowns aside."""
    if not wants_fragment(request):
        return render(request, page, context)
    seen = repr((request.user.pk, translation.get_language(), mark))
    etag = f'"{hashlib.sha256(seen.encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or render(request, fragment, context)
    response["ETag"] = etag
    return response

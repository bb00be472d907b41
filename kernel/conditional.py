"""Parts of pages that a browser asks for again and again: sent only when they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response

from kernel.fragments import wants_fragment


def conditional(request: HttpRequest, answer: Callable[[], HttpResponse], *, seen: object) -> HttpResponse:
    """`answer()`, or 304 where htmx has it already. A whole page is always drawn: its frame changes, too.

    `seen` is what the part shows, so far as its `repr` tells; who asks, the language and the zone are added here.
    """
    if not wants_fragment(request):
        return answer()
    shown = (request.user.pk, translation.get_language(), timezone.get_current_timezone_name(), seen)
    etag = f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = answer()
    response["ETag"] = etag
    return response

"""Pages with a part that renews itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kernel.conditional import conditional
from kernel.fragments import wants_fragment

# While a clock ticks its bar grows: the part is drawn anew once a minute, though nothing happened.
REDRAW_S = 60


def live(
    request: HttpRequest,
    *,
    page: str,
    fragment: str,
    context: dict[str, Any],
    mark: tuple[object, ...],
    now: datetime,
) -> HttpResponse:
    """The page, or its fragment unless the browser has it already; `mark` is what the fragment shows."""
    template = fragment if wants_fragment(request) else page
    seen = (mark, int(now.timestamp()) // REDRAW_S)
    return conditional(request, lambda: render(request, template, context), seen=seen)

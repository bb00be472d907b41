"""Short messages that say what was done."""

from django.contrib import messages
from django.http import HttpRequest


def said(request: HttpRequest, text: str, *, undo_url: str = "") -> None:
    """A toast on the next page or fragment; with an address that takes the step back by POST it offers that."""
    messages.success(request, text, extra_tags=undo_url)

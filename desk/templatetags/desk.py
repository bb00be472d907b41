"""Filters of the desk's templates."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def marked(text: str, words: str) -> SafeString:
    """The text with the first place of the words marked."""
    words = words.strip()
    at = text.lower().find(words.lower()) if words else -1
    if at < 0:
        return format_html("{}", text)
    end = at + len(words)
    return format_html("{}<mark>{}</mark>{}", text[:at], text[at:end], text[end:])

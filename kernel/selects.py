"""A list to choose from as HTML, quickly."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def draw(widget: Mapping[str, Any]) -> SafeString:
    """What the templates of Django's `Select` say of the same context."""
    lines = format_html_join("", "{}", ((line,) for line in _lines(widget["optgroups"])))
    return format_html('<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), lines)


def _lines(groups: Iterable[tuple[str | None, Iterable[Mapping[str, Any]], int]]) -> Iterator[SafeString]:
    for name, options, _index in groups:
        if name:
            yield format_html('<optgroup label="{}">', name)
        for one in options:
            attributes = flatatt(one["attrs"]) if one["attrs"] else ""
            yield format_html('<option value="{}"{}>{}</option>', str(one["value"]), attributes, one["label"])
        if name:
            yield SafeString("</optgroup>")

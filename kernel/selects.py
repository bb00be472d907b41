"""A list to choose from as HTML, quickly."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def draw(widget: Mapping[str, Any]) -> SafeString:
    """What the templates of Django's `Select` say of the same context."""
    groups = format_html_join("", "{}", ((_group(name, options),) for name, options, _index in widget["optgroups"]))
    return format_html('<select name="{}"{}>{}</select>', widget["name"], flatatt(widget["attrs"]), groups)


def _group(name: str | None, options: Iterable[Mapping[str, Any]]) -> SafeString:
    lines = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((str(one["value"]), flatatt(one["attrs"]), one["label"]) for one in options),
    )
    return format_html('<optgroup label="{}">{}</optgroup>', name, lines) if name else lines

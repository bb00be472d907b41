"""What every page's frame needs."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from kernel.shell import Shell

THEMES = ("light", "dark")


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame is asked for only when a template draws it: a fragment costs no query for it."""
    theme = request.COOKIES.get("theme", "")
    return {
        "now": timezone.now(),
        "theme": theme if theme in THEMES else "",
        "rail": request.COOKIES.get("rail") == "1",
        "shell": SimpleLazyObject(lambda: _shell_of(request)),
    }


def _shell_of(request: HttpRequest) -> Shell:
    provider = cast(Callable[[HttpRequest], Shell], import_string(settings.SHELL_NAVIGATION))
    return provider(request).at(request.path)

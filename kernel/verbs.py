"""What a person can do with the thing a page is about: words, icon, key, and which form asks for what is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.forms import Form
from django.utils.functional import Promise

F_co = TypeVar("F_co", bound=Form, covariant=True)


@dataclass(frozen=True, kw_only=True)
class Verb(Generic[F_co]):
    """`label` stands on the button that begins, `button` (if it differs) on the one that ends; `done` says so after."""

    name: str
    perform: Callable[..., object]
    label: str | Promise
    done: str | Promise
    icon: str
    key: str = ""
    form: type[F_co] | None = None
    title: str | Promise = ""
    button: str | Promise = ""

    @property
    def asks(self) -> bool:
        """Whether words are needed first; templates would call the form's class instead of looking at it."""
        return self.form is not None

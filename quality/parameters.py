"""What the command, the API and the page understand by client, from, to and group_by."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from kernel.api.times import Malformed, parse_day
from kernel.errors import Invalid


def day(text: str | None, *, field: str) -> date | None:
    """A date as `YYYY-MM-DD`; nothing given is None. Raises Invalid."""
    if not text:
        return None
    try:
        return parse_day(text)
    except Malformed as error:
        raise Invalid(str(error), field=field) from None


def keys(text: str | None) -> tuple[str, ...]:
    """`month,department` as a tuple; blanks around the names do not matter."""
    return tuple(key.strip() for key in text.split(",")) if text else ()


def no_such_client(slug: str) -> Invalid:
    """Unknown and invisible are refused alike."""
    message = _("There is no client “%(slug)s”, or it is not yours to see.")
    return Invalid(message % {"slug": slug[:100]}, field="client")

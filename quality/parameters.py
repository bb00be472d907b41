"""What the command, the API and the page understand by client, from, to and group_by."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Client
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


def client_named(slug: str | None, *, among: QuerySet[Client]) -> Client | None:
    """The client with this slug; nothing given is None. Raises Invalid: unknown and invisible are refused alike."""
    if not slug:
        return None
    found = among.filter(slug=slug).first()
    if found is None:
        message = _("There is no client “%(slug)s”, or it is not yours to see.")
        raise Invalid(message % {"slug": slug[:100]}, field="client")
    return found

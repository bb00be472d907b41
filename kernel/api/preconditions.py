"""ETag, If-Match and If-None-Match of RFC 9110. The ETag of a resource is its version in quotes."""

import re

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from kernel.api.problems import PreconditionFailed, PreconditionRequired

_TAG = r"(?:W/)?\"[\x21\x23-\x7e\x80-\xff]*\""
_LIST = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")


def etag(version: int) -> str:
    return f'"{version}"'


def expected_version(request: Request, current: int, *, required: bool = True) -> int | None:
    """The version that the caller has read, for the operation to check again under its lock; None for `If-Match: *`.

    Raises 428 without the header, 400 if it is malformed, 412 unless one of its strong tags is the current one.
    """
    given = request.headers.get("If-Match")
    if given is None:
        if required:
            raise PreconditionRequired(_("Send the ETag you have read as If-Match, so that nobody's change is lost."))
        return None
    if given.strip() == "*":
        return None
    if not _LIST.fullmatch(given):
        raise ParseError(_('If-Match is malformed. Write it as the ETag stands, in double quotes: If-Match: "3".'))
    if etag(current) not in _strong(given):
        raise PreconditionFailed(_("Somebody changed this in the meantime. Read it again, then repeat your change."))
    return current


def is_known(request: Request, version: int) -> bool:
    """Whether If-None-Match says that the caller has this version already (304). Weak tags count here."""
    given = request.headers.get("If-None-Match", "")
    if given.strip() == "*":
        return True
    return bool(_LIST.fullmatch(given)) and etag(version) in {tag.removeprefix("W/") for tag in re.findall(_TAG, given)}


def _strong(given: str) -> set[str]:
    return {tag for tag in re.findall(_TAG, given) if not tag.startswith("W/")}

"""Idempotency-Key: a write that is sent twice is done once and answered twice alike.

A key belongs to a token (or a signed-in person) and to one request: method, address and body. Its row is claimed and
committed before the work, so that a second request sees that one is running; the answer is stored in the transaction
of the work, so that neither exists without the other. A killed request frees its key when the lease ends.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import retrying
from kernel.failpoints import failpoint
from kernel.models import IdempotencyKey

HEADER = "Idempotency-Key"
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LEASE = timedelta(seconds=60)
KEPT = timedelta(hours=24)
# They say "not now", or depend on rights and headers, which may be better when the same request comes again.
_NOT_STORED = frozenset({401, 403, 406, 409, 412, 415, 428, 429})
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
_USABLE_KEY = re.compile(r"[\x20-\x7e]{1,255}")


class KeyOfAnother(APIException):
    status_code = 422
    default_code = "idempotency_key_reused"


class StillRunning(APIException):
    """`wait` becomes Retry-After, in seconds."""

    status_code = 409
    default_code = "still_running"

    def __init__(self, wait: int) -> None:
        super().__init__(_("A request with this Idempotency-Key is still running. Send it again later."))
        self.wait = wait


def applies_to(request: Request) -> bool:
    return request.method in METHODS and HEADER in request.headers


def once(view: Any, request: Request, handler: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The stored answer if there is one, else the handler's; raises for unusable keys and requests still running."""
    row = _claim(owner=_owner(request), key=_key(request), fingerprint=_fingerprint(request), now=timezone.now())
    if row.status is not None:
        return _replay(row)
    try:
        response: HttpResponseBase = retrying.run(lambda: _work(row, view, handler))
    except Exception as error:  # noqa: BLE001  # every error is answered by the view's own handler
        response = view.handle_exception(error)
        _settle(row, view, response)
    return response


@transaction.atomic
def _work(row: IdempotencyKey, view: Any, handler: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    response = handler()
    failpoint("before_answer_is_kept")
    if not _settle(row, view, response):
        raise StillRunning(wait=1)  # the lease was lost to a repetition: this work is rolled back
    return response


def purge(*, now: datetime) -> int:
    """Forget answers older than 24 hours; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()[0]


def _owner(request: Request) -> str:
    return f"token:{request.auth.pk}" if request.auth is not None else f"user:{request.user.pk}"


def _key(request: Request) -> str:
    key = request.headers[HEADER]
    if not _USABLE_KEY.fullmatch(key):
        message = _("Give 1 to 255 printable ASCII characters.")
        raise ValidationError({HEADER: [message]}, code="invalid")
    return key


def _fingerprint(request: Request) -> str:
    """Of a form what stands in it: it may be too large to be held as one body, and its boundary is never the same."""
    plain = request._request
    digest = hashlib.sha256(f"{plain.method} {plain.get_full_path()}\n".encode())
    if request.content_type.partition(";")[0].strip().lower() == MultiPartParser.media_type:
        for part in _parts(cast(QueryDict, request.data)):
            digest.update(part)
    else:
        digest.update(plain.body)
    return digest.hexdigest()


def _parts(form: QueryDict) -> Iterator[bytes]:
    for name, values in sorted(form.lists()):
        for value in values:
            if isinstance(value, UploadedFile):
                yield json.dumps([name, value.name, value.size]).encode()
                yield from value.chunks()
                value.seek(0)
            else:
                yield json.dumps([name, value]).encode()


def _claim(*, owner: str, key: str, fingerprint: str, now: datetime) -> IdempotencyKey:
    """A row that is ours to work under (`status` is None), or one with its answer."""
    fresh = {"fingerprint": fingerprint, "created_at": now, "lease_until": now + LEASE}
    try:
        row, created = IdempotencyKey.objects.get_or_create(owner=owner, key=key, defaults=fresh)
    except IntegrityError:  # the row of another request came and went between two looks
        raise StillRunning(wait=1) from None
    if created:
        return row
    if row.created_at <= now - KEPT:
        return _take_over(row, fresh)
    if row.fingerprint != fingerprint:
        raise KeyOfAnother(_("This Idempotency-Key was used for another request. Take a new one."))
    if row.status is None:
        if row.lease_until > now:
            raise StillRunning(wait=math.ceil((row.lease_until - now).total_seconds()))
        return _take_over(row, fresh)
    return row


def _take_over(row: IdempotencyKey, fresh: Mapping[str, Any]) -> IdempotencyKey:
    """Of several who find a key abandoned, one gets it: the row has to be as it was read."""
    as_read = IdempotencyKey.objects.filter(pk=row.pk, lease_until=row.lease_until, status=row.status)
    if not as_read.update(**fresh, status=None, body="", headers={}):
        raise StillRunning(wait=1)
    row.status, row.lease_until = None, fresh["lease_until"]
    return row


def _settle(row: IdempotencyKey, view: Any, response: HttpResponseBase) -> bool:
    """Store the answer, or free the key if the answer is none to keep. False: the lease was lost."""
    ours = IdempotencyKey.objects.filter(pk=row.pk, lease_until=row.lease_until, status=None)
    status = response.status_code
    if status >= 500 or status in _NOT_STORED:
        return bool(ours.delete()[0])
    body, headers = _rendered(view, response)
    return bool(ours.update(status=status, body=body, headers=headers))


def _rendered(view: Any, response: Any) -> tuple[str, dict[str, str]]:
    headers = {name: str(response[name]) for name in _KEPT_HEADERS if response.has_header(name)}
    if not isinstance(response, Response):
        return response.content.decode(), headers
    renderer = view.request.accepted_renderer
    if response.data is None:
        headers.pop("Content-Type", None)
        return "", headers
    text = renderer.render(response.data, view.request.accepted_media_type, view.get_renderer_context())
    return text.decode(), {**headers, "Content-Type": renderer.media_type}


def _replay(row: IdempotencyKey) -> HttpResponse:
    response = HttpResponse(row.body, status=row.status, headers={**row.headers, "Idempotent-Replayed": "true"})
    if not row.body:
        del response["Content-Type"]
    return response

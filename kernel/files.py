"""Files that people upload: looked at, kept beside the database under names nobody can guess, served as downloads only.

A file is written before its row, so a row without its file cannot come to be. A transaction that is rolled back after
`store` leaves a file without a row: it takes room, and nobody can reach it.
"""

import hashlib
import logging
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final, cast

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

from kernel.errors import Invalid
from kernel.filekinds import KINDS, Refused
from kernel.models import StoredFile

log = logging.getLogger(__name__)

MEGABYTE: Final = 1024 * 1024
LONGEST_NAME: Final = 200


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What an upload was found to be. The name is safe to show and to send, the type is ours and not the browser's."""

    name: str
    content_type: str
    size: int


def check(upload: File) -> Checked:
    """Decides by name and content together; what the browser claims is not asked. Refuses with `Invalid`."""
    name = clean_name(upload.name or "")
    kind = KINDS.get(_extension(name))
    size = upload.size
    try:
        if kind is None:
            raise Refused(_("Files of this kind are not taken."))
        if not size:
            raise Refused(_("It is empty."))
        if size > settings.MAX_UPLOAD_MB * MEGABYTE:
            raise Refused(_("It is too large."))
        kind.look(cast("IO[bytes]", upload))
    except Refused as refused:
        said = _("“%(name)s” was not taken. %(why)s Allowed are %(kinds)s, each at most %(limit)d MB.")
        allowed = {"kinds": ", ".join(KINDS), "limit": settings.MAX_UPLOAD_MB}
        raise Invalid(
            said % {"name": name or _("file without a name"), "why": refused, **allowed},
            field="file",
            code="file_refused",
        ) from None
    finally:
        upload.seek(0)
    return Checked(name=name, content_type=kind.content_type, size=size)


def clean_name(name: str) -> str:
    """The last part of a path, without characters that steer a terminal, a header or the direction of reading."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    stem, point, extension = " ".join(visible.split()).strip(". ").rpartition(".")
    if not point or len(extension) > LONGEST_NAME // 2:
        return f"{stem}{point}{extension}"[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(extension) - 1].rstrip()}.{extension}"


def store(upload: File, *, at: datetime) -> StoredFile:
    """Checks and keeps an upload. For operations, in the transaction that records what the file belongs to."""
    checked = check(upload)
    content = _Hashed(upload)
    stored = StoredFile(name=checked.name, content_type=checked.content_type, created_at=at)
    stored.file.save(checked.name, content, save=False)
    path = Path(stored.file.path)
    try:
        _flush(path)
        stored.size, stored.sha256 = content.counted, content.digest.hexdigest()
        with transaction.atomic():
            stored.save(force_insert=True)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return stored


def forget(stored: StoredFile) -> None:
    """The row at once, the file when that is committed. If the file cannot be deleted, it stays without a row."""
    storage, name = stored.file.storage, str(stored.file.name)
    stored.delete()
    transaction.on_commit(lambda: storage.delete(name), robust=True)


def serve(stored: StoredFile) -> FileResponse:
    """The file as a download that no browser shows or runs. Views call it after they asked whether it may be seen."""
    try:
        content = stored.file.open("rb")
    except FileNotFoundError:
        log.error("The file of %s is missing in the media folder; was it left out of a restored backup?", stored)
        raise Http404 from None
    return FileResponse(
        content,
        as_attachment=True,
        filename=stored.name,
        content_type=stored.content_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


def _extension(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _flush(path: Path) -> None:
    """The row must not outlive a power cut that the file does not."""
    with path.open("rb") as written:
        os.fsync(written.fileno())


class _Hashed(File):
    """An upload that counts and digests itself while it is written."""

    def __init__(self, upload: File) -> None:
        super().__init__(upload.file, name=upload.name)
        self.digest = hashlib.sha256()
        self.counted = 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in super().chunks(chunk_size):
            self.digest.update(chunk)
            self.counted += len(chunk)
            yield chunk

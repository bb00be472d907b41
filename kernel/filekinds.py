"""What a file is, by its name and its first and last bytes. Nothing is unpacked, decoded into pixels or run.

A kind looks at the content and raises `Refused` with a sentence for the person who uploads.
"""

import codecs
import io
import re
import stat
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final

from django.utils.translation import gettext as _

CHUNK: Final = 64 * 1024
MAX_PIXELS: Final = 100_000_000
MAX_SEGMENTS: Final = 2_000
MAX_ENTRIES: Final = 5_000
MAX_DIRECTORY: Final = 2 * 1024 * 1024
MAX_UNPACKED: Final = 500 * 1024 * 1024
MAX_RATIO: Final = 100
UNPACKED_WITHOUT_RATIO: Final = 10 * 1024 * 1024  # small texts may well shrink to a hundredth

_PAGE: Final = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|svg|iframe)[\s/>]", re.IGNORECASE)
_SCRIPT: Final = re.compile(rb"#!|<\?(?:php|=)", re.IGNORECASE)
_OTHER_KINDS: Final = (b"%PDF-", b"{\\rtf", b"PK\x03\x04", b"MZ\x90")
_ARCHIVE: Final = re.compile(
    r"\.(?:zip|jar|war|ear|7z|rar|tar|gz|tgz|bz2|tbz2?|xz|txz|zst|lz4?|cab|arj|iso)$", re.IGNORECASE
)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_END_OF_ZIP: Final = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT: Final = 65_535


class Refused(ValueError):
    """Why a content is not taken: one sentence, translated."""


Look = Callable[[IO[bytes]], None]


@dataclass(frozen=True)
class Kind:
    content_type: str
    look: Look


# --- pieces ----------------------------------------------------------------------------------------------------
def _head(file: IO[bytes], length: int = 1024) -> bytes:
    file.seek(0)
    return file.read(length)


def _tail(file: IO[bytes], length: int) -> bytes:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - length))
    return file.read()


def _not_as_named() -> Refused:
    return Refused(_("Its content is not what its name says."))


def _refuse_polyglot(file: IO[bytes]) -> None:
    """One file that is two: a page behind a picture's first bytes, an archive behind its last."""
    if _PAGE.search(_head(file)):
        raise Refused(_("It holds a web page or a script."))
    if _end_of_zip(file) is not None:
        raise Refused(_("An archive is hidden in it."))


# --- documents and pictures ------------------------------------------------------------------------------------
def _pdf(file: IO[bytes]) -> None:
    if not re.match(rb"%PDF-[12]\.\d", _head(file)) or b"%%EOF" not in _tail(file, 2048):
        raise _not_as_named()
    _refuse_polyglot(file)


def _picture(measure: Callable[[IO[bytes]], tuple[int, int] | None]) -> Look:
    def look(file: IO[bytes]) -> None:
        try:
            measured = measure(file)
        except (struct.error, IndexError):
            measured = None
        if measured is None or 0 in measured:
            raise _not_as_named()
        width, height = measured
        if width * height > MAX_PIXELS:
            raise Refused(
                _("The picture has %(width)d × %(height)d pixels; at most %(limit)d million are taken.")
                % {"width": width, "height": height, "limit": MAX_PIXELS // 1_000_000}
            )
        _refuse_polyglot(file)

    return look


def _png(file: IO[bytes]) -> tuple[int, int] | None:
    head = _head(file)
    if not head.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"):
        return None
    width, height = struct.unpack_from(">2L", head, 16)
    return width, height


def _gif(file: IO[bytes]) -> tuple[int, int] | None:
    head = _head(file)
    if not head.startswith((b"GIF87a", b"GIF89a")):
        return None
    width, height = struct.unpack_from("<2H", head, 6)
    return width, height


def _jpeg(file: IO[bytes]) -> tuple[int, int] | None:
    """Walks from marker to marker to the frame, which says how large the picture is."""
    if _head(file, 3) != b"\xff\xd8\xff":
        return None
    file.seek(2)
    for _segment in range(MAX_SEGMENTS):
        marker = file.read(4)
        if len(marker) < 4 or marker[0] != 0xFF:
            return None
        if marker[1] == 0xFF:  # a fill byte
            file.seek(-3, io.SEEK_CUR)
            continue
        length = int.from_bytes(marker[2:4], "big")
        if 0xC0 <= marker[1] <= 0xCF and marker[1] not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">x2H", file.read(5))
            return width, height
        if marker[1] in {0xD8, 0xD9, 0xDA} or length < 2:
            return None
        file.seek(length - 2, io.SEEK_CUR)
    return None


def _webp(file: IO[bytes]) -> tuple[int, int] | None:
    head = _head(file)
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    match head[12:16]:
        case b"VP8X":
            width, height = int.from_bytes(head[24:27], "little"), int.from_bytes(head[27:30], "little")
            return width + 1, height + 1
        case b"VP8L" if head[20] == 0x2F:
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if head[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<2H", head, 26)
            return width & 0x3FFF, height & 0x3FFF
    return None


# --- text ------------------------------------------------------------------------------------------------------
def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def _text(file: IO[bytes]) -> None:
    start = _head(file).removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(_OTHER_KINDS):
        raise _not_as_named()
    has_prologue = start.lower().startswith((b"<?xml", b"<!"))
    if _SCRIPT.match(start) or _PAGE.match(start) or (has_prologue and _PAGE.search(start)):
        raise Refused(_("It holds a web page or a script."))
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(file):
            if b"\0" in chunk:
                raise Refused(_("It holds NUL bytes, which no text has; UTF-16 has to be saved as UTF-8."))
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Refused(_("It is not UTF-8 text. Save it as UTF-8.")) from None


def _json(file: IO[bytes]) -> None:
    """One value, or one a line as logs have it; only what it begins with is looked at."""
    _text(file)
    if not _head(file).removeprefix(codecs.BOM_UTF8).lstrip().startswith((b"{", b"[")):
        raise _not_as_named()


# --- containers ------------------------------------------------------------------------------------------------
def _end_of_zip(file: IO[bytes]) -> tuple[int, int] | None:
    """How many entries a zip says it has, and how long their list is; None if it is no zip."""
    tail = _tail(file, _END_OF_ZIP.size + _LONGEST_COMMENT)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END_OF_ZIP.size > len(tail):
        return None
    if tail[:at][-20:].startswith(b"PK\x06\x07"):  # zip64 counts in another place: nothing of this size needs it
        return sys.maxsize, sys.maxsize
    _signature, _disk, _first, _here, entries, length, _offset, _comment = _END_OF_ZIP.unpack_from(tail, at)
    return entries, length


def _entries(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """The list of a container, read only if it is short; what it declares is held to the limits."""
    end = _end_of_zip(file) if _head(file, 4) == b"PK\x03\x04" else None
    if end is None:
        raise _not_as_named()
    if end[0] > MAX_ENTRIES or end[1] > MAX_DIRECTORY:
        raise Refused(_("It holds more than %(limit)d files.") % {"limit": MAX_ENTRIES})
    try:
        with zipfile.ZipFile(file) as container:
            entries = container.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, LookupError, struct.error):
        raise Refused(_("It is damaged.")) from None
    if len(entries) > MAX_ENTRIES:
        raise Refused(_("It holds more than %(limit)d files.") % {"limit": MAX_ENTRIES})
    size = file.seek(0, io.SEEK_END)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > max(UNPACKED_WITHOUT_RATIO, MAX_RATIO * size):
        raise Refused(_("Unpacked it would be too large."))
    if sum(entry.compress_size for entry in entries) > size:  # its entries lie over one another
        raise Refused(_("It is damaged."))
    for entry in entries:
        _refuse_entry(entry)
    return entries


def _refuse_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or _DRIVE.match(name) or "\0" in name:
        raise Refused(_("A file in it would be unpacked outside of its folder."))
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused(_("It holds a link to another file."))
    if entry.flag_bits & 0x1:
        raise Refused(_("It is encrypted: nobody could look inside."))


def _zip(file: IO[bytes]) -> None:
    nested = next((entry.filename for entry in _entries(file) if _ARCHIVE.search(entry.filename)), None)
    if nested is not None:
        raise Refused(_("It holds another archive, %(name)s.") % {"name": nested[-80:]})


def _office(folder: str) -> Look:
    """Office Open XML: zip with a list of its parts' types and a folder that tells its kind."""

    def look(file: IO[bytes]) -> None:
        names = [entry.filename for entry in _entries(file)]
        if "[Content_Types].xml" not in names or not any(name.startswith(f"{folder}/") for name in names):
            raise _not_as_named()
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise Refused(_("It holds macros."))

    return look


def _open_document(content_type: str) -> Look:
    """OpenDocument: zip whose first entry, stored as it is, names its type from the 30th byte on."""

    def look(file: IO[bytes]) -> None:
        names = [entry.filename for entry in _entries(file)]
        if not _head(file)[30:].startswith(b"mimetype" + content_type.encode() + b"PK") or "content.xml" not in names:
            raise _not_as_named()
        if any(name.startswith(("Basic/", "Scripts/")) for name in names):
            raise Refused(_("It holds macros."))

    return look


def _of_microsoft(subtype: str, folder: str) -> Kind:
    return Kind(f"application/vnd.{subtype}", _office(folder))


def _of_oasis(subtype: str) -> Kind:
    content_type = f"application/vnd.oasis.opendocument.{subtype}"
    return Kind(content_type, _open_document(content_type))


_JPEG: Final = Kind("image/jpeg", _picture(_jpeg))
_YAML: Final = Kind("application/yaml", _text)
KINDS: Final[dict[str, Kind]] = {
    "pdf": Kind("application/pdf", _pdf),
    "png": Kind("image/png", _picture(_png)),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "gif": Kind("image/gif", _picture(_gif)),
    "webp": Kind("image/webp", _picture(_webp)),
    "txt": Kind("text/plain; charset=utf-8", _text),
    "log": Kind("text/plain; charset=utf-8", _text),
    "md": Kind("text/markdown; charset=utf-8", _text),
    "csv": Kind("text/csv; charset=utf-8", _text),
    "json": Kind("application/json", _json),
    "yaml": _YAML,
    "yml": _YAML,
    "docx": _of_microsoft("openxmlformats-officedocument.wordprocessingml.document", "word"),
    "xlsx": _of_microsoft("openxmlformats-officedocument.spreadsheetml.sheet", "xl"),
    "pptx": _of_microsoft("openxmlformats-officedocument.presentationml.presentation", "ppt"),
    "vsdx": _of_microsoft("ms-visio.drawing", "visio"),
    "odt": _of_oasis("text"),
    "ods": _of_oasis("spreadsheet"),
    "odp": _of_oasis("presentation"),
    "zip": Kind("application/zip", _zip),
}

"""Small files of each kind, made byte by byte; tests bend them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

PNG_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"


def png(width: int = 4, height: int = 3) -> bytes:
    end = b"\x00\x00\x00\x00IEND\xaeB`\x82"
    return PNG_START + struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0) + b"\x00\x00\x00\x00" + end


def gif(width: int = 4, height: int = 3) -> bytes:
    return b"GIF89a" + struct.pack("<2H", width, height) + b"\x80\x00\x00\x00\x00\x00\xff\xff\xff;"


def jpeg(width: int = 4, height: int = 3) -> bytes:
    application = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = (
        b"\xff\xff\xc0\x00\x11\x08" + struct.pack(">2H", height, width) + b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    )
    return b"\xff\xd8" + application + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\xff\xd9"


def webp(width: int = 4, height: int = 3, *, form: bytes = b"VP8X") -> bytes:
    body = {
        b"VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little"),
        b"VP8 ": b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<2H", width, height),
    }[form]
    return b"RIFF" + struct.pack("<L", 12 + len(body)) + b"WEBP" + form + struct.pack("<L", len(body)) + body


def pdf(inside: bytes = b"") -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + inside + b"1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n"


def packed(entries: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip; an entry called `mimetype` is stored as it is, as OpenDocument wants it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as container:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            container.writestr(info, content)
    return buffer.getvalue()


def office(folder: str, **more: bytes) -> bytes:
    return packed(
        {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<r/>", f"{folder}/document.xml": b"<d/>", **more}
    )


def open_document(subtype: str, **more: bytes) -> bytes:
    content_type = f"application/vnd.oasis.opendocument.{subtype}".encode()
    return packed({"mimetype": content_type, "content.xml": b"<d/>", "META-INF/manifest.xml": b"<m/>", **more})


GOOD: dict[str, bytes] = {
    "report.pdf": pdf(),
    "rack.png": png(),
    "rack.jpg": jpeg(),
    "RACK.JPEG": jpeg(),
    "rack.gif": gif(),
    "rack.webp": webp(),
    "lossless.webp": webp(form=b"VP8L"),
    "lossy.webp": webp(form=b"VP8 "),
    "notes.txt": "Grüße aus Wien 🚒\n".encode(),
    "windows.txt": b"\xef\xbb\xbfwith a mark\r\n",
    "runbook.md": b"<h1 align=center>Runbook</h1>\n\n1. call\n\n<script>alert(1)</script>\n",
    "remark.md": b"<!-- markdownlint-disable -->\n# Runbook\n",
    "export.log": b'<?xml version="1.0"?>\n<config/>\n',
    "hosts.csv": b"name;address\nfw-01;10.0.0.1\n",
    "syslog.log": b"Nov 24 12:00:01 fw-01 kernel: up\n" * 4000,
    "state.json": b' {"state": "up"}',
    "lines.json": b'{"a": 1}\n{"a": 2}\n',
    "compose.yaml": b"services: {}\n",
    "compose.yml": b"services: {}\n",
    "plan.docx": office("word"),
    "plan.xlsx": office("xl"),
    "plan.pptx": office("ppt"),
    "network.vsdx": office("visio"),
    "plan.odt": open_document("text"),
    "plan.ods": open_document("spreadsheet"),
    "plan.odp": open_document("presentation"),
    "configs.zip": packed({"fw/running.cfg": b"hostname fw-01\n" * 50, "fw/empty/": b""}),
}

"""Uploaded files: good ones are kept as they are, what is not what its name says is refused in words."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import time
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection, transaction
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.utils.datastructures import MultiValueDict

from kernel import files
from kernel.errors import Invalid
from kernel.filekinds import KINDS, MAX_ENTRIES, MAX_UNPACKED
from kernel.forms import UploadField
from kernel.middleware import UploadLimitMiddleware
from kernel.models import StoredFile
from tests.kernel.files import GOOD, gif, jpeg, office, open_document, packed, pdf, png, webp
from tests.processes import ROOT

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def upload(name: str, content: bytes, content_type: str = "application/x-anything") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def entry(name: str = "a.txt", *, mode: int = 0, encrypted: bool = False) -> bytes:
    """A zip with one entry that is bent."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        container.writestr(info, b"x")
    content = buffer.getvalue()
    if encrypted:
        at = content.index(b"PK\x01\x02")
        content = content[: at + 8] + b"\x01" + content[at + 9 :]
    return content


def declaring(size: int) -> bytes:
    """A zip whose list says that its one entry unpacks to so many bytes."""
    content = packed({"a.txt": b"x"})
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<L", size) + content[at + 4 :]


def overlapping() -> bytes:
    """A zip whose entries are all the same bytes: a few kilobytes that unpack to any size."""
    content = packed({"a": b"0123456789" * 100}, method=zipfile.ZIP_STORED)
    at, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    listed = content[at:end] * 50
    return content[:at] + listed + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 50, 50, len(listed), at, 0)


def crowded(*, declared: int | None = None) -> bytes:
    content = packed({f"{number}": b"" for number in range(MAX_ENTRIES + 1)})
    if declared is not None:
        at = content.rindex(b"PK\x05\x06") + 8
        content = content[:at] + struct.pack("<2H", declared, declared) + content[at + 4 :]
    return content


def longer_than_it_says(number: int) -> bytes:
    """A zip that hides how long its list is behind a second one, of zip64."""
    name = b"PK\x01\x02" + struct.pack("<6H3L5H2L", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    start, listed = b"PK\x03\x04" + bytes(26), name * number
    real = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, number, number, len(listed), len(start))
    pointer = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(start) + len(listed), 1)
    return start + listed + real + pointer + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(name), 30, 0)


PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
REFUSED = {
    # names that are not taken, whatever is in them
    "a page": ("page.html", PAGE, "kind"),
    "a drawing with scripts": ("logo.svg", SVG, "kind"),
    "a script": ("run.sh", b"#!/bin/sh\n", "kind"),
    "a program": ("run.exe", b"MZ\x90\x00", "kind"),
    "macros by name": ("plan.docm", office("word"), "kind"),
    "two endings": ("rack.png.html", PAGE, "kind"),
    "no ending": ("README", b"hello", "kind"),
    "only an ending": (".pdf", pdf(), "kind"),
    "the direction of reading turned": ("rack\u202egnp.exe", b"MZ\x90\x00", "kind"),
    "nothing in it": ("empty.txt", b"", "empty"),
    # contents that are not what the name says
    "a page named picture": ("rack.png", PAGE, "not what its name"),
    "a drawing named picture": ("rack.jpg", SVG, "not what its name"),
    "a picture named otherwise": ("rack.gif", png(), "not what its name"),
    "a page named text": ("page.txt", b"\n  " + PAGE, "web page or a script"),
    "a page named text, after a mark": ("page.txt", b"\xef\xbb\xbf" + PAGE, "web page or a script"),
    "a page behind a remark": ("page.md", b"<!-- x -->" + PAGE, "web page or a script"),
    "a drawing named text": ("logo.txt", SVG, "web page or a script"),
    "a drawing named data": ("logo.json", b'<?xml version="1.0"?>' + SVG, "web page or a script"),
    "a script named text": ("run.txt", b"#!/bin/sh\nrm -rf /\n", "web page or a script"),
    "a page on a server named text": ("index.txt", b"<?php system($_GET[0]);", "web page or a script"),
    "a document named text": ("plan.txt", pdf(), "not what its name"),
    "words named data": ("state.json", b"hello", "not what its name"),
    "a zip named document": ("plan.docx", packed({"a.txt": b"x"}), "not what its name"),
    "a sheet named document": ("plan.docx", office("xl"), "not what its name"),
    "one open document named another": ("plan.odt", open_document("spreadsheet"), "not what its name"),
    "a template's type that begins alike": ("plan.odt", open_document("text-template"), "not what its name"),
    "an old or locked document": ("plan.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not what its name"),
    "half a document": ("report.pdf", pdf()[:-8], "not what its name"),
    "half a picture": ("rack.jpg", jpeg()[:20], "not what its name"),
    "a picture's first bytes alone": ("rack.webp", b"RIFF\x00\x00\x00\x00WEBPVP8L", "not what its name"),
    "half a zip": ("configs.zip", GOOD["configs.zip"][:-30], "not what its name"),
    # two files in one
    "a document behind a page": ("report.pdf", PAGE + pdf(), "not what its name"),
    "a page in a document's head": ("report.pdf", pdf(PAGE), "web page or a script"),
    "a picture that is a script": (
        "rack.gif",
        b"GIF89a\x01\x00\x01\x00=1;/*<script>*/alert(1)",
        "web page or a script",
    ),
    "a picture with an archive behind it": ("rack.gif", gif() + packed({"A.class": b"x"}), "archive is hidden"),
    "a document with an archive behind it": ("report.pdf", pdf() + packed({"a": b"x"}) + b"%%EOF", "archive is hidden"),
    "a program that unpacks itself": ("configs.zip", b"MZ\x90\x00" + GOOD["configs.zip"], "not what its name"),
    # text
    "NUL": ("notes.txt", b"a\0b", "NUL"),
    "UTF-16": ("notes.csv", "a;b\n".encode("utf-16"), "NUL"),
    "Windows": ("notes.csv", "Größe".encode("cp1252"), "not UTF-8"),
    "a letter cut in two": ("notes.txt", "ü".encode()[:1], "not UTF-8"),
    # sizes
    "a giant picture": ("rack.png", png(50_000, 50_000), "50000 × 50000"),
    "a giant picture, GIF": ("rack.gif", gif(65_535, 65_535), "65535 × 65535"),
    "a giant picture, JPEG": ("rack.jpg", jpeg(65_535, 65_535), "65535 × 65535"),
    "a giant picture, WebP": ("rack.webp", webp(16_383, 16_383, form=b"VP8 "), "16383 × 16383"),
    "a picture of segments without end": ("rack.jpg", b"\xff\xd8" + b"\xff" * 20_000_000, "not what its name"),
    "a picture of nothing": ("rack.png", png(0, 3), "not what its name"),
    # containers
    "a bomb": ("bomb.zip", packed({"a": bytes(30_000_000)}), "too large"),
    "a bomb named document": ("plan.xlsx", office("xl", bomb=bytes(30_000_000)), "too large"),
    "a bomb that declares itself": ("bomb.zip", declaring(MAX_UNPACKED + 1), "too large"),
    "a bomb of one file many times": ("bomb.zip", overlapping(), "damaged"),
    "bombs in a bomb": ("bomb.zip", packed({"lib 0.zip": packed({"a": bytes(100_000)})}), "another archive, lib 0.zip"),
    "too many files": ("many.zip", crowded(), "more than 5000 files"),
    "too many files that are not declared": ("many.zip", crowded(declared=1), "more than 5000 files"),
    "too many files behind a second list": ("many.zip", longer_than_it_says(300_000), "more than 5000 files"),
    "a way up": ("up.zip", entry("../../etc/cron.d/x"), "outside of its folder"),
    "a way up in the middle": ("up.zip", entry("a/../../x"), "outside of its folder"),
    "a way up, Windows": ("up.zip", entry("..\\..\\x"), "outside of its folder"),
    "a whole path": ("up.zip", entry("/etc/passwd"), "outside of its folder"),
    "a drive": ("up.zip", entry("C:\\x"), "outside of its folder"),
    "a link": ("link.zip", entry("a", mode=stat.S_IFLNK | 0o777), "link to another file"),
    "a locked file": ("locked.zip", entry(encrypted=True), "encrypted"),
    "macros": ("plan.docx", office("word", **{"word/vbaProject.bin": b"x"}), "macros"),
    "macros, open": ("plan.odt", open_document("text", **{"Basic/script-lc.xml": b"x"}), "macros"),
    "no files": ("none.zip", packed({}), "not what its name"),
    "a list that leads nowhere": (
        "bad.zip",
        b"PK\x03\x04" + bytes(40) + b"PK\x05\x06" + b"\x01" * 18,
        "damaged|more than",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_of_each_kind_is_taken_and_left_at_its_beginning(name: str) -> None:
    content = GOOD[name]
    file = upload(name, content, "text/html")
    checked = files.check(file)
    assert (checked.name, checked.size) == (name, len(content))
    assert "html" not in checked.content_type
    assert file.read() == content


def test_every_kind_has_a_good_file() -> None:
    assert {name.rpartition(".")[2].lower() for name in GOOD} == set(KINDS)


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_what_its_name_says_is_refused_in_words(case: str) -> None:
    name, content, why = REFUSED[case]
    began = time.process_time()
    with pytest.raises(Invalid, match=why) as refused:
        files.check(upload(name, content, "image/png"))
    assert time.process_time() - began < 1, "looking at it is itself an attack"
    assert (refused.value.field, refused.value.code) == ("file", "file_refused")
    assert files.clean_name(name) in refused.value.message
    assert "Allowed are pdf, png," in refused.value.message


def test_a_file_is_taken_up_to_the_limit_and_not_beyond(settings) -> None:
    settings.MAX_UPLOAD_MB = 1
    files.check(upload("notes.txt", b"a" * 1024 * 1024))
    with pytest.raises(Invalid, match=r"too large\..*at most 1 MB"):
        files.check(upload("notes.txt", b"a" * (1024 * 1024 + 1)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
        ("plan\u202efdp.exe", "planfdp.exe"),
        ("\u2066plan\u2069\u200b.pdf", "plan.pdf"),
        ('a\r\nX-Evil: 1"\x1b[31m.pdf', 'aX-Evil: 1"[31m.pdf'),
        ("a\0.pdf", "a.pdf"),
        (".htaccess", "htaccess"),
        ("plan.pdf. . ", "plan.pdf"),
        ("  a   b .pdf", "a b.pdf"),
        ("Übersicht Réseau 東京.pdf", "Übersicht Réseau 東京.pdf"),
        ("U\u0308bersicht.pdf", "Übersicht.pdf"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
        ("a." + "b" * 300, ("a." + "b" * 300)[:200]),
        ("", ""),
        ("\u202e", ""),
    ],
)
def test_a_name_is_cleaned(given: str, kept: str) -> None:
    assert files.clean_name(given) == kept
    assert len(kept) <= 200


# --- keeping ----------------------------------------------------------------------------------------------------
@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def kept(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_file_is_kept_as_it_is_under_a_name_that_says_nothing(media: Path) -> None:
    stored = files.store(upload("../Plan.PDF", pdf(), "text/html"), at=NOON)
    stored = StoredFile.objects.get(token=stored.token)
    [path] = kept(media)
    assert path.read_bytes() == pdf()
    assert (stored.name, stored.content_type, stored.size) == ("Plan.PDF", "application/pdf", len(pdf()))
    assert stored.sha256 == hashlib.sha256(pdf()).hexdigest()
    assert stored.created_at == NOON
    assert len(path.name) == 32
    assert path.parent.name == path.name[:2]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.django_db
def test_a_large_upload_is_kept_from_its_temporary_file(media: Path) -> None:
    content = b"0123456789abcdef" * 200_000
    with TemporaryUploadedFile("big.log", "text/plain", len(content), None) as large:
        large.write(content)
        stored = files.store(large, at=NOON)
    assert stored.size == len(content)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.django_db
def test_what_is_refused_leaves_nothing_behind(media: Path) -> None:
    with pytest.raises(Invalid):
        files.store(upload("rack.png", PAGE), at=NOON)
    assert not StoredFile.objects.exists()
    assert not kept(media)


@pytest.mark.django_db
def test_a_row_that_cannot_be_written_takes_its_file_along(media: Path, monkeypatch) -> None:
    def fails(*_args: object, **_kwargs: object) -> None:
        raise OSError

    monkeypatch.setattr(StoredFile, "save", fails)
    with pytest.raises(OSError):  # noqa: PT011
        files.store(upload("report.pdf", pdf()), at=NOON)
    assert not kept(media)


@pytest.mark.django_db
def test_a_file_leaves_with_the_commit_that_forgets_it(media: Path, django_capture_on_commit_callbacks) -> None:
    stored = files.store(upload("report.pdf", pdf()), at=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        files.forget(stored)
        assert kept(media), "the transaction may still be rolled back"
    assert not StoredFile.objects.exists()
    assert not kept(media)


@pytest.mark.django_db(transaction=True)
def test_a_file_stays_when_forgetting_is_taken_back(media: Path) -> None:
    stored = files.store(upload("report.pdf", pdf()), at=NOON)
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        files.forget(stored)
        raise RuntimeError
    assert connection.in_atomic_block is False
    with closing(files.serve(StoredFile.objects.get())) as response:
        assert b"".join(response) == pdf()


# --- serving ----------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_file_is_served_as_a_download_that_no_browser_runs(media: Path) -> None:
    stored = files.store(upload('Übersicht "A".pdf', pdf(), "text/html"), at=NOON)
    with closing(files.serve(stored)) as response:
        assert b"".join(response) == pdf()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%C3%9Cbersicht%20%22A%22.pdf"
    assert response["Content-Length"] == str(len(pdf()))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_a_file_that_is_gone_is_not_found_and_stands_in_the_log(media: Path, caplog) -> None:
    stored = files.store(upload("report.pdf", pdf()), at=NOON)
    kept(media)[0].unlink()
    with pytest.raises(Http404):
        files.serve(stored)
    assert str(stored.token) in caplog.text


@pytest.mark.django_db
def test_no_address_leads_to_the_folder(media: Path, client) -> None:
    stored = files.store(upload("report.pdf", pdf()), at=NOON)
    for address in (f"/media/{stored.file.name}", f"/{stored.file.name}", f"/var/media/{stored.file.name}"):
        assert client.get(address).status_code == 404


# --- requests and forms -----------------------------------------------------------------------------------------
class Example(forms.Form):
    file = UploadField(label="Plan")


def example(**uploads: SimpleUploadedFile) -> Example:
    return Example({}, MultiValueDict({name: [file] for name, file in uploads.items()}))


def test_the_field_says_what_it_takes_and_refuses_the_rest_beside_itself() -> None:
    form = example(file=upload("rack.png", PAGE))
    assert "not what its name says" in form.errors["file"][0]
    html = str(form)
    assert 'accept=".pdf,.png,' in html
    assert "At most 25 MB" in html
    assert 'aria-describedby="id_file_helptext id_file_error"' in html or 'aria-invalid="true"' in html


def test_the_field_gives_the_operation_the_upload() -> None:
    file = upload("report.pdf", pdf())
    form = example(file=file)
    assert form.is_valid()
    assert form.cleaned_data["file"] is file
    assert not example().is_valid()


class Unread(io.BytesIO):
    """A body that must not be read."""

    def read(self, *_args: int | None) -> bytes:
        raise AssertionError("read before it was refused")


LIMIT = 25 * 1024 * 1024 + 2_621_440


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in/", "/api/v1/incidents/"])
def test_a_form_that_is_too_long_is_refused_before_it_is_read(path: str, client) -> None:
    response = client.generic(
        "POST",
        path,
        b"x",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(LIMIT + 1),
        **{"wsgi.input": Unread()},
    )
    assert response.status_code == 413
    assert ("problem+json" in response["Content-Type"]) == path.startswith("/api/")


@pytest.mark.parametrize("length", ["", "x", str(LIMIT)])
def test_other_forms_go_on(length: str) -> None:
    request = RequestFactory().generic("POST", "/", b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=length)
    assert UploadLimitMiddleware(lambda _request: HttpResponse("on"))(request).content == b"on"


@pytest.mark.django_db
def test_a_form_of_many_files_is_refused(client) -> None:
    assert client.post("/sign-in/", {f"file{number}": upload("a.txt", b"a") for number in range(11)}).status_code == 400


def test_the_sample_of_a_proxy_lets_through_what_is_taken() -> None:
    assert "client_max_body_size 28m;" in (ROOT / "deploy" / "nginx.conf").read_text()
    assert LIMIT <= 28 * 1024 * 1024

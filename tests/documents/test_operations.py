"""Uploads are cleaned before they are kept, and what is not a picture or a PDF is refused with words."""

import io
from datetime import UTC, datetime

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.shared.actors import system_actor
from huzhu.shared.uploads import UploadRefused

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def _picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind, **options)
    return out.getvalue()


def _pdf(**root: object) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    for name, value in root.items():
        pdf.Root[f"/{name}"] = value
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def _store(name: str, content: bytes):
    return documents.store_upload(
        upload=SimpleUploadedFile(name, content), kind=FileKind.PROOF, employer_id=7, by=system_actor(), at=NOON
    )


def test_a_picture_is_kept_without_what_the_camera_wrote():
    exif = Image.Exif()
    exif[0x9286] = "Guangzhou"
    file = _store("在职证明.jpg", _picture(exif=exif))
    kept = documents.read_file(file=file)
    assert (file.media_type, file.employer_id, file.name) == ("image/jpeg", 7, "在职证明.jpg")
    assert b"Guangzhou" not in kept
    assert Image.open(io.BytesIO(kept)).size == (640, 480)


def test_a_large_picture_is_reduced():
    kept = documents.read_file(file=_store("photo.png", _picture("PNG", (6000, 4000))))
    assert len(kept) <= documents.MOST_STORED_BYTES
    assert max(Image.open(io.BytesIO(kept)).size) == documents.LONGEST_EDGE


def test_a_pdf_loses_what_acts():
    script = pikepdf.Dictionary(S=pikepdf.Name("/JavaScript"), JS=pikepdf.String("app.alert(1)"))
    file = _store("proof.pdf", _pdf(OpenAction=script))
    assert b"JavaScript" not in documents.read_file(file=file)
    assert file.page_count == 1


def test_a_stored_name_tells_nothing():
    file = _store("../../etc/张三的证明.jpg", _picture())
    assert file.name == "张三的证明.jpg"
    assert "张三" not in file.stored_as


def _locked_pdf() -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(user="secret", owner="secret"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.html", b"<script>alert(1)</script>", "file_kind"),
        ("page.jpg", b"<script>alert(1)</script>", "file_unreadable"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "file_kind"),
        ("really-png.jpg", _picture("PNG"), "file_kind"),
        ("polyglot.pdf", b"MZ" + b"%PDF-1.7", "file_kind"),
        ("cut.pdf", b"%PDF-1.7 nothing more", "file_unreadable"),
        ("cut.jpg", _picture()[:200], "file_unreadable"),
        ("locked.pdf", _locked_pdf(), "file_encrypted"),
        ("empty.png", b"", "file_unreadable"),
        ("program.exe", b"MZ", "file_kind"),
        ("no-ending", _picture(), "file_kind"),
        ("tiff.png", _picture("TIFF"), "file_unreadable"),
    ],
)
def test_what_is_no_picture_or_pdf_is_refused_with_words(name: str, content: bytes, code: str):
    with pytest.raises(UploadRefused) as refusal:
        _store(name, content)
    assert refusal.value.code == code
    assert name.rsplit("/", 1)[-1] in refusal.value.message
    assert refusal.value.remedy


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(documents, "MOST_PIXELS", 100)
    with pytest.raises(UploadRefused) as refusal:
        _store("bomb.png", _picture("PNG"))
    assert refusal.value.code == "picture_too_large"


def test_a_file_too_large_is_refused_unread(monkeypatch):
    monkeypatch.setattr(documents, "MOST_UPLOAD_BYTES", 100)
    with pytest.raises(UploadRefused) as refusal:
        _store("big.jpg", _picture())
    assert refusal.value.code == "file_too_large"

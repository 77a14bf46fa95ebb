"""Taking files in: only pictures and PDFs, cleaned before they are kept; and keeping what the system itself makes."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath

import pikepdf
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from pikepdf import sanitize
from PIL import Image, ImageOps, UnidentifiedImageError

from huzhu.documents.models import StoredFile
from huzhu.shared.actors import Actor
from huzhu.shared.uploads import UploadRefused

MOST_UPLOAD_BYTES = 20 * 1024 * 1024
MOST_STORED_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 120_000_000
LONGEST_EDGE = 3200
Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow refuses twice that by itself, before it decodes anything
ACTIVE_CONTENT = (
    sanitize.remove_javascript,
    sanitize.remove_attachments,
    sanitize.remove_external_access,
    sanitize.remove_multimedia,
)
PICTURE_FORMATS = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",)}


def store_upload(*, upload: File, kind: str, employer_id: int | None, by: Actor, at: datetime) -> StoredFile:
    """
    This function will clean and keep one picture (jpg, png) or PDF.

    Pictures are re-encoded without their metadata and reduced to 5 MB; PDFs lose scripts, attachments and links out.

    :raises UploadRefused: if extension, first bytes and a real parse do not agree, or the file is too large, locked or damaged
    """
    name = PurePosixPath(str(upload.name).replace("\\", "/")).name[-200:] or "未命名"
    if (upload.size or 0) > MOST_UPLOAD_BYTES:
        raise UploadRefused("file_too_large", f"文件“{name}”超过20MB。", "请压缩或重新拍照后再上传。")
    content = upload.read()
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".pdf":
        cleaned, media_type = _clean_pdf(content, name), "application/pdf"
        pages = _count_pages(cleaned)
    elif suffix in (".jpg", ".jpeg", ".png"):
        cleaned, media_type, pages = _clean_picture(content, name, suffix), "image/jpeg", 1
    else:
        raise UploadRefused("file_kind", f"文件“{name}”的格式不支持。", "请上传 JPG、PNG 图片或 PDF 文件。")
    return store_bytes(
        content=cleaned,
        name=name,
        kind=kind,
        media_type=media_type,
        employer_id=employer_id,
        by=by,
        at=at,
        page_count=pages,
    )


def store_bytes(
    *,
    content: bytes,
    name: str,
    kind: str,
    media_type: str,
    employer_id: int | None,
    by: Actor,
    at: datetime,
    page_count: int | None = None,
) -> StoredFile:
    """
    This function will keep bytes that need no cleaning: what the system made, or a table that its own reader guards.
    """
    identity = uuid.uuid4()
    stored_as = default_storage.save(f"{at:%Y/%m}/{identity.hex}", ContentFile(content))
    return StoredFile.objects.create(
        id=identity,
        kind=kind,
        employer_id=employer_id,
        name=name,
        stored_as=stored_as,
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        page_count=page_count,
        uploaded_by_id=by.user_id,
        uploaded_at=at,
    )


def read_file(*, file: StoredFile) -> bytes:
    """This function will read the bytes of a stored file."""
    with default_storage.open(file.stored_as, "rb") as stored:
        return stored.read()


def remove_files(*, file_ids: Iterable[uuid.UUID]) -> None:
    """
    This function will forget files whose time is over: the rows in the caller's transaction, the bytes when it has committed.
    """
    found = StoredFile.objects.filter(pk__in=list(file_ids))
    names = list(found.values_list("stored_as", flat=True))
    found.delete()

    def remove_bytes() -> None:
        for name in names:
            default_storage.delete(name)

    transaction.on_commit(remove_bytes)


def _clean_picture(content: bytes, name: str, suffix: str) -> bytes:
    """One picture as a plain JPEG: turned upright, no metadata, at most 5 MB."""
    try:
        with Image.open(io.BytesIO(content), formats=list(PICTURE_FORMATS)) as picture:
            if suffix not in PICTURE_FORMATS[picture.format or ""]:
                raise UploadRefused("file_kind", f"文件“{name}”的内容与扩展名不一致。", "请用原始照片重新上传。")
            if picture.width * picture.height > MOST_PIXELS:
                raise UploadRefused("picture_too_large", f"图片“{name}”超过1.2亿像素。", "请降低分辨率后再上传。")
            picture.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except UploadRefused:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError, Image.DecompressionBombError) as error:
        raise UploadRefused(
            "file_unreadable", f"图片“{name}”无法打开，可能已损坏。", "请重新拍照或导出后上传。"
        ) from error
    upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    for quality in (88, 75, 60):
        out = io.BytesIO()
        upright.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= MOST_STORED_BYTES:
            break
    return out.getvalue()


def _clean_pdf(content: bytes, name: str) -> bytes:
    """One PDF without anything that acts."""
    if not content.startswith(b"%PDF-"):
        raise UploadRefused("file_kind", f"文件“{name}”不是有效的 PDF。", "请重新导出后上传。")
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            for remove in ACTIVE_CONTENT:
                remove(pdf)
            out = io.BytesIO()
            pdf.save(out)
    except pikepdf.PasswordError as error:
        raise UploadRefused("file_encrypted", f"文件“{name}”已加密。", "请取消密码后再上传。") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, RecursionError) as error:
        raise UploadRefused("file_unreadable", f"文件“{name}”无法打开，可能已损坏。", "请重新导出后上传。") from error
    return out.getvalue()


def _count_pages(content: bytes) -> int:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return len(pdf.pages)

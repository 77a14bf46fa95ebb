"""Pictures the demo's clerks upload: a sheet of paper with a red seal."""

from __future__ import annotations

import io
from functools import cache

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw


@cache
def _sealed_sheet() -> bytes:
    sheet = Image.new("RGB", (900, 1270), "white")
    pen = ImageDraw.Draw(sheet)
    for line in range(18):
        pen.rectangle((90, 140 + line * 45, 810 - (line % 4) * 90, 150 + line * 45), fill="#9aa0a6")
    pen.ellipse((560, 960, 790, 1190), outline="#c62828", width=9)
    pen.polygon([(675, 1010), (700, 1110), (615, 1050), (735, 1050), (650, 1110)], fill="#c62828")
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=80)
    return out.getvalue()


def photo(name: str) -> SimpleUploadedFile:
    """
    This function will make the photo of a stamped sheet, as a phone would upload it.
    """
    return SimpleUploadedFile(name, _sealed_sheet(), content_type="image/jpeg")

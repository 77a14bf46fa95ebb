"""Handing out papers that are set on demand: PDFs of our own making, shown in the browser or saved (`?save=1`)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from huzhu.web.files import POLICY


def answer_pdf(request: HttpRequest, *, content: bytes, name: str) -> HttpResponse:
    """
    This function will answer with one PDF under the name it should be kept by.
    """
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header("save" in request.GET, f"{name}.pdf")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    response["Cache-Control"] = "private, no-store"
    return response

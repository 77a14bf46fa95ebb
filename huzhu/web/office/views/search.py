"""Global search."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from huzhu.web.search import page


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The page: one query per kind of record."""
    return page.answer(request, template="office/search/search.html")

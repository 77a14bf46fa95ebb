"""The page of both sides: hints when it is opened, results when words are posted, and no words in an address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from huzhu.web import search


def answer(request: HttpRequest, *, template: str) -> HttpResponse:
    """
    This function will show the empty page to GET and the results to POST, or lead straight to the record whose number was typed.

    An address with anything behind its question mark is refused: it would stay in histories and logs (security.md §4).
    """
    if request.GET:
        return render(request, template, {"is_refused": True}, status=400)
    if request.method != "POST":
        return render(request, template)
    words = search.read(request.POST.get("q", ""), near=request.POST.get("near", ""))
    found = search.search(by=request.actor, words=words)
    if record := found.only_record:
        return redirect(record.url)
    return render(request, template, {"found": found, "limit": search.LIMIT})

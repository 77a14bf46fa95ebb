"""下载电子保单 for both audiences: kept ones at once, small ones set on demand, large ones when their job has run."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from huzhu.documents import operations as documents
from huzhu.documents.models import StoredFile
from huzhu.policies import operations as policies
from huzhu.policies import papers
from huzhu.policies.models import Policy, PolicyVersion
from huzhu.policies.versions import get_version
from huzhu.shared.actors import system_actor
from huzhu.web.papers import answer_pdf


def answer_policy(request: HttpRequest, policy: Policy, version: PolicyVersion | None = None) -> HttpResponse:
    """
    This function will answer with the e-policy of a version, the latest if none is named, as a PDF, or, while the job of a large
    one has not run, with a page that asks again.

    :param policy: visible to who asks
    """
    version = version or get_version(policy=policy)
    if version.document_id is None and version.member_count > policies.MOST_ON_DEMAND:
        template = "policies/making.html#waiting" if request.htmx else "policies/making.html"
        return render(request, template, {"policy": policy, "shell": f"shell_{request.actor.side}.html"})
    if request.htmx:  # the waiting page asked: it is there now
        return HttpResponse(headers={"HX-Redirect": request.path})
    file = policies.make_document(policy_id=policy.pk, number=version.number, by=system_actor(), at=timezone.now())
    name = f"电子保单{policy.number}{policies.get_suffix(version)}"
    return answer_pdf(request, content=_read(file), name=name)


def answer_confirmation(request: HttpRequest, policy: Policy) -> HttpResponse:
    """
    This function will answer with the 参保确认书 alone.
    """
    content = papers.make_confirmation_pdf(policy=policy)
    return answer_pdf(request, content=content, name=f"参保确认书{policy.number}")


def answer_file(request: HttpRequest, file: StoredFile | None, *, name: str) -> HttpResponse:
    """
    This function will answer with a kept PDF.
    """
    if file is None:
        raise Http404
    return answer_pdf(request, content=_read(file), name=name)


def _read(file: StoredFile) -> bytes:
    try:
        return documents.read_file(file=file)
    except FileNotFoundError as error:
        raise Http404 from error

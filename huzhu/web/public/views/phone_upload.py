"""手机扫码上传: what a phone sees behind the QR code of a proof slot. It names nobody and takes files for that slot alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment.models import PhoneLink
from huzhu.enrolment.states import ProofKind
from huzhu.journeys.upload_enrolment_papers import upload_from_phone
from huzhu.shared.uploads import UploadRefused
from huzhu.web.presenters.proofs import MUST_SHOW

FIELDS = ("photo", "file")


@require_http_methods(["GET", "HEAD", "POST"])
def phone_upload(request: HttpRequest, token: str) -> HttpResponse:
    """One slot on a phone: what is wanted, photograph or choose, what has arrived."""
    at, error = timezone.now(), ""
    try:
        link = enrolment.find_phone_link(token=token, at=at)
        if request.method == "POST":
            uploads = [upload for field in FIELDS for upload in request.FILES.getlist(field)]
            try:
                if not uploads:
                    raise UploadRefused("file_missing", "还没有选择文件。", "请拍照，或选择 JPG、PNG 图片或 PDF 文件。")
                upload_from_phone(
                    token=token,
                    uploads=uploads,
                    address=request.META.get("REMOTE_ADDR", ""),
                    device=request.headers.get("User-Agent", ""),
                    at=at,
                )
            except UploadRefused as refusal:
                error = str(refusal)
            else:
                return _back(request, token)
    except enrolment.PhoneLinkForged:
        return _over(request, "没有这个上传地址，请在电脑上重新扫码。", status=404)
    except enrolment.PhoneLinkOver as over:
        return _over(request, str(over), status=410)
    if error and request.headers.get("HX-Request"):
        return HttpResponse(error, status=422, content_type="text/plain; charset=utf-8")
    return render(request, "public/phone/upload.html", _describe(link, token, error), status=422 if error else 200)


def _describe(link: PhoneLink, token: str, error: str) -> dict[str, object]:
    return {
        "link": link,
        "label": ProofKind(link.kind).label,
        "must_show": MUST_SHOW[ProofKind(link.kind)],
        "upload_url": reverse("public:phone-upload", args=[token]),
        "error": error,
    }


def _back(request: HttpRequest, token: str) -> HttpResponse:
    url = reverse("public:phone-upload", args=[token])
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _over(request: HttpRequest, words: str, *, status: int) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
    return render(request, "public/phone/over.html", {"words": words}, status=status)

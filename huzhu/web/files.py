"""Handing out stored files: only to whom the file's employer is visible, never as a page of our own."""

from __future__ import annotations

import uuid

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from huzhu.accounts.roles import EMPLOYER_ENROLLERS, StaffRole
from huzhu.audit import operations as audit
from huzhu.documents.models import FileKind, StoredFile
from huzhu.employers.models import Employer, Registration
from huzhu.shared.actors import Actor, Side

# What a browser may show inside its window; everything else is saved to disk.
SHOWN = frozenset({"image/jpeg", "image/png", "application/pdf"})

# A stored file acts on nothing: no scripts, no forms, no other sources. A PDF gets no `sandbox`, with which browsers refuse to
# show it; it was cleaned on the way in, and a viewer runs in an origin of its own.
POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; object-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SANDBOX = f"{POLICY}; sandbox"

# Rosters come back through their own result page, statements through the cashier's.
NEVER = frozenset({FileKind.ROSTER, FileKind.BANK_STATEMENT, FileKind.PAST_POLICIES})
FULL_NUMBERS = frozenset({FileKind.INSURANCE_ROSTER})  # for those who check them; every look is written down
CHECKERS = EMPLOYER_ENROLLERS | {StaffRole.REGISTRAR, StaffRole.REVIEWER, StaffRole.AUDITOR}


@require_safe
def stored_file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """
    One file, shown in the browser (pictures, PDFs) or saved (`?save=1`, and every other kind).

    A file of somebody else answers exactly as one that does not exist.
    """
    file = get_visible(request.actor).filter(pk=file_id).first()
    if file is None or not default_storage.exists(file.stored_as):
        raise Http404
    if file.kind in FULL_NUMBERS:
        label = f"下载{file.get_kind_display()}"
        audit.record("documents.read", label=label, subject=file, by=request.actor, at=timezone.now())
    is_shown = file.media_type in SHOWN and "save" not in request.GET
    response = FileResponse(
        default_storage.open(file.stored_as, "rb"),
        as_attachment=not is_shown,
        filename=_safe_name(file.name),
        content_type=file.media_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY if file.media_type == "application/pdf" else SANDBOX
    response["Cache-Control"] = "private, no-store"
    return response


def get_visible(actor: Actor) -> QuerySet[StoredFile]:
    """
    The files somebody may open: an employer's people those of their employer; staff those of the employers in their subtree, and
    the certificates of registrations there, which belong to nobody yet.
    """
    files = StoredFile.objects.exclude(kind__in=NEVER)
    if not actor.has_any(CHECKERS):
        files = files.exclude(kind__in=FULL_NUMBERS)
    if actor.side == Side.EMPLOYER and actor.employer_id:
        return files.filter(employer_id=actor.employer_id)
    if actor.side == Side.OFFICE:
        employers = Employer.objects.visible_to(actor).values("pk")
        certificates = Registration.objects.visible_to(actor).values("certificate_id")
        return files.filter(Q(employer_id__in=employers) | Q(pk__in=certificates))
    return files.none()


def _safe_name(name: str) -> str:
    """The clerk's file name without characters that could end a header or hide what the file is."""
    kept = "".join(char for char in name if char.isprintable() and char not in '/\\:*?"<>|')
    return kept.strip(" .") or "文件"

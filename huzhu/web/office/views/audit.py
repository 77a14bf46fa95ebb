"""操作日志, 登录日志: who did what, when, from where and to what. Read only; the rows can not be changed by anybody."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST

from huzhu.accounts import policy
from huzhu.accounts.models import User
from huzhu.accounts.scope import is_of_whole_association
from huzhu.audit import exports
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.ui import values
from huzhu.web import keyset
from huzhu.web.office.forms.audit import AuditFilter, within
from huzhu.web.presenters import audit as presenter

LONGEST_NAME = 80
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, kw_only=True)
class Log:
    """One of the two pages: all events, or those of signing in."""

    title: str
    subtitle: str
    name: str
    export: str
    only_signing_in: bool


ACTS = Log(
    title="操作日志",
    subtitle="登录、查看完整信息、导出和每一次办理都在这里；任何人都不能修改或删除。",
    name="office:audit",
    export="office:audit-export",
    only_signing_in=False,
)
SIGN_INS = Log(
    title="登录日志",
    subtitle="谁在何时、从哪里登录或退出，以及失败的登录和验证码；任何人都不能修改或删除。",
    name="office:sign-ins",
    export="office:sign-ins-export",
    only_signing_in=True,
)


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, *, log: Log) -> HttpResponse:
    """
    The list, newest first. Three queries: the branches of the filter, the page and its employers; one more when a person is posted.
    """
    form, person, events = _get_events(request, log)
    page = keyset.get_page(events, place=request.POST if person else request.GET)
    return render(
        request,
        "office/audit/list.html",
        {
            "log": log,
            "form": form,
            "lines": presenter.get_lines(page.rows, employers=_get_employers(page.rows)),
            "page": page,
            "person": person,
            "only_subject": _tell_subject(form),
        },
    )


@require_POST
def export(request: HttpRequest, *, log: Log) -> HttpResponse:
    """Exactly what is filtered, as a workbook; the reason is asked for and written down with the file's digest."""
    form, person, events = _get_events(request, log)
    reason, now = request.POST.get("reason", ""), timezone.now()
    rows = list(events.order_by("-pk")[: exports.MOST_ROWS + 1])
    policy.check(request.actor, "audit.export")
    try:
        exports.check_export(count=len(rows), reason=reason)
        content = exports.export_events(
            [presenter.get_cells(line) for line in presenter.get_lines(rows, employers=_get_employers(rows))],
            heads=presenter.HEADS,
            title=log.title,
            filters=form.tell() | ({"操作人": values.mask_name(person)} if person else {}),
            reason=reason,
            by=request.actor,
            at=now,
        )
    except exports.ExportRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect(f"{reverse(log.name)}?{request.GET.urlencode()}")
    name = f"{log.title}{local_date(now):%Y%m%d}.xlsx"
    return HttpResponse(
        content, content_type=XLSX, headers={"Content-Disposition": content_disposition_header(True, name)}
    )


def _get_events(request: HttpRequest, log: Log) -> tuple[AuditFilter, str, QuerySet[AuditEvent]]:
    """The filter as it stands in the address, the posted person, and the events that fit both."""
    form = AuditFilter(request.GET, actor=request.actor)
    events = get_visible(request.actor)
    if log.only_signing_in:
        events = events.filter(event__in=presenter.SIGNING_IN)
    events = form.narrow(events)
    person = " ".join(request.POST.get("person", "").replace("\0", "").split())[:LONGEST_NAME]
    return form, person, _of_person(events, person) if person else events


def _get_employers(events: list[AuditEvent]) -> dict[int, Employer]:
    return Employer.objects.in_bulk({event.employer_id for event in events if event.employer_id})


def get_visible(actor: Actor) -> QuerySet[AuditEvent]:
    """
    This function will give the events somebody may see: those with the whole association all; those of a branch what concerns its
    employers and what its own staff did.
    """
    if is_of_whole_association(actor):
        return AuditEvent.objects.all()
    return AuditEvent.objects.filter(within(actor))


def _of_person(events: QuerySet[AuditEvent], person: str) -> QuerySet[AuditEvent]:
    """The acts of somebody by name, login name or mobile: as they are called now, or as they were when they acted."""
    accounts = list(
        User.objects.filter(Q(name=person) | Q(mobile=person) | Q(login_name=person.lower())).values_list("pk")
    )
    return events.filter(Q(by_id__in=[key for (key,) in accounts]) | Q(by_name=person) | Q(by_person=person))


def _tell_subject(form: AuditFilter) -> str:
    """The one subject that is looked at, in words; empty if all are."""
    kind, number = form.cleaned_data.get("subject"), form.cleaned_data.get("number")
    return f"{presenter.get_subject(kind)} {number or ''}".strip() if kind else ""

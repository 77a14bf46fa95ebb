"""其余人员先行参保."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.journeys.split_enrolment import split_enrolment
from huzhu.web.employer.views.wizard_frame import load


@require_POST
def split(request: HttpRequest, application_id: int) -> HttpResponse:
    """Everybody the reviewer did not mark goes on; the marked stay in the returned application."""
    record = load(request, application_id)
    try:
        part = split_enrolment(application_id=record.pk, by=request.actor, at=timezone.now())
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except enrolment.SplitRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("employer:application", record.pk)
    if part.is_editable:
        messages.warning(
            request,
            f"{part.member_count:,} 人已拆为申请 {part.number}，但单独参保还缺材料（见下方），请补齐后提交；"
            f"须修改的人员留在申请 {record.number}。",
        )
        return redirect("employer:application", part.pk)
    messages.success(
        request,
        f"{part.member_count:,} 人已作为申请 {part.number} 进入初审；其余须修改的人员留在申请 {record.number}，改好后重新提交。",
    )
    return redirect("employer:application", part.pk)


def describe(request: HttpRequest, record: EnrolmentApplication, *, is_returned: bool) -> dict[str, Any]:
    """
    This function will give what the record's page shows of splitting: who may go on, of what it is a part, and its parts.
    """
    may_split = is_returned and permissions.may(request.actor, "enrolment.split", record)
    rest = queries.get_rest(application=record) if may_split else None
    return {
        "rest": rest,
        "rest_label": f"其余 {rest.people:,} 人先行参保" if rest else "",
        "rest_lost": f"{rest.people:,} 人将作为一份新申请立即进入初审，沿用已回传的盖章申请书和材料，参保比例和日期重新校验；"
        f"须修改的 {rest.staying:,} 人留在本申请，改好后须重新提交并盖章。拆分后不能合并。"
        if rest
        else "",
        "split_from": record.split_from,
        "splits": list(record.splits.order_by("pk")),
    }

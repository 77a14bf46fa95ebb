"""单位划转 in words: which employer is meant, what goes along, what has been done."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.employers.models import BranchTransfer, ChangeRequest, Employer, HandOver
from huzhu.employers.states import ChangeState, HandOverState, TransferState
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.enrolment.states import State
from huzhu.journeys.transfer_in_bulk import MOST, Outcome
from huzhu.shared.actors import Actor
from huzhu.ui.values import count_text
from huzhu.web.office.forms.transfers import BulkTransferForm


def get_chosen(request: HttpRequest) -> str:
    """
    This function will give the credit code of the employer from whose record somebody comes; empty without one.
    """
    wanted = request.GET.get("employer", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return ""
    codes = Employer.objects.visible_to(request.actor).filter(pk=wanted).values_list("credit_code", flat=True)
    return codes.first() or ""


def get_lines(*, actor: Actor, branch_id: int | None) -> tuple[str, int]:
    """
    This function will give the employers of one branch as lines to be transferred, code and name, and how many are beyond what
    one act takes.
    """
    if not branch_id:
        return "", 0
    found = Employer.objects.visible_to(actor).filter(branch=branch_id)
    lines = [f"{code}\t{name}" for code, name in found.order_by("pk").values_list("credit_code", "name")[:MOST]]
    return "\n".join(lines), max(found.count() - MOST, 0)


def get_result(outcomes: Sequence[Outcome], form: BulkTransferForm) -> dict[str, object]:
    """
    This function will tell what became of each employer, and keep in the form what was not done.
    """
    left = "\n".join(outcome.words for outcome in outcomes if outcome.transfer is None)
    states = [outcome.transfer.state for outcome in outcomes if outcome.transfer]
    return {
        "outcomes": outcomes,
        "done": states.count(TransferState.ACCEPTED),
        "waits": states.count(TransferState.REQUESTED),
        "refused": len(outcomes) - len(states),
        "form": BulkTransferForm(initial={**form.cleaned_data, "employers": left}),
    }


def get_belongings(employer: Employer) -> list[tuple[str, str]]:
    """
    This function will tell the receiving side what open work an employer brings along: numbers only, the records are
    not theirs yet.
    """
    reviewed = [State.FIRST_REVIEW, State.SECOND_REVIEW]
    applications = EnrolmentApplication.objects.filter(employer=employer, state__in=reviewed).count()
    slips = PaymentSlip.objects.filter(employer=employer, state=SlipState.OPEN).count()
    changes = ChangeRequest.objects.filter(employer=employer, state=ChangeState.PENDING).count()
    hand_overs = HandOver.objects.filter(employer=employer, state=HandOverState.PENDING).count()
    return [
        ("审核中的参保申请", f"{count_text(applications)} 件"),
        ("待缴款的缴款单", f"{count_text(slips)} 张"),
        ("待审核的资料和经办人变更", f"{count_text(changes + hand_overs)} 件"),
    ]


def get_done(made: BranchTransfer) -> str:
    """
    This function will say what asking has led to.
    """
    if made.state == TransferState.ACCEPTED:
        return f"已将{made.employer}划转到{made.to_branch}，即时生效，已通知单位。"
    return f"已提交，由{made.to_branch}的受理员接收后生效；此前{made.employer}仍由{made.from_branch}办理。"

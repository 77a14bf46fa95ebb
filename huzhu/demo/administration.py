"""What the administrators do in the demo: change parameters, one of which waits for the second person, and word lists anew."""

from __future__ import annotations

from datetime import datetime, timedelta

from huzhu.accounts.models import Branch
from huzhu.code_lists import operations as code_lists
from huzhu.demo import office
from huzhu.employers.code_lists import RETURN_WORDS
from huzhu.enrolment.code_lists import RETURN_REASONS
from huzhu.parameters import operations as parameters
from huzhu.parameters.rules import PAYMENT_DAYS, REFERENCE_DAYS_AHEAD, SECOND_REVIEW_LEVEL
from huzhu.shared.calendar import local_date


def change_parameters(*, now: datetime) -> None:
    """
    This function will leave a history: a lead shortened and widened again, a city that reviews itself from next month on, and a
    longer time to pay that nobody has confirmed yet.
    """
    by, day = office.get_actor("xitong"), local_date(now)
    for days_ago, value, reason in ((200, "120", "试行缩短"), (120, "180", "试行结束，恢复原定")):
        at = now - timedelta(days=days_ago)
        parameters.change_parameter(
            key=REFERENCE_DAYS_AHEAD, value=value, effective_from=local_date(at), reason=reason, by=by, at=at
        )
    parameters.change_parameter(
        key=SECOND_REVIEW_LEVEL,
        value="city",
        effective_from=day + timedelta(days=30),
        reason="复审下放试点",
        branch_id=Branch.objects.get(code="4403").pk,
        by=by,
        at=now - timedelta(days=3),
    )
    parameters.change_parameter(
        key=PAYMENT_DAYS,
        value="20",
        effective_from=day + timedelta(days=7),
        reason="年底汇款较慢，放宽缴款期限",
        by=by,
        at=now - timedelta(days=1),
    )


def keep_code_lists(*, now: datetime) -> None:
    """
    This function will leave lists of codes with a history: a reason worded anew, one added, one closed, and one that changes soon.
    """
    by, at = office.get_actor("xitong"), now - timedelta(days=90)
    code_lists.change_entry(
        code_list=RETURN_REASONS,
        code="form_not_sealed",
        words="申请书未盖公章或经办人未签名",
        place=20,
        reason="单位来电询问由谁签名",
        seen=0,
        by=by,
        at=at,
    )
    code_lists.add_entry(
        code_list=RETURN_REASONS,
        code="wrong_plan",
        words="所选保障计划不符合申报意向",
        place=105,
        reason="初审例会纪要",
        by=by,
        at=at,
    )
    code_lists.close_entry(
        code_list=RETURN_WORDS, code="full_name", reason="与第一条重复", seen=0, by=by, at=now - timedelta(days=40)
    )
    code_lists.change_entry(
        code_list=RETURN_WORDS,
        code="picture_unclear",
        words="影像不清晰或不完整，请平铺拍照后重新上传",
        place=30,
        reason="统一口径",
        from_day=local_date(now) + timedelta(days=7),
        seen=0,
        by=by,
        at=now - timedelta(days=2),
    )

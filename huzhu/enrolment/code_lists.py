"""The usual reasons for returning an application: reviewers tick them, employers read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from huzhu.code_lists import queries
from huzhu.code_lists.rules import CodeList, Kept

OTHER: Final = "other"  # says nothing by itself: the words beside it do

RETURN_REASONS: Final = CodeList(
    key="return_reasons",
    label="参保申请退回原因",
    explains="初审、复审退回参保申请时勾选，单位在申请页看到。",
    kept=Kept.OPEN,
    built_in=(
        ("form_unclear", "申请书照片不清晰或不完整"),
        ("form_not_sealed", "申请书未盖公章或未签名"),
        ("form_mismatch", "申请书与申报内容不一致"),
        ("proof_unclear", "证明材料不清晰或不完整"),
        ("proof_wrong", "证明材料与所列人员不符"),
        ("insurance_list", "社保/医保名单有误或缺少备注说明"),
        ("people_wrong", "人员信息有误"),
        ("not_in_service", "含有非本单位在职人员"),
        ("floor_not_met", "参保比例不足，说明不充分"),
        ("dates", "业务参考日期不合适"),
        (OTHER, "其他（请在下方写明）"),
    ),
)


def tell_return_reasons(codes: Iterable[str], *, at: datetime) -> list[str]:
    """
    This function will put the reasons of a return into the words of its moment; 其他 is left out.
    """
    return queries.tell(RETURN_REASONS, [code for code in codes if code != OTHER], at=at)

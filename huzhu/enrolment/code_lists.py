"""The usual reasons for returning an application or refusing a proof: reviewers tick them, employers read them."""

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

PROOF_REASONS: Final = CodeList(
    key="proof_reasons",
    label="证明材料不认可原因",
    explains="初审、复审逐项审核证明材料时选择，单位在该项材料处看到。",
    kept=Kept.OPEN,
    built_in=(
        ("unclear", "照片或扫描件不清晰"),
        ("incomplete", "页数不全或缺少必要内容"),
        ("not_sealed", "未盖公章或未签名"),
        ("other_people", "与所列人员不符"),
        ("out_of_date", "不是要求的月份或已过期"),
        ("wrong_kind", "不是这项要求的材料"),
        ("not_convincing", "说明的理由不充分"),
        (OTHER, "其他（请在下方写明）"),
    ),
)


def tell_return_reasons(codes: Iterable[str], *, at: datetime) -> list[str]:
    """
    This function will put the reasons of a return into the words of its moment; 其他 is left out.
    """
    return queries.tell(RETURN_REASONS, [code for code in codes if code != OTHER], at=at)


def tell_proof_reasons(codes: Iterable[str], *, at: datetime) -> list[str]:
    """
    This function will put the reasons for refusing a proof into the words of their moment; 其他 is left out.
    """
    return queries.tell(PROOF_REASONS, [code for code in codes if code != OTHER], at=at)

"""The usual reasons for returning an application, as data: reviewers tick them, employers read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

RETURN_REASONS: Final = {
    "form_unclear": "申请书照片不清晰或不完整",
    "form_not_sealed": "申请书未盖公章或未签名",
    "form_mismatch": "申请书与申报内容不一致",
    "proof_unclear": "证明材料不清晰或不完整",
    "proof_wrong": "证明材料与所列人员不符",
    "insurance_list": "社保/医保名单有误或缺少备注说明",
    "people_wrong": "人员信息有误",
    "not_in_service": "含有非本单位在职人员",
    "floor_not_met": "参保比例不足，说明不充分",
    "dates": "业务参考日期不合适",
    "other": "其他（请在下方写明）",
}


def in_words(codes: Iterable[str]) -> list[str]:
    """
    This function will put reason codes into words; 其他 says nothing by itself and is left out.
    """
    return [RETURN_REASONS[code] for code in codes if code in RETURN_REASONS and code != "other"]

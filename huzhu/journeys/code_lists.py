"""Every list of codes of the house: what the page 字典 shows. Lists that files and rules depend on are shown, not changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from huzhu.audit.reveals import RevealReason
from huzhu.billing.code_lists import EXTENSION_REASONS
from huzhu.billing.states import ExceptionKind
from huzhu.code_lists.rules import CodeList, Kept
from huzhu.employers.code_lists import EMPLOYER_KINDS, RETURN_WORDS
from huzhu.enrolment.code_lists import PROOF_REASONS, RETURN_REASONS
from huzhu.roster.models import EmploymentForm, EmploymentStatus, InsuranceRosterKind, JobCategory, ReasonCode
from huzhu.shared.identity.documents import DOCUMENT_TYPES


def _fixed(key: str, label: str, explains: str, choices: Iterable[tuple[object, object]]) -> CodeList:
    built_in = tuple((str(code), str(words)) for code, words in choices)
    return CodeList(key=key, label=label, explains=explains, kept=Kept.FIXED, built_in=built_in)


CODE_LISTS: Final = {
    code_list.key: code_list
    for code_list in (
        RETURN_REASONS,
        PROOF_REASONS,
        EXTENSION_REASONS,
        RETURN_WORDS,
        EMPLOYER_KINDS,
        _fixed(
            "job_categories",
            "岗位类别",
            "决定女职工的法定退休年龄，名册模板按这些文字识别，改动会使已发出的模板无法导入。",
            JobCategory.choices,
        ),
        _fixed(
            "employment_forms",
            "用工形式",
            "名册模板按这些文字识别，改动会使已发出的模板无法导入。",
            EmploymentForm.choices,
        ),
        _fixed(
            "employment_statuses",
            "在职状态与离开原因",
            "离职、退休、调出各有自己的校验规则，退休的还要核对日期。",
            EmploymentStatus.choices,
        ),
        _fixed(
            "difference_reasons",
            "社保/医保名单差异原因",
            "哪种差异可选哪些原因、要不要证明材料，由校验规则决定（办理规则 2.2）。",
            ReasonCode.choices,
        ),
        _fixed(
            "insurance_list_kinds", "社保/医保名单种类", "文件识别和校验规则按种类处理。", InsuranceRosterKind.choices
        ),
        _fixed(
            "document_types",
            "证件类型",
            "每种证件有自己的号码校验规则，名册模板按这些文字识别。",
            [(kind.code, kind.label) for kind in DOCUMENT_TYPES.values()],
        ),
        _fixed("payment_exceptions", "异常缴费类别", "由到账匹配规则判断（办理规则 2.5）。", ExceptionKind.choices),
        _fixed(
            "reveal_reasons",
            "查看完整号码的原因",
            "写入操作日志，选“其他原因”须另写用途，供审计统计。",
            RevealReason.choices,
        ),
    )
}

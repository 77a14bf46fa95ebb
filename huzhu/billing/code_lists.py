"""Why an employer asks to pay later. How long each reason may lengthen, and whether it takes a proof, are parameters."""

from __future__ import annotations

from typing import Final

from huzhu.code_lists.rules import CodeList, Kept
from huzhu.parameters.rules import EXTENSION_TERMS

EXTENSION_REASONS: Final = CodeList(
    key="extension_reasons",
    label="延迟缴款原因",
    explains="单位申请延迟缴款时选择；每个原因最多延长几天、要不要证明，由参数“延迟缴款”决定。",
    kept=Kept.WORDS,
    built_in=tuple((code, words) for code, (words, _) in EXTENSION_TERMS.items()),
)

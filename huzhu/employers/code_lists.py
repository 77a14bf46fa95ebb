"""Lists about employers that the association words itself."""

from __future__ import annotations

from typing import Final

from huzhu.code_lists.rules import CodeList, Kept
from huzhu.employers.models import EmployerKind

EMPLOYER_KINDS: Final = CodeList(
    key="employer_kinds",
    label="单位性质",
    explains="注册、资料变更和公告范围使用。代码由统一社会信用代码的前两位推出，只能改文字和顺序。",
    kept=Kept.WORDS,
    built_in=tuple((str(code), str(words)) for code, words in EmployerKind.choices),
    longest=20,
)

RETURN_WORDS: Final = CodeList(
    key="return_words",
    label="单位资料退回用语",
    explains="受理员退回单位注册或资料变更时，每个栏目可选的常用说法；选用后按文字保存在退回记录里，以后修改不影响。",
    kept=Kept.OPEN,
    built_in=(
        ("not_as_certificate", "与证书不一致，请对照证书修改"),
        ("full_name", "请填写与证书一致的全称"),
        ("picture_unclear", "影像不清晰，请重新拍照上传"),
        ("certificate_expired", "证书已过有效期"),
        ("check_again", "请核实后重新填写"),
    ),
)

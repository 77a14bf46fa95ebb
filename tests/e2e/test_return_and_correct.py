"""What was wrong comes back with words, is put right, and goes the way again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Person
from tests.e2e.pages import Handler, Officer, photo
from tests.e2e.stories import BOTH, SUBMITTED

WORDS = "此人已于上月离职，请从名单中删除；申请书请重新盖章拍照。"


@pytest.mark.parametrize("site", ["submitted"], indirect=True)
def test_a_returned_application_is_corrected_and_approved(person: Callable[[], Person]) -> None:
    """
    初审 returns the application with reasons and one marked person. The handler reads the message, sees reasons and person, takes
    the person off, submits again with a new form. The reviewer sees what has changed since, and approves. 复审 by the same person
    is refused in words; somebody else approves.
    """
    first, handler, second = Officer(person()), Handler(person()), Officer(person())
    first.sign_in(BOTH.login_name)
    first.take_up("参保初审", about=SUBMITTED.name)
    first.claim()
    marked = first.mark_first_person()
    first.send_back("人员信息有误", "申请书照片不清晰或不完整", words=WORDS)
    first.is_told("已退回，并短信通知经办人")

    assert WORDS.rstrip("。") in handler.read_phone(SUBMITTED.mobile, about="被退回")
    handler.sign_in(SUBMITTED.mobile)
    handler.take_up("退回")
    handler.sees_state("已退回")
    handler.reads("互助会初审退回", "人员信息有误", "申请书照片不清晰或不完整", WORDS, "只需修改以下 1 人", marked)
    handler.follow("修改并重新提交")
    handler.take_off(marked)
    handler.sees_figures("39 人")
    handler.next_step("上传材料")
    handler.upload("参保比例说明", photo("参保比例说明.jpg"))  # in so small an employer everybody must take part
    handler.next_step("生效日期")
    handler.next_step("提交")
    handler.submit()
    assert "参保人数39人" in handler.read_pdf("下载申请书（PDF）")
    handler.upload("盖章申请书", photo("重新盖章的申请书.jpg"))
    handler.is_told("申请书已回传")

    first.take_up("参保初审", about=SUBMITTED.name)
    first.reads("第 2 次")
    first.claim()
    first.follow("与上次比较")
    first.reads("与第 1 次提交相比")
    first.reads_in(first.page.get_by_role("row").filter(has_text=marked), "减少")
    first.answer("初审通过", **{"参保比例不足，请写明同意的理由": "一人离职，其余全部参保"})
    first.is_told("初审通过，已转复审")

    first.look_up("参保复审", about=SUBMITTED.name)  # the desk does not lay it before who did the first review
    first.may_not("复审通过", because="该申请的初审由您办理，复审须由另一人办理。")
    second.sign_in("fuhe")
    second.take_up("参保复审", about=SUBMITTED.name)
    second.answer("复审通过", **{"参保比例不足，请写明同意的理由": "同意初审意见"})
    second.is_told("复审通过")
    assert "应缴3,705.00元" in handler.read_phone(SUBMITTED.mobile, about="缴款单号")

"""The main job, whole: from an employer nobody knows to covered people with policy and receipt."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import openpyxl
from django.utils import timezone

from huzhu.billing.statements.writing import Movement, write_icbc_csv
from huzhu.demo.office import ICBC
from huzhu.shared.calendar import local_date
from tests.e2e.conftest import Person, Site
from tests.e2e.pages import SAMPLES, Handler, Officer, photo

EMPLOYER, CODE = "广州珠江通用设备有限公司", "91440106MA5H10779B"
MOBILE, PASSWORD = "13612345678", "zhujiang-2026-baozhang"
REGISTRATION = {
    "统一社会信用代码": CODE,
    "单位名称": EMPLOYER,
    "单位性质": "企业",
    "所属代办处": "天河区代办点",
    "单位联系地址": "广东省广州市天河区示范路77号",
    "在职职工人数": "1468",
    "其中女职工人数": "640",
    "法定代表人姓名": "冯峰军",
    "法定代表人证件类型": "居民身份证",
    "法定代表人证件号码": "440111197709112690",
    "经办人姓名": "陈秀文",
}
TEMPLATE_HEADS = [
    "序号", "姓名", "证件类型", "证件号码", "性别", "出生日期", "手机号", "岗位类别", "用工形式", "部门", "备注",
]  # fmt: skip


def test_an_employer_goes_the_whole_way(site: Site, person: Callable[[], Person]) -> None:
    """
    参保单位注册账号: the handler proves the mobile by a code, fills in the form and uploads the certificate; the registrar approves;
    the handler reads the message, sets a password by a code and signs in.

    参保单位登录账号，完善单位人员名册: the template is downloaded; 1,200 clean rows go in; of 300 dirty rows 268 go in and 32 are
    named by row and column; uploading the same file again changes nothing.

    参保单位选择参保项目，提交参保申请: two plans, everybody of the roster; who is too old is taken off, the month's insurance list is
    compared, proofs are uploaded, reference dates set; submitted, the application form printed, its stamped photo sent back.

    互助会审核过后，发送短信缴款通知: the registrar reviews first, the reviewer second, each from the own list; the slip's number
    comes by text message.

    参保单位根据缴款通知足额缴款: the slip and the remittance example are printed; the money comes with the number in its remark.

    互助会确认缴款，短信通知参保成功: the cashier imports the bank's file, the slip is settled, the handler is told.
    """
    handler, registrar = Handler(person()), Officer(person())
    register(handler, registrar)
    keep_roster(handler)
    apply(handler, starts=local_date(timezone.now()) + timedelta(days=1))
    review(registrar, Officer(person()))
    slip, amount = read_slip(handler)
    receive_money(Officer(person()), handler, slip=slip, amount=amount)


def register(handler: Handler, registrar: Officer) -> None:
    """参保单位注册账号（登录本会业务系统）"""
    handler.register(mobile=MOBILE, certificate=photo("统一社会信用代码证.jpg"), **REGISTRATION)
    handler.stands_at(EMPLOYER)
    registrar.sign_in("shouli")
    registrar.take_up("单位审核", about=EMPLOYER)
    registrar.answer("审核通过")
    registrar.is_told(f"{EMPLOYER}的单位账号已开通")
    assert EMPLOYER in handler.read_phone(MOBILE, about="注册申请已审核通过")
    handler.set_password(MOBILE, PASSWORD)
    handler.give_password(MOBILE, PASSWORD)
    handler.stands_at(EMPLOYER)


def keep_roster(handler: Handler) -> None:
    """参保单位登录账号，完善单位人员名册"""
    handler.follow("职工名册维护")
    template = openpyxl.load_workbook(io.BytesIO(handler.fetch(handler.page.get_by_role("link", name="下载模板"))))
    assert [cell.value for cell in template.active[2]] == TEMPLATE_HEADS

    handler.import_roster(SAMPLES / "roster-clean-1200.xlsx")
    handler.reads("1,200 新增 + 0 更新 + 0 未变 + 0 失败 = 1,200 行")
    handler.import_roster(SAMPLES / "roster-dirty-300.xlsx")
    handler.reads("267 新增 + 1 更新 + 0 未变 + 32 失败 = 300 行；其中 26 行已自动修正")
    handler.person.picture("roster-result")
    errors = handler.page.get_by_role("region", name="逐行错误")
    for row, column, problem in [
        (65, "证件号码", "证件号码校验位不符"),
        (74, "证件号码", "被表格软件变成了数值"),
        (115, "证件号码", "与第 60 行是同一个人"),
        (120, "手机号", "不是 11 位的中国大陆手机号码"),
    ]:
        handler.reads_in(errors.get_by_role("row").filter(has=handler.cell(str(row))), column, problem)
    handler.import_roster(SAMPLES / "roster-dirty-300.xlsx")
    handler.reads("0 新增 + 0 更新 + 268 未变 + 32 失败 = 300 行")


def apply(handler: Handler, *, starts: date) -> None:
    """参保单位选择参保项目，提交参保申请"""
    handler.follow("参保申报进度及查询")
    handler.follow("新增参保")
    handler.choose_plan("住院医保补充保障计划")
    handler.choose_plan("重疾保障计划（甲种）", shares=2)
    handler.next_step("导入人员")
    handler.press("加入全部在职人员")
    handler.is_told("已加入 1,467 人")

    handler.next_step("确认明细")
    handler.person.picture("wizard-members")
    too_old = handler.finding("超过最高参保年龄")
    taken_off = int(re.search(r"(\d+) 人次", too_old.inner_text())[1]) // 2  # everybody stands in both plans
    handler.press("全部移出（本次不参保）", within=too_old)
    people = f"{1467 - taken_off:,}"
    handler.sees_figures(f"{people} 人")

    handler.next_step("上传材料")
    handler.page.get_by_label("名单文件").set_input_files(SAMPLES / "insurance-list.xlsx")
    handler.press("上传并核对")
    handler.is_told("已上传名单 1,182 人")
    handler.upload("延迟退休参保职工在职证明", photo("在职证明一.jpg"), photo("在职证明二.jpg"))
    handler.upload("劳务派遣人员证明", photo("劳务派遣人员证明.jpg"))
    handler.sees_figures("没有待处理的问题")

    handler.next_step("生效日期")
    for day in handler.page.get_by_label("业务参考日期").all():
        day.fill(starts.isoformat())
    handler.next_step("提交")
    handler.submit()
    amount = f"{(1467 - taken_off) * (95 + 2 * 80):,}.00"
    form = handler.read_pdf("下载申请书（PDF）")
    assert "参保申请书" in form
    for fact in (EMPLOYER, CODE, "重疾保障计划（甲种）", f"参保人数{people}人", amount, starts.isoformat()):
        assert fact in form
    assert re.search(r"申请编号(SQ\d{14})", form)
    handler.upload("盖章申请书", photo("盖章申请书.jpg"))
    handler.is_told("申请书已回传")
    handler.sees_state("待初审")


def review(registrar: Officer, reviewer: Officer) -> None:
    """互助会审核过后，发送短信缴款通知"""
    registrar.take_up("参保初审", about=EMPLOYER)
    registrar.claim()
    registrar.person.picture("review")
    registrar.answer("初审通过")
    registrar.is_told("初审通过，已转复审")
    reviewer.sign_in("fuhe")
    reviewer.take_up("参保复审", about=EMPLOYER)
    reviewer.claim()
    reviewer.answer("复审通过")
    reviewer.is_told("复审通过")


def read_slip(handler: Handler) -> tuple[str, Decimal]:
    """参保单位根据缴款通知足额缴款: the number and the amount, as message, slip and example tell them."""
    notice = handler.read_phone(MOBILE, about="缴款单号")
    told = re.search(r"应缴([\d,]+\.\d\d)元，缴款单号(JK\w+)，", notice)
    assert told, notice
    handler.follow("缴款单打印")
    handler.follow(told[2])
    handler.stands_at("缴款单")
    slip = handler.read_pdf("打印缴款单")
    for fact in (EMPLOYER, told[2], f"¥{told[1]}", ICBC, "人民币"):
        assert fact in slip
    handler.follow("汇款填写示例")
    handler.stands_at("汇款填写示例")
    assert f"汇款用途{told[2]}" in handler.read_pdf("打印示例")
    return told[2], Decimal(told[1].replace(",", ""))


def receive_money(cashier: Officer, handler: Handler, *, slip: str, amount: Decimal) -> None:
    """互助会确认缴款，短信通知参保成功"""
    cashier.sign_in("caiwu")
    cashier.import_statement("工行流水.csv", bank_file(at=timezone.now(), slip=slip, amount=amount))
    cashier.is_told("导入 1 笔，新增 1 笔；自动核销 1 张缴款单")
    assert f"缴款{amount:,}元已确认，参保成功" in handler.read_phone(MOBILE, about="参保成功")


def bank_file(*, at: datetime, slip: str, amount: Decimal) -> bytes:
    """The day's ICBC csv with the employer's transfer, as the bank's site exports it."""
    transfer = Movement(at=at, amount=amount, name=EMPLOYER, account="44001234567890", remark=slip)
    return write_icbc_csv(lines=[transfer], opening_balance=Decimal("1000000.00"), account_number=ICBC)

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
from huzhu.shared import money
from huzhu.shared.calendar import local_date
from tests.e2e.conftest import Person, Site
from tests.e2e.pages import SAMPLES, Handler, Officer, Visitor, photo

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
SOMEBODY = ("白刚", "4401**********1668")  # of the clean roster, as pages and papers show people
TEMPLATE_HEADS = [
    "序号", "姓名", "证件类型", "证件号码", "性别", "出生日期", "手机号", "岗位类别", "用工形式", "部门", "备注",
]  # fmt: skip


def test_an_employer_goes_the_whole_way(site: Site, person: Callable[[], Person]) -> None:
    """
    1. 参保单位注册账号（登录本会业务系统）: the handler proves the mobile by a code, fills in the form, uploads the certificate;
       the registrar approves; the handler reads the message, sets a password by a code and signs in.
    2. 参保单位登录账号，完善单位人员名册: the template is downloaded; 1,200 clean rows go in; of 300 dirty rows 268 go in and
       32 are named by row and column; uploading the same file again changes nothing.
    3. 参保单位选择参保项目，提交参保申请: two plans, everybody of the roster; who is too old is taken off, the month's insurance
       list is compared, proofs are uploaded, reference dates set; submitted, the application form is printed, its stamped photo
       sent back.
    4. 互助会审核过后，发送短信缴款通知: the registrar reviews first, the reviewer second, each from the own list; the handler
       reads the slip's number on the phone.
    5. 参保单位根据缴款通知足额缴款；互助会确认缴款，短信通知参保成功: slip and remittance example are printed; the cashier imports
       the bank's file, the number in the remark settles the slip, the handler is told.
    6. 参保单位登录账号，下载电子保单和票据: the e-policy with its list of people; anybody checks it at the public page; the stamped
       confirmation goes back, a receipt is asked for, the cashier issues it, the handler downloads it. The office answers who was
       covered on a day, and since when a person is.
    """
    handler, registrar, cashier = Handler(person()), Officer(person()), Officer(person())
    starts = local_date(timezone.now()) + timedelta(days=1)
    register(handler, registrar)
    keep_roster(handler)
    people = apply(handler, starts=starts)
    review(registrar, Officer(person()))
    slip, amount = read_slip(handler)
    receive_money(cashier, handler, slip=slip, amount=amount)
    number, code = read_policy(handler, site, starts=starts, people=people)
    check_policy(Visitor(person()), number=number, code=code, people=people)
    get_receipt(handler, cashier, amount=amount)
    answer_who_is_covered(registrar, day=starts, people=people)


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


def apply(handler: Handler, *, starts: date) -> int:
    """参保单位选择参保项目，提交参保申请: how many people are in it in the end."""
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
    people = 1467 - int(re.search(r"(\d+) 人次", too_old.inner_text())[1]) // 2  # everybody stands in both plans
    handler.press("全部移出（本次不参保）", within=too_old)
    handler.sees_figures(f"{people:,} 人")

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
    amount = f"{people * (95 + 2 * 80):,}.00"
    form = handler.read_pdf("下载申请书（PDF）")
    assert "参保申请书" in form
    for fact in (EMPLOYER, CODE, "重疾保障计划（甲种）", f"参保人数{people:,}人", amount, starts.isoformat()):
        assert fact in form
    assert re.search(r"申请编号(SQ\d{14})", form)
    handler.upload("盖章申请书", photo("盖章申请书.jpg"))
    handler.is_told("申请书已回传")
    handler.sees_state("待初审")
    return people


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


def read_policy(handler: Handler, site: Site, *, starts: date, people: int) -> tuple[str, str]:
    """参保单位登录账号，下载电子保单: its number and the code it is checked by."""
    handler.follow("单位保单查询")
    row = handler.page.get_by_role("row").filter(has_text="住院医保补充保障计划")
    number = re.search(r"BD\w+", row.inner_text())[0]
    handler.follow(number)
    handler.stands_at("保单")
    handler.person.picture("policy")
    site.wait_for("SELECT 1 FROM policies_policy WHERE number = %s AND document_id IS NOT NULL", number)
    policy = handler.read_pdf("下载电子保单", pages=2)
    for fact in ("互助保障电子保单", number, EMPLOYER, CODE, f"被保障人{people:,}人", f"{starts:%Y年%m月%d日}00:00"):
        assert fact in policy
    name, number_masked = SOMEBODY
    assert re.search(f"{name}{re.escape(number_masked)}1{starts.isoformat()}", policy)
    assert not re.search(r"\d{17}[\dX]", policy), "a full identity number is on the policy"
    confirmation = handler.read_pdf("只打印参保确认书")
    assert "参保确认书" in confirmation
    assert number in confirmation
    return number, re.search(r"校验码(\w{6}-\w{6}-\w{6})", policy)[1]


def check_policy(anybody: Visitor, *, number: str, code: str, people: int) -> None:
    """Anybody checks the paper at the public page, which tells no names but answers one that is asked for."""
    anybody.person.go("/")
    anybody.follow("保单与票据核验")
    anybody.fill(anybody.page.get_by_role("region", name="核验电子保单"), 保单号=number, 校验码=code)
    anybody.press("核验保单")
    anybody.reads("此保单由本会签发", EMPLOYER, f"{people:,} 人")
    name, number_masked = SOMEBODY
    assert name not in anybody.page.inner_text("body")
    anybody.fill(姓名=name, 证件号码后四位=number_masked[-4:])
    anybody.press("核验")
    anybody.reads("在名单中")
    anybody.fill(姓名=name, 证件号码后四位="0000")
    anybody.press("核验")
    anybody.reads("不在名单中")


def get_receipt(handler: Handler, cashier: Officer, *, amount: Decimal) -> None:
    """参保单位登录账号，下载票据: stamped confirmations, the request, the receipt."""
    handler.choose_policies()
    for slot in handler.page.get_by_role("region", name="上传盖章参保确认书").locator(".policy-slot").all():
        handler.upload_in(slot, "盖章参保确认书", photo("盖章参保确认书.jpg"))
    handler.press("保存，提交开票申请")
    handler.is_told("已提交，开具后短信通知")

    cashier.take_up("开票管理", about=EMPLOYER)
    cashier.press("开具电子票据")
    cashier.is_told("已开具")
    number = re.search(r"电子票据(\d+)（", handler.read_phone(MOBILE, about="电子票据"))[1]
    handler.follow("单位开票查询")
    row = handler.page.get_by_role("row").filter(has_text=number)
    receipt = handler.read_pdf("电子票据", within=row)
    in_words = money.in_words(amount)
    for fact in (
        EMPLOYER,
        CODE,
        number,
        f"（大写）{in_words}",
        f"¥{amount:,}",
        "职工互助保障费（住院医保补充保障计划）",
    ):
        assert fact in receipt


def answer_who_is_covered(officer: Officer, *, day: date, people: int) -> None:
    """保障查询 in the office: who is covered on a day, and a person's timeline."""
    officer.person.go("/office/")
    officer.follow("保障查询")
    name, number_masked = SOMEBODY
    officer.fill(完整证件号码或姓名=name)
    officer.press("查询")
    officer.stands_at(name)
    officer.reads(number_masked, f"{day.isoformat()} 至")
    for asked, counted in ((day, f"在保 {2 * people:,} 人次，{people:,} 人"), (day - timedelta(days=1), "在保 0 人次")):
        officer.follow("保障查询")
        part = officer.page.get_by_role("region", name="某日谁在保")
        officer.fill(part, 日期=asked.isoformat(), 参保单位=CODE)
        officer.press("查询", within=part)
        officer.reads(counted)

"""Papers filled in with invented data, for the tests of typesetting and signing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from huzhu.documents import contents

MADE_ON = date(2026, 7, 1)
LONG_NAME = "广东省珠江三角洲先进装备制造与智能机器人产业技术创新研究院有限责任公司第一分公司"

ASSOCIATION = contents.Association(name="广东省职工保障互助会", phone="020-00000000")
EMPLOYER = contents.Employer(
    name=LONG_NAME,
    credit_code="91440101MA59EXAMP4",
    legal_representative="欧阳淑仪",
    address="广州市越秀区示范路 100 号互助大厦 12 楼 1201 室",
    handler_name="陈小明",
    handler_mobile="138****0000",
)
PAYEE = contents.PayeeAccount(
    name="广东省职工保障互助会", number="4400 0000 0000 0000 123", bank="示范银行股份有限公司广州越秀支行"
)
LINES = [
    contents.PlanLine(
        plan_name=name,
        share_count=shares,
        member_count=120,
        unit_price=Decimal(price),
        amount=Decimal(price) * shares,
        reference_date=reference,
        latest_arrival_on=reference,
        latest_arrival_people=37 if reference else 0,
    )
    for name, shares, price, reference in [
        ("重疾保障计划（乙种）", 240, 200, date(2026, 9, 1)),
        ("女性重疾保障计划", 120, 55, None),
        ("住院医保补充保障计划", 120, 95, date(2026, 9, 1)),
        ("住院自费补贴保障计划", 120, 50, None),
        ("意外伤害保障计划", 120, 60, None),
        ("住院津贴保障计划", 360, 30, None),
    ]
]
TOTAL = sum((line.amount for line in LINES), Decimal(0))
NUMBER = "JK20260701000123K"


def application_form(**changes) -> contents.ApplicationForm:
    return replace(
        contents.ApplicationForm(
            check_code="A7K3",
            association=ASSOCIATION,
            qr_text="https://huzhu.example/f/SQ20260701000045",
            application_number="SQ20260701000045",
            made_on=MADE_ON,
            employer=EMPLOYER,
            lines=LINES,
            total_amount=TOTAL,
            payable_amount=TOTAL,
            payable_in_words="人民币玖万元整",
            in_service_count=144,
            enrolled_count=120,
            participation_ratio=Decimal(120) / Decimal(144),
        ),
        **changes,
    )


def payment_slip(**changes) -> contents.PaymentSlip:
    return replace(
        contents.PaymentSlip(
            association=ASSOCIATION,
            qr_text=f"https://huzhu.example/s/{NUMBER}",
            slip_number=NUMBER,
            application_number="SQ20260701000045",
            issued_on=MADE_ON,
            due_on=date(2026, 7, 16),
            employer=EMPLOYER,
            payee=PAYEE,
            lines=LINES,
            latest_arrival_on=date(2026, 9, 1),
            latest_arrival_people=37,
            total_amount=TOTAL,
            amount=TOTAL,
            amount_in_words="人民币玖万元整",
        ),
        **changes,
    )


def hand_over_form(**changes) -> contents.HandOverForm:
    """A form with what the program knows; the rest is written by hand."""
    return replace(
        contents.HandOverForm(
            association=ASSOCIATION,
            qr_text="https://huzhu.example/hand-over/",
            made_on=MADE_ON,
            employer_name=LONG_NAME,
            credit_code="91440101MA59EXAMP4",
            former_name="陈小明",
            name="阿卜杜拉·买买提",
        ),
        **changes,
    )


def remittance_example(**changes) -> contents.RemittanceExample:
    return replace(
        contents.RemittanceExample(
            association=ASSOCIATION,
            qr_text=f"https://huzhu.example/s/{NUMBER}",
            slip_number=NUMBER,
            due_on=date(2026, 7, 16),
            employer=EMPLOYER,
            payee=PAYEE,
            amount=TOTAL,
            amount_in_words="人民币玖万元整",
        ),
        **changes,
    )


def members(count: int) -> list[contents.PolicyMember]:
    names = ["欧阳淑仪", "张伟", "李娜", "买买提·阿卜杜拉·吐尔逊江", "陈小明", "堃㛃"]
    classes = ["首次", "续保", "断保"]
    return [
        contents.PolicyMember(
            name=names[number % len(names)],
            masked_number=f"4401**********{number % 10_000:04d}",
            share_count=2,
            coverage_start=date(2026, 9, 1),
            coverage_end=date(2029, 9, 1),
            waiting_until=None if number % 3 == 1 else date(2027, 2, 27),
            enrolment_class=classes[number % 3],
        )
        for number in range(count)
    ]


def policy(member_count: int = 120, **changes) -> contents.Policy:
    return replace(
        contents.Policy(
            association=ASSOCIATION,
            qr_text="https://huzhu.example/verify/BD20260902000017?c=7K3M-9QXP",
            policy_number="BD20260902000017",
            verification_code="7K3M-9QXP",
            issued_on=date(2026, 7, 10),
            application_number="SQ20260701000045",
            slip_number=NUMBER,
            employer=EMPLOYER,
            plan_name="重疾保障计划（乙种）",
            coverage_start=date(2026, 9, 1),
            coverage_end=date(2029, 9, 1),
            share_count=member_count * 2,
            contribution=Decimal(48000),
            contribution_in_words="人民币肆万捌仟元整",
            waiting_text="首次参保、断保后参保的免责期为180天；按期续保无免责期。",
            benefits=[
                contents.BenefitLine(
                    name="重大疾病保障金", text="首次确诊35种重大疾病之一，每份一次性给付30,000.00元，保障期内限一次。"
                ),
                contents.BenefitLine(
                    name="特定重疾额外保障金", text="确诊特定重疾，每份额外给付9,000.00元，保障期内限一次。"
                ),
            ],
            exclusions=["保障期生效前或免责期内已确诊", "非原发性（转移性）恶性肿瘤", "非在职人员"],
            terms_name="《重疾保障计划（乙种）保障条款》（2025版）",
            confirmation_qr_text="HZQR:BD20260902000017",
            members=members(member_count),
        ),
        **changes,
    )


def receipt(**changes) -> contents.Receipt:
    return replace(
        contents.Receipt(
            association=ASSOCIATION,
            qr_text="https://huzhu.example/verify/r/44070126/0488888987",
            receipt_name="社会团体会费统一票据（电子）",
            receipt_code="44070126",
            receipt_number="0488888987",
            check_code="589d80",
            issued_on=date(2026, 7, 12),
            payer_name=LONG_NAME,
            payer_credit_code="91440101MA59EXAMP4",
            items=[
                contents.ReceiptItem(
                    item_code="0701",
                    item_name="职工互助保障费（重疾保障计划乙种）",
                    unit_of_measure="份",
                    quantity=240,
                    unit_price=Decimal(200),
                    amount=Decimal(48000),
                )
            ],
            total=Decimal(48000),
            total_in_words="人民币肆万捌仟元整",
            remark=f"缴款单号 {NUMBER}；保障期限 2026-09-01 至 2029-08-31",
            issuing_body="广东省职工保障互助会",
            reviewer="林慧",
            issuer="黄志强",
        ),
        **changes,
    )


def red_receipt() -> contents.Receipt:
    issued = receipt()
    return replace(
        issued,
        receipt_number="0488889012",
        items=[replace(item, quantity=-item.quantity, amount=-item.amount) for item in issued.items],
        total=-issued.total,
        total_in_words="人民币负肆万捌仟元整",
        reversed_code=issued.receipt_code,
        reversed_number=issued.receipt_number,
        reversal_reason="交款人名称有误",
    )

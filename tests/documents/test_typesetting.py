"""Papers as PDFs: what they say, that nothing in them is read as source, and that equal input gives equal bytes."""

import io
import re
import tomllib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pikepdf
import pypdf
import pytest

from huzhu.documents import contents, qr, typesetting
from tests.documents import samples

HOSTILE = [
    "#let x = 1",
    "$x^2$",
    "<b>粗</b>",
    "\"#read('/etc/passwd')\"",
    "\\ * _ ` ~ @label",
    "= 标题",
    "// 注释",
    "]#panic()[",
]
PAPERS = {
    "application_form": samples.application_form(),
    "hand_over_form": samples.hand_over_form(),
    "payment_slip": samples.payment_slip(),
    "remittance_example": samples.remittance_example(),
    "policy": samples.policy(3),
    "receipt": samples.receipt(),
    "red_receipt": samples.red_receipt(),
}


def _plan_names() -> list[str]:
    """The plans of the catalogue, with their variants, as papers name them."""
    catalogue = Path(typesetting.PROJECT, "huzhu/plans/catalogue/plans.toml")
    plans = tomllib.loads(catalogue.read_text(encoding="utf-8"))["plan"]
    return [plan["name"] + (f"（{plan['variant']}）" if plan["variant"] else "") for plan in plans]


def _pages(pdf: bytes) -> list[str]:
    """The text of every page without white space, visible or not: line breaks put it in."""
    return [re.sub(r"[\s\u200b]+", "", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def _set(paper, made_on=samples.MADE_ON) -> bytes:
    return typesetting.typeset_paper(paper=paper, made_on=made_on)


def _text(paper) -> str:
    return "".join(_pages(_set(paper)))


class TestEveryPaper:
    @pytest.mark.parametrize("name", PAPERS)
    def test_equal_content_gives_equal_bytes(self, name):
        assert _set(PAPERS[name]) == _set(PAPERS[name])

    @pytest.mark.parametrize("name", PAPERS)
    def test_another_day_gives_other_bytes(self, name):
        assert _set(PAPERS[name]) != _set(PAPERS[name], made_on=date(2026, 7, 2))

    @pytest.mark.parametrize("name", PAPERS)
    def test_has_no_insurance_wording(self, name):
        assert not re.search("保费|保险公司|投保|保险费", _text(PAPERS[name]))

    @pytest.mark.parametrize("name", PAPERS)
    def test_a_demonstration_says_so_on_every_page(self, name):
        for page in _pages(_set(replace(PAPERS[name], demo=True))):
            assert "演示数据，不作凭证" in page

    @pytest.mark.parametrize("name", PAPERS)
    def test_a_real_one_says_nothing_of_demonstration(self, name):
        assert "演示" not in _text(PAPERS[name])

    @pytest.mark.parametrize("name", PAPERS)
    def test_embeds_the_chinese_font(self, name):
        with pikepdf.open(io.BytesIO(_set(PAPERS[name]))) as document:
            fonts = {str(font.BaseFont) for page in document.pages for font in page.Resources.Font.values()}
        assert fonts
        assert all("NotoSans" in font for font in fonts)

    @pytest.mark.parametrize("name", PAPERS)
    def test_numbers_its_pages(self, name):
        pages = _pages(_set(PAPERS[name]))
        for number, page in enumerate(pages, start=1):
            assert f"第{number}页共{len(pages)}页" in page


class TestHostileWords:
    @pytest.mark.parametrize("words", HOSTILE)
    def test_print_as_they_are_written(self, words):
        employer = replace(samples.EMPLOYER, name=words)

        text = _text(samples.application_form(employer=employer))

        assert re.sub(r"\s+", "", words) in text

    @pytest.mark.parametrize("words", HOSTILE)
    def test_print_as_they_are_written_in_the_member_table(self, words):
        [member] = samples.members(1)

        text = _text(samples.policy(members=[replace(member, name=words)]))

        assert re.sub(r"\s+", "", words) in text


class TestMissingCharacters:
    def test_names_what_no_font_can_draw(self):
        assert typesetting.missing_characters(["张伟", "王\U000323af", "\ue000"]) == {"\U000323af", "\ue000"}

    def test_knows_the_rare_characters_of_names(self):
        assert typesetting.missing_characters(["㛃䶮堃喆珺", "𬱖𫖯𬭎𫘦", "买买提·阿卜杜拉", "¥1,234.00－—"]) == set()

    def test_leaves_joiners_and_line_breaks_alone(self):
        assert typesetting.missing_characters(["葛\U000e0100\u200b\n"]) == set()

    def test_a_missing_character_prints_as_its_number(self):
        [member] = samples.members(1)
        policy = samples.policy(members=[replace(member, name="王\U000323af\ud800\x07")])

        assert "王〔U+323AF〕〔U+D800〕〔U+0007〕" in _text(policy)

    def test_a_folder_without_the_text_font_is_refused(self, monkeypatch, tmp_path):
        monkeypatch.setenv("HUZHU_FONT_DIR", str(tmp_path))

        with pytest.raises(typesetting.FontsMissing, match="HUZHU_FONT_DIR"):
            typesetting.missing_characters(["张"])


class TestApplicationForm:
    def test_says_who_what_and_how_much_on_one_page(self):
        [text] = _pages(_set(samples.application_form()))

        for words in ("参保申请书", "SQ20260701000045", samples.LONG_NAME, "重疾保障计划（乙种）", "90,000.00"):
            assert words in text
        for words in ("人民币玖万元整", "83.3%", "2026-09-01", "到账次日", "单位公章", "法定代表人", "经办人"):
            assert words in text

    def test_stays_on_one_page_with_a_subsidy(self):
        form = samples.application_form(subsidy_amount=Decimal(1800), payable_amount=Decimal(88200))

        [text] = _pages(_set(form))

        assert "¥1,800.00" in text
        assert "¥88,200.00" in text

    @pytest.mark.parametrize("name", _plan_names())
    def test_prints_every_plan_of_the_catalogue(self, name):
        lines = [replace(samples.LINES[0], plan_name=name)] * 6

        [text] = _pages(_set(samples.application_form(lines=lines)))

        assert text.count(name) == 6


class TestPaymentSlip:
    def test_says_where_to_pay_how_much_and_with_which_words(self):
        [text] = _pages(_set(samples.payment_slip()))

        assert text.count(samples.NUMBER) >= 4
        for words in ("4400000000000000123", "¥90,000.00", "人民币玖万元整", "2026年7月16日", "汇款用途只填缴款单号"):
            assert words in text
        assert "回执" in text

    def test_names_the_latest_safe_arrival_and_how_many_depend_on_it(self):
        [text] = _pages(_set(samples.payment_slip()))
        assert "最晚到账日（之后37人断保）" in text
        assert "2026年9月1日" in text
        [text] = _pages(_set(samples.payment_slip(latest_arrival_on=None, latest_arrival_people=0)))
        assert "断保）" not in text

    def test_stays_on_one_page_with_a_subsidy(self):
        slip = samples.payment_slip(subsidy_amount=Decimal(1800), amount=Decimal(88200))

        assert len(_pages(_set(slip))) == 1


class TestHandOverForm:
    def test_one_page_with_what_is_known_and_room_for_the_rest(self):
        [text] = _pages(_set(samples.hand_over_form()))
        assert "阿卜杜拉·买买提" in text
        [empty] = _pages(_set(samples.hand_over_form(employer_name="", credit_code="", former_name="", name="")))
        assert "法定代表人签字" in empty


class TestRemittanceExample:
    def test_puts_the_slip_number_into_the_remark(self):
        [text] = _pages(_set(samples.remittance_example()))

        assert f"汇款用途{samples.NUMBER}" in text


class TestPolicy:
    def test_starts_with_the_cover_and_ends_with_the_confirmation(self):
        pages = _pages(_set(samples.policy(40)))

        assert "互助保障电子保单" in pages[0]
        assert "2026年9月1日00:00至2029年8月31日24:00" in pages[0]
        assert "参保确认书" in pages[-1]
        assert len(pages) == 5

    @pytest.mark.slow
    def test_lists_every_member_with_the_own_period(self):
        text = _text(samples.policy(1200))

        assert text.count("2026-09-01至2029-08-31") == 1200
        assert "4401**********1199" in text

    def test_the_confirmation_can_be_printed_alone(self):
        [text] = _pages(typesetting.typeset_confirmation(policy=samples.policy(40), made_on=samples.MADE_ON))

        assert "参保确认书" in text
        assert "40人" in text
        assert "第1页共1页" in text

    @pytest.mark.parametrize(
        "name", ["阿" * 9, "阿" * 13, "阿" * 30, "阿" * 60, "Maximiliana Konstantinopolitanskaya-Ivanova", "M" * 24]
    )
    def test_a_long_name_keeps_every_letter_and_the_height_of_its_row(self, name):
        members = [replace(member, name=name) for member in samples.members(typesetting.ROWS_PER_PAGE)]

        pages = _pages(_set(samples.policy(members=members)))

        assert len(pages) == 4
        assert re.sub(r"\s+", "", name) in pages[1]


@pytest.mark.slow
class TestParts:
    def test_say_the_same_as_one_piece(self):
        content = samples.policy(700).as_dict()
        whole = typesetting.typeset(template="policy", content=content, made_on=samples.MADE_ON)

        parts = typesetting.typeset_in_parts(template="policy", content=content, made_on=samples.MADE_ON)

        assert _pages(parts) == _pages(whole)

    def test_equal_content_gives_equal_bytes(self):
        content = samples.policy(400).as_dict()

        first, second = (
            typesetting.typeset_in_parts(template="policy", content=content, made_on=samples.MADE_ON) for _ in range(2)
        )

        assert first == second

    def test_many_members_are_set_in_parts(self, monkeypatch):
        monkeypatch.setattr(typesetting, "ROWS_IN_ONE_PIECE", 50)
        whole = []
        monkeypatch.setattr(typesetting, "typeset", lambda **_: whole.append(1))

        pdf = _set(samples.policy(51))

        assert not whole
        assert "第5页共5页" in _pages(pdf)[-1]

    def test_a_wrong_page_count_is_refused(self, monkeypatch):
        monkeypatch.setattr(typesetting, "ROWS_PER_PAGE", 33)
        content = samples.policy(34).as_dict()

        with pytest.raises(typesetting.UnexpectedPages):
            typesetting.typeset_in_parts(template="policy", content=content, made_on=samples.MADE_ON)


class TestReceipt:
    def test_carries_the_fields_of_a_fiscal_receipt(self):
        [text] = _pages(_set(samples.receipt()))

        for words in ("票据代码：44070126", "票据号码：0488888987", "校验码：589d80", "开票日期：2026年7月12日"):
            assert words in text
        for words in (
            f"交款人：{samples.LONG_NAME}",
            "人民币肆万捌仟元整",
            "¥48,000.00",
            "复核人：林慧",
            "收款人：黄志强",
        ):
            assert words in text

    def test_a_red_one_names_what_it_reverses(self):
        [text] = _pages(_set(samples.red_receipt()))

        assert "红字票据" in text
        assert "-48,000.00" in text
        assert "红冲原票据代码44070126，票据号码0488888987。原因：交款人名称有误" in text

    def test_six_items_stay_on_one_page(self):
        issued = samples.receipt()

        assert len(_pages(_set(replace(issued, items=issued.items * 6)))) == 1


class TestFormats:
    @pytest.mark.parametrize(
        ("amount", "figures"), [("0", "0.00"), ("1234.5", "1,234.50"), ("-95", "-95.00"), ("20000005", "20,000,005.00")]
    )
    def test_money(self, amount, figures):
        assert contents.money(Decimal(amount)) == figures

    def test_money_refuses_fractions_of_a_fen(self):
        with pytest.raises(ValueError, match="fen"):
            contents.money(Decimal("0.005"))

    @pytest.mark.parametrize(("ratio", "shown"), [("0.7999", "79.9%"), ("0.8", "80.0%"), ("1", "100.0%")])
    def test_a_ratio_is_never_rounded_up(self, ratio, shown):
        assert contents.percent(Decimal(ratio)) == shown

    def test_a_qr_code_is_one_svg_without_a_fixed_size(self):
        picture = qr.svg(text="https://huzhu.example/verify/BD1")

        assert picture.startswith("<svg")
        assert "viewBox" in picture
        assert "width" not in picture.split(">")[0]

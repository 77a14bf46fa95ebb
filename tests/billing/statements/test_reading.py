import contextlib
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from huzhu.billing.statements import layouts, reading, writing
from huzhu.billing.statements.lines import Direction, StatementRefused
from huzhu.shared import uploads
from huzhu.shared.calendar import SHANGHAI

SAMPLES = Path(__file__).parents[2] / "samples"
NOON = datetime(2025, 8, 11, 12, tzinfo=SHANGHAI)
ACCOUNT = "3602001909200123456"
SLIP = "JK20250811000001X"


def movements(*amounts, **more):
    return [
        writing.Movement(
            at=NOON + timedelta(hours=hour),
            amount=Decimal(amount),
            name="江畔市第一小学",
            account="6222020000000000001",
            remark=f"{SLIP} {hour}",
            **more,
        )
        for hour, amount in enumerate(amounts)
    ]


def icbc(*amounts, **more):
    lines = more.pop("lines", None) or movements(*amounts)
    return writing.write_icbc_csv(lines=lines, opening_balance=Decimal("1000.00"), account_number=ACCOUNT, **more)


def ccb(*amounts, **more):
    lines = more.pop("lines", None) or movements(*amounts)
    return writing.write_ccb_xlsx(lines=lines, opening_balance=Decimal("1000.00"), account_number=ACCOUNT, **more)


def read(content, **more):
    if isinstance(content, str):
        content = content.encode()
    return reading.read(content=content, file_name="流水.csv", **more)


def refused(content, code, **more):
    with pytest.raises(uploads.UploadRefused) as refusal:
        read(content, **more)
    assert refusal.value.code == code, str(refusal.value)
    assert refusal.value.message
    assert refusal.value.remedy
    return refusal.value


def change(content, before, after):
    text = content.decode("gb18030")
    assert before in text
    return text.replace(before, after, 1).encode("gb18030")


def workbook(*rows, sheets=1, start=0):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for _ in range(sheets):
            sheet = book.add_worksheet()
            for number, row in enumerate(rows, start=start):
                for column, value in enumerate(row):
                    if isinstance(value, datetime):
                        sheet.write_datetime(number, column, value.replace(tzinfo=None), day)
                    elif isinstance(value, str):
                        sheet.write_string(number, column, value)
                    else:
                        sheet.write_number(number, column, value)
    return buffer.getvalue()


class TestSamples:
    def test_icbc_newest_first(self):
        statement = read((SAMPLES / "statement-icbc.csv").read_bytes(), account_number=ACCOUNT)

        assert (statement.bank, statement.account_number, statement.currency) == ("ICBC", ACCOUNT, "CNY")
        assert statement.newest_first
        assert [line.row for line in statement.lines] == [10, 9, 8, 7, 6, 5]
        assert (statement.opening_balance, statement.closing_balance) == (Decimal("1028000.00"), Decimal("1256384.50"))
        assert [line.signed_amount for line in statement.lines] == [
            Decimal(amount) for amount in ("-1598.50", "114000.00", "114000.00", "-12.00", "95.00", "1900.00")
        ]
        second = statement.lines[4]
        assert second.received_on == date(2025, 8, 12)
        assert second.remark == "ＪＫ２０２５０８０５００００１２\n汇款\n附言：八月份参保"
        assert (second.counterparty_name, second.counterparty_account) == (
            "江畔市文具厂工会委员会",
            "3602000100000000321",
        )
        assert statement.lines[3].counterparty_name == ""

    def test_ccb_value_date_and_reversal(self):
        statement = read((SAMPLES / "statement-ccb.xlsx").read_bytes())

        assert statement.account_number == "44050110000000000123"
        assert (statement.opening_balance, statement.closing_balance) == (Decimal("500000.00"), Decimal("509485.00"))
        late = statement.lines[1]
        assert late.received_on == date(2025, 8, 5)  # 记账日期, not the evening before
        assert late.booked_at == datetime(2025, 8, 4, 22, 58, 41, tzinfo=SHANGHAI)
        assert late.serial == "102-1000000002"
        reversed_line = statement.lines[3]
        assert (reversed_line.direction, reversed_line.amount) == (Direction.OUT, Decimal("950.00"))


@pytest.mark.parametrize("write", [icbc, ccb])
@pytest.mark.parametrize("newest_first", [False, True])
def test_what_the_writer_writes_is_read_back(write, newest_first):
    statement = read(write("1234.50", "-20.00", "12345678.90", newest_first=newest_first))

    assert statement.newest_first is newest_first
    assert [line.signed_amount for line in statement.lines] == [
        Decimal("1234.50"),
        Decimal("-20.00"),
        Decimal("12345678.90"),
    ]
    assert [line.remark for line in statement.lines] == [f"{SLIP} {hour}\n转账" for hour in range(3)]
    assert {line.counterparty_account for line in statement.lines} == {"6222020000000000001"}
    assert statement.opening_balance == Decimal("1000.00")
    assert statement.closing_balance == Decimal("12347893.40")
    assert statement.account_number == ACCOUNT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_reads_the_same(encoding):
    content = icbc("95.00").decode("gb18030").encode(encoding)
    assert read(content).lines == read(icbc("95.00")).lines


def test_tabs_may_separate():
    rows = [row.split(",") for row in icbc("95.00").decode("gb18030").splitlines()]
    text = "\n".join("\t".join(cell.strip() for cell in row) for row in rows).replace('"1\t095.00"', "1095.00")
    assert read(text).lines[0].amount == Decimal("95.00")


@pytest.mark.parametrize(
    ("layout", "heads", "row", "expected"),
    [
        (
            layouts.ABC,
            "交易时间 收入金额 支出金额 账户余额 交易行名 对方省市 对方账号 对方户名 交易用途",
            "2025-08-11 09:00:00|95.00||195.00|||4401|甲|用",
            ("in", "95.00", "甲", "4401", "用", ""),
        ),
        (
            layouts.ABC_OLDER,
            "交易时间戳 收入金额 支出金额 本次余额 手续费总额 交易方式 对方账号 对方户名 交易用途 交易附言 交易摘要",
            "2025-08-11-09.00.00.123456||95.00|5.00||网银|4401|甲|用|附|摘",
            ("out", "95.00", "甲", "4401", "用\n附\n摘", ""),
        ),
        (
            layouts.BOC,
            "交易类型[_Transaction_Type_] 付款人账号[_Debit_Account_No._] 付款人名称 收款人账号 收款人名称 交易日期 "
            "交易时间 交易货币 交易金额[_Trade_Amount_] 交易后余额 起息日期 交易流水号 摘要 用途",
            "来账|4401|甲|3602|互助会|20250810|09:00:00|CNY|95.00|195.00|20250811|77|摘|用",
            ("in", "95.00", "甲", "4401", "用\n摘", "77"),
        ),
        (
            layouts.BOC,
            "交易类型 付款人账号 付款人名称 收款人账号 收款人名称 交易日期 交易时间 交易货币 交易金额 "
            "交易后余额 起息日期 交易流水号 摘要 用途",
            "往账|3602|互助会|4401|甲|20250810|09:00:00|CNY|-95.00|5.00|20250811|77|摘|用",
            ("out", "95.00", "甲", "4401", "用\n摘", "77"),
        ),
        (
            layouts.CMB,
            "交易日 交易时间 起息日 交易类型 借方金额 贷方金额 余额 摘要 流水号 用途 业务摘要 其它摘要 "
            "收/付方名称 收/付方帐号",
            "20250810|090000|20250811|汇入||95.00|195.00|摘|K1|用|业|他|甲|4401",
            ("in", "95.00", "甲", "4401", "用\n摘\n业\n他", "K1"),
        ),
    ],
)
def test_further_layouts_are_data(layout, heads, row, expected):
    content = "\t".join(head.replace("_", " ") for head in heads.split()) + "\n" + row.replace("|", "\t")
    statement = read(content)
    (line,) = statement.lines

    assert statement.layout is layout
    assert line.received_on == date(2025, 8, 11)
    found = (
        line.direction,
        str(line.amount),
        line.counterparty_name,
        line.counterparty_account,
        line.remark,
        line.serial,
    )
    assert found == expected
    assert line.booked_at.strftime("%H:%M:%S") == "09:00:00"


def test_a_layout_mapped_by_hand_is_one_more_layout():
    by_hand = layouts.Layout(
        code="by_hand",
        bank="OTHER",
        bank_name="某行",
        required=frozenset({"日子", "收", "付"}),
        received_on=("日子",),
        amount_in="收",
        amount_out="付",
        remarks=("说明",),
    )
    statement = read("日子,收,付,说明\n2025-8-1,95,,甲", layouts_known=[*layouts.LAYOUTS, by_hand])
    assert statement.layout is by_hand
    assert statement.lines[0].balance is None
    assert statement.opening_balance is None


class TestNumbersAsSpreadsheetsKeepThem:
    HEADS = (
        "账号",
        "交易时间",
        "借方发生额",
        "贷方发生额",
        "余额",
        "对方户名",
        "对方账号",
        "记账日期",
        "摘要",
        "备注",
        "账户明细编号-交易流水号",
    )

    def row(self, **more):
        values = dict(
            zip(self.HEADS, ("123456789", NOON, 0, 1234.5, 2234.5, "甲", "'44", NOON, "摘", "备", "1-2"), strict=True)
        )
        return tuple({**values, **more}.values())

    def test_dates_and_amounts_may_be_numbers(self):
        statement = read(workbook(self.HEADS, self.row()))
        (line,) = statement.lines
        assert (line.amount, line.received_on, line.booked_at) == (Decimal("1234.50"), date(2025, 8, 11), NOON)

    def test_a_short_account_may_be_a_number(self):
        assert read(workbook(self.HEADS, self.row(对方账号=440501))).lines[0].counterparty_account == "440501"

    @pytest.mark.parametrize("head", ["账号", "对方账号", "账户明细编号-交易流水号"])
    def test_a_long_number_that_lost_digits_is_refused(self, head):
        refusal = refused(workbook(self.HEADS, self.row(**{head: 6222020000000000123})), "digits_lost")
        assert refusal.row == 2
        assert head in refusal.message

    def test_rows_are_counted_as_the_sheet_does(self):
        assert read(workbook(self.HEADS, self.row(), start=3)).lines[0].row == 5

    def test_two_statements_in_one_workbook_are_refused(self):
        refused(workbook(self.HEADS, self.row(), sheets=2), "several_sheets")


def test_a_csv_number_that_lost_digits_is_refused():
    refused(change(icbc("95.00"), "6222020000000000001\t", "6.22202E+18"), "digits_lost")


class TestContinuity:
    @pytest.mark.parametrize("newest_first", [False, True])
    def test_the_first_line_that_breaks_is_named(self, newest_first):
        content = icbc("10", "20", "30", "40", newest_first=newest_first)
        refusal = refused(change(content, '"1,060.00"', '"1,061.00"'), "balance_breaks")

        assert refusal.row == (6 if newest_first else 7)
        assert (refusal.expected, refusal.found) == (Decimal("1060.00"), Decimal("1061.00"))
        assert f"第 {refusal.row} 行" in refusal.message
        assert "1,060.00" in refusal.message
        assert "1,061.00" in refusal.message

    def test_a_missing_line_is_found(self):
        lines = icbc("10", "20", "30").decode("gb18030").splitlines(keepends=True)
        del lines[5]
        refusal = refused("".join(lines), "balance_breaks")
        assert refusal.row == 6

    def test_stated_opening_must_fit(self):
        content = change(icbc("10"), "币种：人民币", "期初余额：999.00")
        refusal = refused(content, "opening_differs")
        assert (refusal.expected, refusal.found) == (Decimal("1009.00"), Decimal("1010.00"))

    def test_stated_closing_must_fit(self):
        content = change(icbc("10"), "合计", "期末余额 1012.00 合计")
        refused(content, "closing_differs")

    def test_lines_without_balance_are_bridged(self):
        content = change(icbc("10", "20", "30"), '"1,030.00"', "--")
        assert read(content).lines[1].balance is None
        refused(change(content, '"1,060.00"', '"1,050.00"'), "balance_breaks")


def test_foreign_currency_is_flagged():
    lines = ccb("95.00")
    statement = read(lines)
    assert not statement.lines[0].is_foreign
    dollars = read(change(icbc("95.00"), "币种：人民币", "币种：美元"))
    assert dollars.currency == "美元"
    assert dollars.lines[0].is_foreign


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("借/贷", "方向", "layout_unknown"),
        ("对方行号", "余额", "heads_twice"),
        ("2025-08-11 12:00:00", "08/11/2025", "date_unclear"),
        ("2025-08-11 12:00:00", "", "date_unclear"),
        ("95.00", "9A.00", "amount_unclear"),
        (",,95.00", ",1.00,95.00", "amount_both"),
        (",,95.00", ",,", "amount_missing"),
        (",,95.00", ",95.00,", "direction_differs"),
        (f"{ACCOUNT}\t", "3602001909200123457\t", "several_accounts"),
        (f"{SLIP} 0", f"{SLIP},一个逗号", "amount_unclear"),
        (f"{SLIP} 0", f"{SLIP},,,,,,多出几格", "row_columns"),
        ('"1,095.00",', "1095.00", "row_columns"),
    ],
)
def test_a_bad_cell_refuses_the_file_and_says_where(before, after, code):
    refusal = refused(change(icbc("95.00", "96.00"), before, after), code)
    if code != "layout_unknown":
        assert f"第 {refusal.row} 行" in refusal.message


def test_an_unknown_layout_says_what_is_missing():
    refusal = refused(change(icbc("95.00"), "借/贷", "方向"), "layout_unknown")
    assert "工商银行" in refusal.message
    assert "借/贷" in refusal.message


def test_another_accounts_statement_is_refused():
    refusal = refused(icbc("95.00"), "other_account", account_number="44050110000000000123")
    assert ACCOUNT not in str(refusal)


def test_only_heads_is_refused():
    refused(layouts_row := writing.ICBC_HEADS.replace(" ", ","), "statement_empty")
    assert layouts_row


def test_a_movement_of_nothing_is_skipped_and_listed():
    statement = read(icbc("95.00", "0.00"))
    assert len(statement.lines) == 1
    assert [row.reason for row in statement.skipped] == ["金额为 0.00", "汇总或说明"]


def test_repeated_heads_are_skipped():
    text = icbc("95.00", "96.00").decode("gb18030").splitlines(keepends=True)
    text.insert(5, text[3])
    assert [line.row for line in read("".join(text)).lines] == [5, 7]


def test_an_odd_quotation_mark_swallows_no_line():
    content = change(icbc("95", "96"), '"1,095.00"', "1095.00").decode("gb18030").replace('"1,191.00"', "1191.00")
    content = content.replace(f"{SLIP} 0", f'"{SLIP}')
    assert [line.amount for line in read(content).lines] == [Decimal("95.00"), Decimal("96.00")]


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: icbc("95.00") + text.encode("gb18030")))
)
def test_junk_is_refused_by_name(content):
    with contextlib.suppress(uploads.UploadRefused):
        assert read(content).lines


@settings(deadline=None, max_examples=120)
@given(st.data())
def test_a_cut_or_damaged_file_is_refused_by_name(data):
    content = bytearray(data.draw(st.sampled_from(WRITTEN)))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(uploads.UploadRefused):
        read(bytes(content[: data.draw(st.integers(0, len(content)))]))


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.99])
def test_a_truncated_workbook_is_refused(cut):
    refused(WRITTEN[1][: int(len(WRITTEN[1]) * cut)], "file_unreadable")


WRITTEN = [icbc("95.00", "-12.00"), ccb("95.00", "-12.00")]


def test_refusals_of_the_reader_carry_a_row():
    assert issubclass(StatementRefused, uploads.UploadRefused)

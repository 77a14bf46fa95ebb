import csv
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huzhu.roster.files import checks, problems
from tests.roster.files.sheets import GOOD, HEADS, SAMPLES, TODAY, check, check_row, codes, read, row, sample, xlsx


def test_the_clean_sample_is_all_good_without_repairs():
    checked = check(sample("roster-clean-1200.xlsx"))

    assert (checked.rows, checked.failed, checked.repaired, checked.errors.height) == (1200, 0, 0, 0)


def test_every_row_of_the_dirty_sample_has_its_expected_outcome():
    with (SAMPLES / "roster-dirty-300.expected.csv").open(encoding="utf-8-sig", newline="") as file:
        expected = {int(line["excel_row"]): line for line in csv.DictReader(file)}
    sheet = read(sample("roster-dirty-300.xlsx"))
    checked = checks.check(sheet=sheet, today=TODAY)
    repairs = dict(checked.people.select("excel_row", "repairs").rows())
    columns = {}
    for number, column in checked.errors.select("excel_row", "column").rows():
        columns.setdefault(number, set()).add(column)

    for number in sheet.cells["excel_row"]:
        outcome = "failed" if number in columns else "repaired" if repairs[number] else "ok"
        line = expected.get(number, {"outcome": "ok"})
        assert (number, outcome) == (number, line["outcome"])
        assert outcome != "failed" or line["column"] in columns[number]
    assert checked.rows == checked.people.height + len(columns) == 300


def test_every_error_says_what_and_how_to_mend_in_chinese():
    errors = check(sample("roster-dirty-300.xlsx")).errors

    assert set(errors["code"]) <= set(problems.CODES)
    assert errors["message"].str.contains(r"\p{Han}").all()
    assert errors["remedy"].str.contains(r"\p{Han}").all()
    assert not errors["message"].str.contains("{", literal=True).any()


def test_errors_never_show_a_whole_number():
    sheet = read(sample("roster-dirty-300.xlsx"))
    values = checks.check(sheet=sheet, today=TODAY).errors["value"].to_list()

    numbers = sheet.cells[f"c{sheet.fields['document_number']}"].to_list()
    assert not {number for number in numbers if len(number) > 5 and number in values}


def test_a_row_with_several_errors_names_all_and_counts_once():
    checked = check_row(姓名="蒋远洋2", 证件号码="440106197501020025", 手机号="12345", 岗位类别="保安", 用工形式="志愿")

    assert codes(checked) == [
        ("姓名", "name_digits"),
        ("证件号码", "id_check_digit"),
        ("手机号", "mobile_invalid"),
        ("岗位类别", "job_category_unknown"),
        ("用工形式", "employment_form_unknown"),
    ]
    assert checked.failed == 1


def test_a_good_row_gives_codes_and_derived_values():
    person = check_row(性别=None, 出生日期=None).people.row(0, named=True)

    assert person == {
        "excel_row": 2,
        "document_type": "resident_id",
        "document_number": "440106197501020024",
        "comparison_key": "440106197501020024",
        "number_masked": "4401**********0024",
        "name": "夏洋",
        "initials": "xy",
        "gender": "female",
        "born_on": dt.date(1975, 1, 2),
        "mobile": "13812345678",
        "job_category": "management",
        "employment_form": "contract",
        "department": "工会",
        "note": "无",
        "repairs": [],
    }


@pytest.mark.parametrize("number", [440106197501020024, 440106197501020000.0], ids=["int", "float"])
def test_an_id_typed_as_number_has_lost_digits_even_if_its_check_digit_holds(number):
    assert codes(check_row(证件号码=number)) == [("证件号码", "id_scientific")]


def test_whether_digits_were_lost_is_told_by_the_type_of_the_cell():
    number = "440106197003099008"  # a valid number that a number cell happens to show with valid digits

    assert codes(check_row(证件号码=number, 性别=None, 出生日期=None)) == []
    assert codes(check_row(证件号码=int(number), 性别=None, 出生日期=None)) == [("证件号码", "id_scientific")]


@pytest.mark.parametrize(
    ("text", "repair"),
    [
        (dt.date(1975, 1, 2), []),
        ("1975年1月2日", ["born_on_text"]),
        ("1975-1-2", ["born_on_text"]),
        ("1975/01/02", ["born_on_text"]),
        ("1975.1.2", ["born_on_text"]),
        ("19750102", ["born_on_text"]),
        (" １９７５-０１-０２", ["born_on_text"]),
        (27396, ["born_on_serial"]),
        ("27396", ["born_on_serial"]),
    ],
)
def test_certain_spellings_of_dates_are_repaired(text, repair):
    person = check_row(出生日期=text).people.row(0, named=True)

    assert (person["born_on"], person["repairs"]) == (dt.date(1975, 1, 2), repair)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("03/04/1990", "born_on_ambiguous"),
        ("3-4-90", "born_on_ambiguous"),
        ("1990年2月30日", "born_on_unreadable"),
        ("1990年3月", "born_on_unreadable"),
        ("不详", "born_on_unreadable"),
        ("1975-01-03", "born_on_conflict"),
    ],
)
def test_uncertain_or_contradicting_dates_are_refused(text, code):
    assert codes(check_row(出生日期=text)) == [("出生日期", code)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"性别": "男"}, [("性别", "gender_conflict")]),
        ({"性别": "未知"}, [("性别", "gender_unknown")]),
        ({"证件类型": "学生证"}, [("证件类型", "document_type_unknown")]),
        ({"证件类型": "护照", "证件号码": "K84587494", "性别": None}, [("性别", "gender_missing")]),
        ({"证件类型": "护照", "证件号码": "K84587494", "出生日期": None}, [("出生日期", "born_on_missing")]),
        ({"证件类型": "护照", "证件号码": "K84587494", "出生日期": dt.date(2015, 1, 1)}, [("出生日期", "born_on_age")]),
        (
            {"证件类型": "护照", "证件号码": "K84587494", "出生日期": dt.date(2027, 1, 1)},
            [("出生日期", "born_on_future")],
        ),
        ({"证件类型": None, "证件号码": "K84587494"}, [("证件类型", "document_type_missing")]),
        ({"证件类型": None, "证件号码": "440106740424297"}, [("证件号码", "id_length_15")]),
        ({"证件类型": "学生证", "证件号码": None}, [("证件类型", "document_type_unknown"), ("证件号码", "id_missing")]),
        ({"部门": "部" * 101}, [("部门", "department_too_long")]),
        ({"备注": "注" * 501}, [("备注", "note_too_long")]),
    ],
)
def test_each_rule_names_its_column(values, expected):
    assert codes(check_row(**values)) == expected


@pytest.mark.parametrize(
    ("number", "document_type"),
    [("440106197501020024", "resident_id"), ("810000199408230021", "hmt_residence_permit")],
)
def test_an_empty_document_type_is_assumed_from_the_number_and_said(number, document_type):
    person = check_row(证件类型=None, 证件号码=number, 性别=None, 出生日期=None).people.row(0, named=True)

    assert (person["document_type"], person["repairs"]) == (document_type, ["document_type_assumed"])


def test_empty_optional_fields_are_fine():
    person = check_row(手机号=None, 岗位类别=None, 用工形式=None, 部门=None, 备注=None).people.row(0, named=True)

    assert (person["mobile"], person["job_category"], person["employment_form"], person["department"]) == (
        "",
        None,
        None,
        "",
    )


def test_of_two_equal_people_the_later_row_fails_and_names_the_first():
    checked = check(xlsx([row(手机号="12345"), row(证件号码="4401 0619 7501 0200 24"), row()]))

    assert codes(checked) == [("手机号", "mobile_invalid"), ("证件号码", "id_duplicate"), ("证件号码", "id_duplicate")]
    assert checked.errors["message"].to_list()[1:] == ["与第 2 行是同一个人（证件号码相同）"] * 2


def test_reissued_permits_of_one_person_are_duplicates():
    permit = {"证件类型": "回乡证", "性别": "女", "出生日期": dt.date(1990, 3, 4)}
    checked = check(xlsx([row(证件号码="H0172040401", **permit), row(证件号码="H01720404", **permit)]))

    assert codes(checked) == [("证件号码", "id_duplicate")]


def test_the_hint_of_a_foreign_card_fills_an_empty_gender_and_contradicts_nobody():
    card = {"证件类型": "外国人永久居留身份证", "证件号码": "932682198501010017", "出生日期": None}

    assert check_row(性别=None, **card).people["gender"].to_list() == ["male"]
    assert check_row(性别="女", **card).people["gender"].to_list() == ["female"]


PEOPLE = [
    row(),
    row(姓名="阿卜杜拉·买买提", 证件号码="440106196501150019", 性别="男", 出生日期=None, 部门="车间", 备注=None),
    row(姓名="罗四", 证件类型="外国护照", 证件号码="K84587494", 性别="男", 出生日期=dt.date(1985, 5, 6), 手机号="13912345678"),
    row(姓名="龚娜琳", 证件类型="港澳台居民居住证", 证件号码="830000199201300022", 性别=None, 出生日期=None),
]  # fmt: skip

DIRT = {
    "姓名": [str, lambda text: f" {text}　", lambda text: text.replace("·", " • ")],
    "证件号码": [
        str,
        lambda text: f"'{text}",
        lambda text: f" {text[:6]} {text[6:14]} {text[14:]} ",
        lambda text: text.lower(),
        lambda text: "".join(chr(ord(c) + 0xFEE0) for c in text),
        lambda text: f"{text[:6]}-{text[6:]}",
    ],
    "手机号": [str, lambda text: f"+86 {text[:3]}-{text[3:7]}-{text[7:]}", lambda text: f"0086{text}", int],
    "出生日期": [
        lambda day: day,
        lambda day: day and f"{day.year}年{day.month}月{day.day}日",
        lambda day: day and f"{day:%Y%m%d}",
        lambda day: day and (day - dt.date(1899, 12, 30)).days,
    ],
}
CLEAN = checks.check(sheet=read(xlsx(PEOPLE)), today=TODAY).people.drop("excel_row", "repairs")


@settings(deadline=None, max_examples=60)
@given(st.permutations(range(len(HEADS))), st.data())
def test_any_order_of_columns_and_any_certain_repairs_give_the_same_people(order, data):
    dirty = [
        [
            data.draw(st.sampled_from(DIRT[head]))(value) if head in DIRT and value is not None else value
            for head, value in zip(HEADS, person, strict=True)
        ]
        for person in PEOPLE
    ]
    title = data.draw(st.sampled_from([(), (["某公司职工名册"],), (["某公司"], [], ["2026 年"])]))

    content = xlsx(
        [[person[index] for index in order] for person in dirty], heads=[HEADS[index] for index in order], above=title
    )
    checked = check(content)

    assert checked.errors.height == 0
    assert checked.people.drop("excel_row", "repairs").equals(CLEAN)


CELLS = st.one_of(st.none(), st.text(max_size=12), st.integers(), st.floats(allow_nan=False, allow_infinity=False))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(CELLS, min_size=10, max_size=10), min_size=1, max_size=4))
def test_whatever_stands_in_the_cells_every_row_is_good_or_explained(rows):
    printable = [
        ["".join(c for c in cell if c.isprintable()) if isinstance(cell, str) else cell for cell in line]
        for line in rows
    ]
    checked = check(xlsx([GOOD, *printable]))

    assert checked.failed == checked.errors["excel_row"].n_unique()
    assert checked.rows == checked.people.height + checked.failed

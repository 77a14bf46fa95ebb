import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.shared.identity import names
from huzhu.shared.identity.names import NameRefused, check_name, initials, masked_name, normalise_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" 彭　艳 ", "彭艳"),
        ("阿卜杜拉 • 买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉.买买提・卡德尔", "阿卜杜拉·买买提·卡德尔"),
        ("Ａnna  Lee", "Anna Lee"),
        ("John F. O'Neil-Smith", "John F. O'Neil-Smith"),
        ("刘〇", "刘〇"),
        ("\U00020bb7野", "\U00020bb7野"),
        ("张文科", "张文科"),
        ("王\u200b伟\ufeff", "王伟"),
    ],
)
def test_good_names_are_tidied(typed, name):
    assert check_name(typed) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name_missing"),
        (None, "name_missing"),
        (" 　", "name_missing"),
        ("蒋远洋2", "name_digits"),
        ("张三①", "name_digits"),
        ("张三(大)", "name_brackets"),
        ("张三（小）", "name_brackets"),
        ("张三-财务部", "name_department"),
        ("张三/工会", "name_department"),
        ("张三财务部", "name_department"),
        ("王\ue000", "name_private_use"),
        ("王\x07伟", "name_control"),
        ("王*伟", "name_characters"),
        ("王😀", "name_characters"),
        ("-", "name_characters"),
        ("· ·", "name_characters"),
        ("'", "name_characters"),
        ("王" * 51, "name_too_long"),
    ],
)
def test_what_can_not_be_a_name_is_refused_by_name(typed, code):
    with pytest.raises(NameRefused) as refused:
        check_name(typed)

    assert refused.value.code == code
    assert refused.value.remedy in str(refused.value)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("曾小贤", "zxx"),
        ("单田芳", "stf"),
        ("解晓东", "xxd"),
        ("仇英", "qy"),
        ("查良镛", "zly"),
        ("区小明", "oxm"),
        ("覃军", "qj"),
        ("万俟三", "mqs"),
        ("单于月", "cyy"),
        ("欧阳娜", "oyn"),
        ("阿不都·热合曼", "abdrhm"),
        ("John O'Neil", "jo"),
        ("", ""),
    ],
)
def test_initials_read_surnames_as_surnames(name, letters):
    assert names.initials_column(pl.Series([name])).to_list() == [letters]
    assert not name or initials(name) == letters


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳娜娜", "欧阳*"), ("Anna", "A*"), ("", ""), (None, "")]
)
def test_masked_names_show_the_surname(name, masked):
    assert masked_name(name) == masked


@given(st.text(max_size=12))
def test_a_column_is_masked_like_its_single_values(name):
    assert pl.select(names.masked_names(pl.lit(name))).item() == masked_name(name)


@given(st.text(max_size=20))
def test_tidying_twice_changes_nothing(text):
    assert normalise_name(normalise_name(text)) == normalise_name(text)


@given(st.text("张曾单解欧阳·〇\U00020bb7abc é", max_size=12))
def test_initials_are_plain_letters(text):
    name = normalise_name(text)

    assert initials(name) == initials(name).lower() if name else True

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from huzhu.shared.identity import columns, documents
from huzhu.shared.identity.documents import DOCUMENT_TYPES, DocumentRefused, check_document, comparison_key

TODAY = dt.date(2026, 11, 23)


def with_check_digit(body: str) -> str:
    return body + ric.calc_check_digit(body + "0")


def refusal(document_type: str, number: str | None) -> str:
    with pytest.raises(DocumentRefused) as refused:
        check_document(document_type=document_type, number=number, today=TODAY)
    assert refused.value.remedy in str(refused.value)
    assert "{" not in str(refused.value)
    return refused.value.code


@pytest.mark.parametrize(
    ("document_type", "number", "born_on", "gender"),
    [
        ("resident_id", "440106196501150019", dt.date(1965, 1, 15), "male"),
        ("resident_id", "440106197501020024", dt.date(1975, 1, 2), "female"),
        ("hmt_residence_permit", "810000199408230021", dt.date(1994, 8, 23), "female"),
        ("hmt_residence_permit", "830000199201300022", dt.date(1992, 1, 30), "female"),
        ("foreign_pr_card", "932682198501010017", dt.date(1985, 1, 1), None),
        ("foreign_pr_card", "USA440185010112", dt.date(1985, 1, 1), None),
        ("foreign_pr_card", "USA440105010112", dt.date(2005, 1, 1), None),
        ("hm_travel_permit", "H01720404", None, None),
        ("hm_travel_permit", "M0172040402", None, None),
        ("tw_travel_permit", "12345678", None, None),
        ("tw_travel_permit", "1234567801(B)", None, None),
        ("cn_passport", "E12345678", None, None),
        ("cn_passport", "EA1234567", None, None),
        ("cn_passport", "SE1234567", None, None),
        ("foreign_passport", "K84587494", None, None),
        ("military_id", "军字第12345678号", None, None),
    ],
)
def test_good_documents_tell_what_they_carry(document_type, number, born_on, gender):
    document = check_document(document_type=document_type, number=number, today=TODAY)

    assert (document.number, document.born_on, document.gender) == (number, born_on, gender)


@pytest.mark.parametrize(
    ("document_type", "number", "code"),
    [
        ("resident_id", None, "id_missing"),
        ("resident_id", "4.40106E+17", "id_scientific"),
        ("resident_id", "440106740424297", "id_length_15"),
        ("resident_id", "44010619750102002", "id_length"),
        ("resident_id", "44010619750102OO24", "id_characters"),
        ("resident_id", "990106197501020024", "id_area"),
        ("resident_id", "810000199408230021", "id_area"),
        ("resident_id", "440106198502301236", "id_date_impossible"),
        ("resident_id", with_check_digit("44010620270101001"), "id_date_future"),
        ("resident_id", "440106197501020025", "id_check_digit"),
        ("resident_id", with_check_digit("44010620101124001"), "id_age"),
        ("resident_id", with_check_digit("44010619551123001"), "id_age"),
        ("hm_travel_permit", "H0172040", "id_characters"),
        ("cn_passport", "EI1234567", "id_characters"),
        ("military_id", "12345678", "id_characters"),
        ("student_card", "1", "document_type_unknown"),
    ],
)
def test_bad_documents_are_refused_by_name(document_type, number, code):
    assert refusal(document_type, number) == code


@pytest.mark.parametrize(
    "born_on", [dt.date(2010, 11, 23), dt.date(1955, 11, 24)], ids=["just 16", "70 for one day more"]
)
def test_the_edges_of_working_age_are_accepted(born_on):
    number = with_check_digit(f"440106{born_on:%Y%m%d}001")

    assert check_document(document_type="resident_id", number=number, today=TODAY).born_on == born_on


@pytest.mark.parametrize(
    "typed",
    [
        "'440106197501020024",
        " 440106 19750102 0024 ",
        "４４０１０６１９７５０１０２００２４",
        "440106-19750102-0024\u200b",
    ],
)
def test_typing_habits_are_forgiven(typed):
    assert check_document(document_type="resident_id", number=typed, today=TODAY).number == "440106197501020024"


def test_a_reissued_permit_is_the_same_person():
    keys = {
        comparison_key(document_type="hm_travel_permit", number=n) for n in ["H01720404", "h0172040401", "H0172040402"]
    }

    assert keys == {"hm_travel_permit:H01720404"}


def test_equal_numbers_of_different_types_are_different_people():
    assert comparison_key(document_type="cn_passport", number="E12345678") != comparison_key(
        document_type="foreign_passport", number="E12345678"
    )


def test_no_word_stands_for_two_types():
    words = [word for kind in DOCUMENT_TYPES.values() for word in (kind.code, *kind.names)]

    assert len(words) == len(set(words))


@given(st.from_regex(r"\A[0-9]{17}\Z"))
def test_check_digits_are_those_of_stdnum(body):
    frame = pl.DataFrame({"number": [body + digit for digit in "0123456789X"]})
    holds = frame.select(columns.check_digit_holds(pl.col("number"))).to_series().to_list()

    assert [digit for digit, good in zip("0123456789X", holds, strict=True) if good] == [
        ric.calc_check_digit(body + "0")
    ]


DIRT = st.one_of(
    st.sampled_from(
        ["440106196501150019", "810000199408230021", "932682198501010017", "H01720404", "E12345678", "军字第1234号"]
    ),
    st.text("0123456789XHMEGx '-　９", max_size=20),
    st.dates(dt.date(1940, 1, 1), dt.date(2030, 1, 1)).map(lambda day: with_check_digit(f"440106{day:%Y%m%d}123")),
)


@given(st.lists(st.tuples(st.sampled_from(sorted(DOCUMENT_TYPES)), DIRT), min_size=1, max_size=8))
def test_a_column_is_judged_like_its_single_values(rows):
    numbers = columns.tidied_numbers(pl.Series([number for _, number in rows]))
    types = pl.Series([kind for kind, _ in rows])
    together = columns.verdicts(document_type=types, number=numbers, today=TODAY)

    for (kind, number), verdict in zip(rows, together.iter_rows(named=True), strict=True):
        if verdict["problem"]:
            assert refusal(kind, number) == verdict["problem"]
        else:
            single = check_document(document_type=kind, number=number, today=TODAY)
            told = (single.born_on, single.gender, single.comparison_key)
            assert told == (verdict["born_on"], verdict["gender"], verdict["comparison_key"])


@given(st.lists(st.text(max_size=20), min_size=1))
def test_tidying_only_dirty_cells_equals_tidying_all(texts):
    series = pl.Series(texts, dtype=pl.String)

    everything = pl.select(columns.document_number(pl.lit(series))).to_series()
    assert columns.tidied_numbers(series).to_list() == everything.to_list()


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("440106197511151234", "4401**********1234"),
        ("H01720404", "H0*****04"),
        ("12345", "*****"),
        ("", ""),
        (None, ""),
    ],
)
def test_numbers_are_masked_in_the_middle(number, masked):
    assert documents.masked_number(number) == masked


@given(st.text(max_size=24))
def test_a_column_is_masked_like_its_single_values(number):
    assert pl.select(columns.masked_number(pl.lit(number))).item() == documents.masked_number(number)


def test_leap_day_steps_back_to_february():
    assert columns.years_before(dt.date(2028, 2, 29), 17) == dt.date(2011, 2, 28)

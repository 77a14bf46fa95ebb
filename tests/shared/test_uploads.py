import contextlib
import io
import struct
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huzhu.shared import uploads
from huzhu.shared.sheet_reach import MAX_CELLS, Reach, ReachesTooFar

PARTS = {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}
MEGABYTE = 1024 * 1024


def archive(parts=None, **more):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in {**(PARTS if parts is None else parts), **more}.items():
            packed.writestr(name, text)
    return buffer.getvalue()


def sheet(text):
    return archive(**{"xl/worksheets/sheet1.xml": text})


def code_of(content):
    with pytest.raises(uploads.UploadRefused) as refused:
        uploads.check_table(content=content)
    assert refused.value.message
    assert refused.value.remedy
    return refused.value.code


def test_kind_is_told_by_content():
    assert uploads.check_table(content=sheet('<c r="A1"/>')) == uploads.Kind.XLSX
    assert uploads.check_table(content="凭证号,余额".encode("gb18030")) == uploads.Kind.TEXT
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le")
    assert uploads.check_table(content=old) == uploads.Kind.XLS


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n\0", "file_empty"),
        (b"x" * (20 * MEGABYTE + 1), "file_too_large"),
        (b"%PDF-1.7 ...", "file_kind"),
        (b"\x89PNG\r\n\x1a\n", "file_kind"),
        (b"<html><table><tr><td>1", "file_kind"),
        (b"a,b\0c", "file_kind"),
        (archive({"a.txt": "x"}), "file_kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "file_encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook_VBA_PROJECT_CUR".encode("utf-16-le"), "file_macro"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "file_kind"),
        (archive(**{"xl/vbaProject.bin": "x"}), "file_macro"),
        (archive(**{f"xl/media/{number}": "" for number in range(2_001)}), "file_bomb"),
        (sheet("x")[:-30], "file_unreadable"),
        (b"PK\x03\x04junk", "file_unreadable"),
    ],
)
def test_refusal_is_named(content, code):
    assert code_of(content) == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_doctype_anywhere_in_a_part_is_refused(encoding):
    hidden = b" " * (uploads.CHUNK - 5) + "<!DOCTYPE x>".encode(encoding)  # across two pieces
    assert code_of(sheet(hidden)) == "file_doctype"


@pytest.mark.parametrize(
    "cells",
    [
        '<c r="XFD1048576"/>',
        '<row r="300000"/>',
        "<c r='AAA1'/>",
        '<c r = "AAA1"/>',
        '<c\tr="AAA1"/>',
        '<c s="1" r="AAA1"/>',
        '<c r="DA1"/><c r="A10000"/>',
        '<c r="A10000"/><c r="DA1"/>',
        '<c r="BA70000"/>',
        '<c r="AA1"/><row r="150000"/>',
        "<row>" + "<c/>" * 200 + "</row>" + "<row><c/></row>" * 40_001,
        "<row>" + "<c><row/></c>" * 200 + "</row>" + "<row><c/></row>" * 40_001,
        "<row>" + "<c><!--<row>--></c>" * 200 + "</row>",
        "<row>" + "<c s=' r=\"A1\"'/>" * 200 + "</row>" + '<row><c s="\u00e9"/></row>' * 40_001,
        "<row/>" * 299_999 + "<row>" + "<c/>" * 200 + "</row>",
        "<c/>" * 400_001,
    ],
    ids=lambda cells: cells[:40],
)
def test_cells_too_far_apart_or_too_many_are_refused(cells):
    assert code_of(sheet(f"<sheetData>{cells}</sheetData>")) == "file_too_wide"


@pytest.mark.parametrize(
    "cells",
    [
        '<c r="DA9999"/>',
        '<c r="CZ69999"/>',
        '<c r="AZ149999"/>',
        '<c r="Z299999"/>',
        '<dimension ref="A1:XFD1048576"/>',
        "<row>" + "<c/>" * 200 + "</row>" + "<row><c/></row>" * 39_998,
    ],
    ids=lambda cells: cells[:40],
)
def test_long_or_wide_alone_is_taken(cells):
    assert uploads.check_table(content=sheet(f"<sheetData>{cells}</sheetData>")) == uploads.Kind.XLSX


def test_more_cells_than_any_list_has_are_refused_wherever_they_stand():
    reach, many = Reach(), b'<c r="A1"/>' * (MAX_CELLS // 10)
    for _ in range(10):
        reach.extend(many)
    with pytest.raises(ReachesTooFar):
        reach.extend(many)


def test_attributes_of_drawings_and_themes_are_no_references():
    reach = Reach()
    reach.extend(b'<a:fillToRect l="50000" t="-80000" r="400000" b="180000"/><a:x r="AAA1"/>')
    reach.extend(b'<a:fillToRect r="700000"/><v>1234567890123456</v>')
    reach.finish()
    assert not reach.is_long


def test_a_reference_cut_in_two_is_seen():
    for cut in range(5, 17):
        reach = Reach()
        reach.extend(b'<x/><c r="AAA1"/>'[:cut])
        reach.extend(b'<x/><c r="AAA1"/>'[cut:])
        with pytest.raises(ReachesTooFar):
            reach.finish()


@pytest.mark.parametrize(
    ("content", "is_large"),
    [
        (sheet('<c r="CZ9999"/>'), False),
        (sheet('<c r="A10000"/>'), True),
        (sheet('<c r="DA1"/>'), True),
        (sheet(" " * (uploads.SMALL_UNPACKED + 1)), True),
        ("姓名,证件号码\n".encode(), False),
        (b"x" * (uploads.SMALL_BYTES + 1), True),
    ],
    ids=range(6),
)
def test_what_takes_long_to_read_is_told_however_small_its_file_is(content, is_large):
    assert uploads.examine_table(content=content).is_large == is_large


def test_a_bomb_is_refused_at_once_even_when_its_directory_lies():
    size = 450 * MEGABYTE
    honest = sheet(b" " * size)
    lying = honest.replace(struct.pack("<I", size), struct.pack("<I", 1_000))
    assert lying != honest

    started = time.perf_counter()
    assert code_of(honest) == "file_bomb"
    assert code_of(lying) == "file_bomb"
    assert time.perf_counter() - started < 1


def test_a_password_on_a_zip_part_is_refused():
    content = bytearray(sheet("x"))
    directory = content.index(b"PK\x01\x02")
    content[directory + 8] |= 1
    assert code_of(bytes(content)) == "file_encrypted"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_is_decoded_whole(encoding):
    assert uploads.decode_text(content="摘要，𠮷".encode(encoding)) == "摘要，𠮷"


def test_text_in_no_known_encoding_is_refused():
    with pytest.raises(uploads.UploadRefused, match="编码"):
        uploads.decode_text(content=b"\xff\xff\x81")


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda junk: sheet("x")[:60] + junk)))
def test_junk_is_taken_or_refused_but_never_crashes(content):
    with contextlib.suppress(uploads.UploadRefused):
        assert uploads.check_table(content=content) in uploads.Kind


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("<c><v>440106199001010000</v></c>", True),
        ("<c><v>4.40106199001010E+17</v></c>", True),
        ("<x:c><x:v xml:space='preserve'> 4401061990010100</x:v></x:c>", True),
        ("<c t='s'><v>123456</v></c>", False),
        ("<c><v>45000.5</v></c>", False),
        ("<c t='inlineStr'><is><t>440106199001010000</t></is></c>", False),
    ],
)
def test_numbers_too_long_for_a_number_cell_are_told(cell, told):
    hidden = " " * (uploads.CHUNK - 30) + cell  # across two pieces
    assert uploads.examine_table(content=sheet(hidden)).has_long_numbers == told

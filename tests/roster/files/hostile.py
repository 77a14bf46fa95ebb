"""Files made to hurt whoever reads them, each with the codes of `UploadRefused` it may get, or `read` where it only looks bad."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import xlwt

from tests.roster.files.sheets import GOOD, HEADS, sample, xlsx

MEGABYTE = 1024 * 1024
READ = "read"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELATED = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = f'{_RELATED}<Relationship Id="rId1" Type="{_KIND}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
BOOK_RELS = (
    f'{_RELATED}<Relationship Id="rId1" Type="{_KIND}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_KIND}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BOOK = (
    f'<workbook xmlns="{MAIN}" xmlns:r="{_KIND}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
HEAD_CELLS = '<c r="A1" t="inlineStr"><is><t>姓名</t></is></c><c r="B1" t="inlineStr"><is><t>证件号码</t></is></c>'


@dataclass(frozen=True)
class Hostile:
    """One file; `expected` are the codes it may get."""

    name: str
    file_name: str
    content: bytes
    expected: tuple[str, ...]


def book(cells: str = "", *, parts: dict[str, str | bytes] | None = None, shared: str = "<sst/>") -> bytes:
    """A workbook put together by hand: whatever one writes into its parts."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{HEAD_CELLS}</row>{cells}</sheetData></worksheet>'
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": RELS,
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": BOOK_RELS,
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": shared,
        **(parts or {}),
    }
    return archive(whole)


def archive(parts: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def _bombs() -> Iterator[Hostile]:
    zeros = b" " * (401 * MEGABYTE)
    honest = book(parts={"xl/media/a.bin": zeros})
    yield Hostile("zip bomb in one part", "a.xlsx", honest, ("file_bomb",))
    sizes = struct.pack("<I", len(zeros))
    yield Hostile(
        "zip bomb whose directory lies", "a.xlsx", honest.replace(sizes, struct.pack("<I", 99)), ("file_bomb",)
    )
    small = honest.replace(sizes, struct.pack("<I", 0))
    yield Hostile("zip bomb that claims to be empty", "a.xlsx", small, ("file_bomb",))
    many = {f"xl/media/{n}.bin": b" " * MEGABYTE for n in range(402)}
    yield Hostile("zip bomb of many parts", "a.xlsx", book(parts=many), ("file_bomb",))
    yield Hostile("too many parts", "a.xlsx", book(parts={f"xl/media/{n}": b"" for n in range(2_001)}), ("file_bomb",))
    ratio = book(parts={"xl/worksheets/sheet1.xml": b" " * (40 * MEGABYTE)})
    yield Hostile("ratio of a bomb in the sheet", "a.xlsx", ratio, ("file_bomb",))
    strings = f'<sst xmlns="{MAIN}">' + "<si><t>" + "甲" * (60 * MEGABYTE // 3) + "</t></si></sst>"
    yield Hostile("one huge shared string", "a.xlsx", book(shared=strings), ("file_bomb",))
    yield Hostile("overlapping entries", "a.xlsx", _overlapping(), ("file_bomb", "file_unreadable"))
    inner = archive({"bomb.xml": b" " * (50 * MEGABYTE)})
    for _ in range(5):
        inner = archive({f"{n}.zip": inner for n in range(4)})
    yield Hostile("nested zips instead of a workbook", "a.xlsx", inner, ("file_kind",))
    yield Hostile("nested zips inside a workbook", "a.xlsx", book(parts={"xl/media/z.zip": inner}), ("rows_missing",))
    yield Hostile("larger than allowed", "a.xlsx", b"PK\x03\x04" + b"x" * (20 * MEGABYTE), ("file_too_large",))


def _overlapping() -> bytes:
    """Every directory entry points at the same packed bytes (Fifield's bomb, small)."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = b" " * (3 * MEGABYTE)
    body = packed.compress(plain) + packed.flush()
    crc, out, directory = zlib.crc32(plain), io.BytesIO(), io.BytesIO()
    names = [b"[Content_Types].xml", b"xl/workbook.xml", *(b"x%d" % n for n in range(300))]
    out.write(struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(body), len(plain), 0, 0) + body)
    for name in names:
        entry = (b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc, len(body), len(plain), len(name), 0, 0, 0, 0, 0, 0)
        directory.write(struct.pack("<4s6H3I5H2I", *entry) + name)
    start, listed = out.tell(), directory.getvalue()
    out.write(listed)
    out.write(struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(names), len(names), len(listed), start, 0))
    return out.getvalue()


def _xml() -> Iterator[Hostile]:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    external = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    for name, declared in (("billion laughs", laughs), ("external entity", external), ("bare", "<!DOCTYPE x>")):
        for part in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"):
            content = f'<?xml version="1.0"?>{declared}<x>&e;</x>'
            yield Hostile(f"{name} in {part}", "a.xlsx", book(parts={part: content}), ("file_doctype",))
    for encoding in ("utf-16-le", "utf-16-be"):
        hidden = f"<?xml version='1.0' encoding='{encoding}'?>{external}<x/>".encode(encoding)
        yield Hostile(f"DOCTYPE in {encoding}", "a.xlsx", book(parts={"xl/styles.xml": hidden}), ("file_doctype",))
    deep = "<a>" * 200_000
    yield Hostile("deep elements", "a.xlsx", book(deep), ("file_unreadable", "rows_missing"))
    nested = "<si>" + "<r>" * 100_000 + "<t>x</t>" + "</r>" * 100_000 + "</si>"
    shared = f'<sst xmlns="{MAIN}">{nested}</sst>'
    cells = '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    yield Hostile("deep shared string", "a.xlsx", book(cells, shared=shared), ("file_unreadable", READ))
    far = '<row r="2"><c r="A2" t="s"><v>4294967295</v></c></row>'
    yield Hostile("a string that is not there", "a.xlsx", book(far), ("file_unreadable", "rows_missing", READ))
    attributes = '<row r="2"><c r="A2" ' + " ".join(f'a{n}="x"' for n in range(200_000)) + "/></row>"
    yield Hostile("200,000 attributes", "a.xlsx", book(attributes), ("file_too_wide",))
    yield Hostile(
        "no XML at all",
        "a.xlsx",
        book(parts={"xl/worksheets/sheet1.xml": b"\0\xff" * 999}),
        ("file_unreadable", "heads_missing"),
    )
    yield Hostile(
        "a workbook without sheets", "a.xlsx", book(parts={"xl/workbook.xml": "<workbook/>"}), ("file_unreadable",)
    )
    loop = BOOK_RELS.replace("worksheets/sheet1.xml", "workbook.xml")
    yield Hostile(
        "a sheet that is the workbook",
        "a.xlsx",
        book(parts={"xl/_rels/workbook.xml.rels": loop}),
        ("file_unreadable", "heads_missing"),
    )
    away = BOOK_RELS.replace("worksheets/sheet1.xml", "../../../../etc/passwd")
    yield Hostile(
        "a sheet outside the file", "a.xlsx", book(parts={"xl/_rels/workbook.xml.rels": away}), ("file_unreadable",)
    )


def _wide_and_long() -> Iterator[Hostile]:
    far = {
        "the last cell of all": '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "a row beyond the limit": '<row r="300000"><c r="A300000"><v>1</v></c></row>',
        "16,384 columns": '<row r="2">' + '<c r="XFD2"><v>1</v></c></row>',
        "wide and long": '<row r="2"><c r="DA2"><v>1</v></c></row><row r="20000"><c r="A20000"><v>1</v></c></row>',
        "two cells that span 31 million": '<row r="2"><c r="CZ2"/></row><row r="299999"><c r="A299999"/></row>',
        "18 million cells without names": ("<row>" + "<c><v>1</v></c>" * 100 + "</row>") * 180_000,
        "single quotes": "<row r='9'><c r='XFD9'><v>1</v></c></row>",
        "spaces in the attribute": '<row r = "1000000"/>',
        "a row number beyond all numbers": '<row r="99999999999999999999"><c r="A99999999999999999999"><v>1</v></c></row>',
    }
    for name, cells in far.items():
        yield Hostile(name, "a.xlsx", book(cells), ("file_too_wide",))
    unnamed = "<row>" + "<c><v>1</v></c>" * 16_384 + "</row>"
    yield Hostile("16,384 columns without names", "a.xlsx", book(unnamed), ("columns_too_many", "file_unreadable"))
    rows = "".join("<row><c><v>1</v></c><c><v>2</v></c></row>" for _ in range(200_001))
    yield Hostile("200,001 rows without names", "a.xlsx", book(rows), ("file_too_wide",))
    named = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="B{n}"><v>2</v></c></row>' for n in range(2, 200_003))
    yield Hostile("200,001 rows", "a.xlsx", book(named), ("rows_too_many",))
    slow = "<row " + " " * MEGABYTE * 3 + 'r="5"><c r="A5"/></row>'
    yield Hostile("a tag of 3 MB", "a.xlsx", book(slow), ("file_too_wide",))


def _disguised() -> Iterator[Hostile]:
    others = {
        "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        "a program": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0",
        "an ELF program": b"\x7fELF\x02\x01\x01\0",
        "a PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "a JPEG": b"\xff\xd8\xff\xe0\0\x10JFIF",
        "a GIF": b"GIF89a\x01\0\x01\0",
        "a RAR": b"Rar!\x1a\x07\x01\0",
        "a 7z": b"7z\xbc\xaf\x27\x1c\0\x04",
        "a gzip": b"\x1f\x8b\x08\0\0\0\0\0",
        "an RTF": b"{\\rtf1\\ansi 1}",
        "a web page": b"<html><body><table><tr><td>1</td></tr></table></body></html>",
        "a script": b"\xef\xbb\xbf  <script>alert(1)</script>",
        "an SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    }
    for name, content in others.items():
        for ending in ("xlsx", "csv"):
            yield Hostile(f"{name} called {ending}", f"a.{ending}", content, ("file_kind", "file_ending"))
    yield Hostile("a workbook called exe", "名册.xlsx.exe", xlsx([GOOD]), ("file_ending",))
    yield Hostile("a workbook called csv", "a.csv", xlsx([GOOD]), ("file_ending",))
    yield Hostile("text called xlsx", "a.xlsx", "姓名,证件号码\n张三,1\n".encode(), ("file_ending",))
    yield Hostile(
        "a Word document", "a.xlsx", archive({"[Content_Types].xml": "", "word/document.xml": ""}), ("file_kind",)
    )
    yield Hostile(
        "a jar", "a.xlsx", archive({"META-INF/MANIFEST.MF": "", "A.class": b"\xca\xfe\xba\xbe"}), ("file_kind",)
    )


def _locked() -> Iterator[Hostile]:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
    yield Hostile(
        "a workbook with a password", "a.xlsx", ole + "EncryptedPackage".encode("utf-16-le"), ("file_encrypted",)
    )
    yield Hostile(
        "an old workbook with macros", "a.xls", ole + "Workbook_VBA_PROJECT".encode("utf-16-le"), ("file_macro",)
    )
    yield Hostile("an old Word document", "a.xls", ole + "WordDocument".encode("utf-16-le"), ("file_kind",))
    yield Hostile("an old workbook of nothing", "a.xls", ole + "Workbook".encode("utf-16-le"), ("file_unreadable",))
    yield Hostile("macros", "a.xlsx", book(parts={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}), ("file_macro",))
    locked = bytearray(xlsx([GOOD]))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    yield Hostile("a zip with a password", "a.xlsx", bytes(locked), ("file_encrypted",))
    yield Hostile("an old workbook with a password", "a.xls", _locked_xls(), ("file_encrypted", "file_unreadable"))


def old_xls(rows: list[list[object]], heads: list[str] = HEADS) -> bytes:
    """A real .xls, as programs of 2003 write it."""
    workbook = xlwt.Workbook(encoding="utf-8")
    worksheet = workbook.add_sheet("名册")
    for number, row in enumerate([heads, *rows]):
        for column, cell in enumerate(row):
            worksheet.write(number, column, cell)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _locked_xls() -> bytes:
    """The record FILEPASS instead of the one behind BOF: everything after it is said to be encrypted."""
    content = bytearray(old_xls([["张三"]], ["姓名"]))
    start = content.index(b"\x09\x08\x10\x00\x00\x06\x05\x00")  # BOF of the globals, BIFF8
    after = start + 4 + struct.unpack_from("<H", content, start + 2)[0]
    struct.pack_into("<H", content, after, 0x002F)
    return bytes(content)


def _broken() -> Iterator[Hostile]:
    whole, old = sample("roster-dirty-300.xlsx"), old_xls([["张三", "440106199003040010"]] * 50, ["姓名", "证件号码"])
    for share in (1, 5, 25, 50, 75, 95, 99):
        cut = whole[: len(whole) * share // 100]
        yield Hostile(f"a workbook cut at {share} %", "a.xlsx", cut, ("file_unreadable",))
        cut = old[: len(old) * share // 100]
        yield Hostile(
            f"an old workbook cut at {share} %",
            "a.xls",
            cut,
            ("file_unreadable", "file_kind", READ, "rows_missing", "heads_missing"),
        )
    dice = random.Random(7)
    for number in range(6):
        bent = bytearray(whole)
        for _ in range(40):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        yield Hostile(
            f"a workbook with flipped bytes {number}",
            "a.xlsx",
            bytes(bent),
            ("file_unreadable", "file_bomb", "file_kind", "file_encrypted", READ),
        )
        bent = bytearray(old)
        for _ in range(40):
            bent[512 + dice.randrange(len(bent) - 512)] = dice.randrange(256)
        yield Hostile(
            f"an old workbook with flipped bytes {number}",
            "a.xls",
            bytes(bent),
            ("file_unreadable", "file_kind", "heads_missing", "file_encrypted", "rows_missing", READ),
        )


def _texts() -> Iterator[Hostile]:
    good = "440106199003040010"
    yield Hostile("nothing", "a.csv", b"", ("file_empty",))
    yield Hostile("only NULs", "a.csv", b"\0" * 4096, ("file_empty",))
    yield Hostile("NULs in text", "a.csv", "姓名,证件号码\n张\0三,1\n".encode(), ("file_kind",))
    yield Hostile("NULs in UTF-16", "a.csv", "姓名,证件号码\n张\0三,1\n".encode("utf-16"), ("file_encoding",))
    yield Hostile(
        "neither UTF-8 nor GB18030", "a.csv", "姓名,证件号码\n".encode() + b"\xff\xff\x81,1\n", ("file_encoding",)
    )
    yield Hostile(
        "half a character at the end",
        "a.csv",
        f"姓名,证件号码\n张三,{good}\n李".encode()[:-1],
        ("file_encoding", "heads_missing", READ),
    )
    quotes = 'a"' * (4 * MEGABYTE)
    yield Hostile(
        "quotes without end",
        "a.csv",
        f'姓名,证件号码\n"张三,{quotes}'.encode(),
        ("file_unreadable", "rows_missing", READ),
    )
    yield Hostile(
        "one field of 10 MB",
        "a.csv",
        f"姓名,证件号码\n{'张' * (3 * MEGABYTE)},{good}\n".encode(),
        ("file_unreadable", READ),
    )
    yield Hostile(
        "one line of commas", "a.csv", b"," * (10 * MEGABYTE), ("heads_missing", "columns_too_many", "file_unreadable")
    )
    wide = "姓名,证件号码" + "," * 300 + "\n"
    yield Hostile("300 columns", "a.csv", (wide + f"张三,{good}\n").encode(), ("columns_too_many",))
    late = f"姓名,证件号码\n张三,{good}\n" * 100_000 + "," * 200_000 + "x"
    yield Hostile("a last line a thousand times as wide", "a.csv", late.encode(), ("columns_too_many",))
    rows = "姓名,证件号码\n" + f"张三,{good}\n" * 200_001
    yield Hostile("200,001 lines", "a.csv", rows.encode(), ("rows_too_many",))
    yield Hostile("10 million empty lines", "a.csv", b"\n" * (10 * MEGABYTE), ("file_empty", "heads_missing"))
    yield Hostile("carriage returns only", "a.csv", b"x\r" * (5 * MEGABYTE), ("heads_missing", "rows_too_many"))
    for mark in "=+-@\t\r":
        row = f'姓名,证件号码,备注\n张三,{good},"{mark}HYPERLINK(""http://x"")"\n'
        yield Hostile(f"a formula after {mark!r}", "a.csv", row.encode(), (READ,))
    formula = f"姓名,证件号码\n=cmd|'/c calc'!A1,{good}\n"
    yield Hostile("a command as a name", "a.csv", formula.encode(), (READ,))
    yield Hostile("marks that turn text around", "a.csv", f"姓名,证件号码\n张\u202e三\u2066,{good}\n".encode(), (READ,))
    huge = xlsx([["张" * 32_767, "居民身份证", good]])
    yield Hostile("a cell of 32,767 characters", "a.xlsx", huge, (READ,))


# By kind, made only when asked for: together they take seconds and a gigabyte to make.
GROUPS = {
    "bombs": _bombs,
    "XML": _xml,
    "wide and long": _wide_and_long,
    "disguised": _disguised,
    "locked": _locked,
    "broken": _broken,
    "texts": _texts,
}

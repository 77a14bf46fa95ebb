"""
What every uploaded table must pass before anything parses it.

The guards read bytes, never trust a file's name, and cost a fraction of a second even for a file made to
hurt: size, kind by its first bytes, the directory of a zip, what its parts really unpack to, passwords,
macros, XML with a DOCTYPE, and cells so far apart that a reader would lay out a table of billions.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

import fastexcel
import polars as pl

from huzhu.shared.sheet_reach import MAX_CELLS, Reach, ReachesTooFar

MAX_BYTES = 20 * 1024 * 1024
MAX_PARTS = 2_000
MAX_UNPACKED = 400 * 1024 * 1024
MAX_RATIO = 200
RATIO_COUNTS_FROM = 32 * 1024 * 1024
CHUNK = 1024 * 1024
OVERLAP = 64

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHER_KINDS = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"BM": "图片",
    b"Rar!": "RAR 压缩包",
    b"7z\xbc\xaf": "7z 压缩包",
    b"\x1f\x8b": "压缩包",
    b"{\\rtf": "Word 文件",
}
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|table|body|head|meta|script|svg)\b", re.IGNORECASE)
_DOCTYPES = tuple("<!DOCTYPE".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))
# Up to here somebody may wait for the reading.
SMALL_BYTES = 400_000
SMALL_UNPACKED = 8 * 1024 * 1024


class Kind(StrEnum):
    """
    What a table file is, judged by its content.
    """

    XLSX = "xlsx"
    XLS = "xls"
    TEXT = "text"


@dataclass(frozen=True)
class Table:
    """
    What the guards saw: the kind, whether a typed number may be among the cells that has lost digits (true when in doubt), and
    whether reading it takes longer than somebody should wait.
    """

    kind: Kind
    has_long_numbers: bool
    is_large: bool


class UploadRefused(ValueError):
    """
    A file we will not read: `code` for programs; `message` (what and where) and `remedy` (how to mend) for people.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(code, message, remedy)
        self.code = code
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}{self.remedy}"


def check_table(*, content: bytes, max_bytes: int = MAX_BYTES) -> Kind:
    """
    Guard an uploaded table before it is parsed: this function will tell xlsx, xls or text by the content, and raise what
    `examine_table` raises.
    """
    return examine_table(content=content, max_bytes=max_bytes).kind


def examine_table(*, content: bytes, max_bytes: int = MAX_BYTES) -> Table:
    """
    Guard an uploaded table before it is parsed; this function will tell what the guards saw on their way through it.

    :raises UploadRefused: file_empty, file_too_large, file_encrypted, file_macro, file_bomb, file_doctype,
        file_too_wide, file_kind or file_unreadable, with Chinese words for the person who sent it
    """
    if not content.strip(b"\0 \t\r\n"):
        raise UploadRefused("file_empty", "文件是空的。", "请确认导出成功后重新选择文件。")
    if len(content) > max_bytes:
        size = len(content) / 1024 / 1024
        limit = max_bytes // 1024 // 1024
        raise UploadRefused(
            "file_too_large", f"文件有 {size:.1f} MB，超过 {limit} MB 的上限。", "请按时间或部门分成几个文件后再上传。"
        )
    is_large = len(content) > SMALL_BYTES
    if content.startswith(_ZIP):
        seen = _check_zip(content)
        return Table(Kind.XLSX, has_long_numbers=seen.long_number, is_large=is_large or seen.is_large)
    if content.startswith(_OLE):
        _check_ole(content)
        return Table(Kind.XLS, has_long_numbers=True, is_large=is_large)
    _check_text(content)
    return Table(Kind.TEXT, has_long_numbers=False, is_large=is_large)


def decode_text(*, content: bytes) -> str:
    """
    Read text of unknown encoding: this function will try the byte order mark, UTF-8 and GB18030, in this order.

    :raises UploadRefused: file_encoding, when no encoding fits every byte; nothing is replaced or dropped
    """
    encodings = ["utf-8-sig", "gb18030"]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UploadRefused(
        "file_encoding",
        "文件的文字编码无法识别（既不是 UTF-8，也不是 GBK/GB18030），或文件已经损坏。",
        "请重新导出，或用 Excel 打开后另存为 xlsx 再上传。",
    )


def unreadable() -> UploadRefused:
    """
    The refusal for a file that passed the guards and still cannot be parsed.
    """
    return UploadRefused(
        "file_unreadable", "文件已损坏或不完整，无法打开。", "请重新导出，确认能用 Excel 打开后再上传。"
    )


def encrypted() -> UploadRefused:
    """
    The refusal for a file with a password that only shows when it is parsed.
    """
    return UploadRefused("file_encrypted", "文件设了密码，无法读取。", "请在 Excel 中取消密码保护后另存，再上传。")


@contextmanager
def parsing() -> Iterator[None]:
    """
    Stand around a parser of workbooks; this function will turn what it cannot read, and its panics, into refusals. A panic of
    a Rust library is a BaseException of a class of its own in each library, so it is known by name.

    :raises UploadRefused: file_encrypted or file_unreadable
    """
    try:
        yield
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError) as error:
        words = str(error).lower()
        raise (encrypted() if "password" in words or "encrypt" in words else unreadable()) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise unreadable() from error


def _check_text(content: bytes) -> None:
    head = content[:4096]
    for magic, kind in _OTHER_KINDS.items():
        if head.startswith(magic):
            raise UploadRefused("file_kind", f"这是{kind}，不是表格。", "请上传 xlsx、xls 或 csv 文件。")
    if _HTML.search(head):
        raise UploadRefused(
            "file_kind", "这个文件虽然可能叫 xls，内容却是网页。", "请用 Excel 打开后另存为 xlsx 再上传。"
        )
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UploadRefused("file_kind", "文件不是表格，也不是文字。", "请上传 xlsx、xls 或 csv 文件。")


def _check_ole(content: bytes) -> None:
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise encrypted()
    if "_VBA_PROJECT".encode("utf-16-le") in content:
        raise _macro()
    if "Workbook".encode("utf-16-le") not in content and "Book".encode("utf-16-le") not in content:
        raise UploadRefused("file_kind", "这不是 Excel 表格。", "请上传 xlsx、xls 或 csv 文件。")


def _check_zip(content: bytes) -> "_Seen":
    whole = _Seen()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_directory(parts, packed=len(content))
            for part in parts:
                _check_part(archive, part, whole)
    except UploadRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise unreadable() from error
    return whole


def _check_directory(parts: list[zipfile.ZipInfo], *, packed: int) -> None:
    names = {part.filename.lower() for part in parts}
    if any(part.flag_bits & 0x1 for part in parts):
        raise encrypted()
    if any(name.endswith("vbaproject.bin") for name in names):
        raise _macro()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED:
        raise _bomb()
    if unpacked > RATIO_COUNTS_FROM and unpacked > packed * MAX_RATIO:
        raise _bomb()
    if "[content_types].xml" not in names or not any(name.endswith("workbook.xml") for name in names):
        raise UploadRefused(
            "file_kind", "这是压缩包或其他格式的文件，不是 xlsx 表格。", "请上传 xlsx、xls 或 csv 文件。"
        )


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, whole: "_Seen") -> None:
    """
    Unpack one part to its real end in small pieces, whatever size its directory entry claims.
    """
    declared = part.file_size
    part.file_size = MAX_UNPACKED + 1  # zipfile stops at the claimed size; other readers do not
    found, tail, reach = 0, b"", Reach()
    try:
        with archive.open(part) as stream:
            while piece := stream.read(CHUNK):
                found += len(piece)
                if found > declared:
                    raise _bomb()
                window = tail + piece
                if any(mark in window for mark in _DOCTYPES):
                    raise _doctype()
                reach.extend(piece)
                tail = window[-OVERLAP:]
        reach.finish()
    except ReachesTooFar as error:
        raise _too_wide() from error
    whole.unpacked += found
    whole.long_number |= reach.long_number
    whole.is_long |= reach.is_long


@dataclass
class _Seen:
    """
    What all parts together hold.
    """

    unpacked: int = 0
    long_number: bool = False
    is_long: bool = False

    @property
    def is_large(self) -> bool:
        return self.is_long or self.unpacked > SMALL_UNPACKED


def _doctype() -> UploadRefused:
    return UploadRefused(
        "file_doctype",
        "文件里有不允许的内容（XML 的 DOCTYPE 声明）。",
        "请用 Excel 打开后另存为新的 xlsx 再上传。",
    )


def _macro() -> UploadRefused:
    return UploadRefused("file_macro", "文件带有宏，出于安全不接收。", "请另存为不带宏的 xlsx 再上传。")


def _bomb() -> UploadRefused:
    return UploadRefused("file_bomb", "文件解压后异常庞大，不接收。", "请把需要的内容复制到一个新表格后再上传。")


def _too_wide() -> UploadRefused:
    return UploadRefused(
        "file_too_wide",
        f"表格在很远的行或列里还有内容或格式，整个范围超过 {MAX_CELLS:,} 格。",
        "请删除数据区以外的行和列，或把数据复制到一个新表格后再上传。",
    )

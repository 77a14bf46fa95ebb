"""Invented people by the hundred thousand, and the roster file a clerk would send of them."""

from __future__ import annotations

import io

import polars as pl
import xlsxwriter

FIRST_DAY = 1_490  # days after 1970-01-01 of the oldest birthday; all ages lie between 16 and 60
DAYS = 13_000
AREAS = tuple(f"44{city:02d}{county:02d}" for city in range(1, 21) for county in range(2, 12))
SURNAMES = "李王张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华慧建文辉力玉萍红玲飞鹏宇浩凯欣怡嘉俊晨思雅梓涵诗婷佳雪"
DEPARTMENTS = ("一车间", "二车间", "三车间", "财务部", "人力资源部", "工会", "研发中心", "质量部", "仓储部", "后勤部")
JOB_CATEGORIES = ("工人岗", "管理岗", "专业技术岗")
FORMS = ("合同", "在编", "劳务派遣")


def make_people(*, rows: int, first: int = 0) -> pl.DataFrame:
    """
    This function will invent so many people with the eleven columns of the template, each with a number of its own; people
    from `first` on differ from all before them.
    """
    serial = pl.col("serial")
    born_on = (FIRST_DAY + serial * 37 % DAYS).cast(pl.Int32).cast(pl.Date)
    sequence = serial // DAYS % 900 + 100
    area = serial % len(AREAS)
    frame = pl.select(serial=pl.int_range(first, first + rows, dtype=pl.Int64)).with_columns(
        born_on=born_on,
        is_man=sequence % 2 == 1,
        body=pl.concat_str(_chosen(AREAS, area), born_on.dt.to_string("%Y%m%d"), sequence.cast(pl.String).str.zfill(3)),
    )
    name = pl.concat_str(
        _chosen(SURNAMES, serial % 50), _chosen(GIVEN, serial // 50 % 50), _chosen(GIVEN, serial // 2500 % 50)
    )
    return frame.select(
        序号=(serial - first + 1).cast(pl.String),
        姓名=name,
        证件类型=pl.lit("居民身份证"),
        证件号码=_with_check_character(pl.col("body")),
        性别=pl.when("is_man").then(pl.lit("男")).otherwise(pl.lit("女")),
        出生日期="born_on",
        手机号=(13_800_000_000 + serial).cast(pl.String),
        岗位类别=_chosen(JOB_CATEGORIES, serial // 7 % 3),
        用工形式=_chosen(FORMS, serial // 11 % 3),
        部门=_chosen(DEPARTMENTS, serial // 13 % 10),
        备注=pl.concat_str(pl.lit("第"), (serial // 500).cast(pl.String), pl.lit("班")),
    )


def _chosen(words: str | tuple[str, ...], index: pl.Expr) -> pl.Expr:
    return pl.lit(pl.Series(list(words))).gather(index % len(words))


def _with_check_character(body: pl.Expr) -> pl.Expr:
    number, total = body.cast(pl.Int64), pl.lit(0, dtype=pl.Int64)
    for position in range(17):
        total = total + number // 10**position % 10 * pow(2, position + 1, 11)
    checks = pl.lit(pl.Series(list("10X98765432")))
    return pl.concat_str(body, checks.gather(total % 11))


def write_roster(people: pl.DataFrame) -> bytes:
    """
    This function will write people as xlsx the way Excel saves it: shared strings, numbers as text, birthdays as date cells.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("职工名册")
    for column, (head, cells) in enumerate(people.to_dict(as_series=False).items()):
        sheet.write_string(0, column, head, text)
        write, style = (sheet.write_datetime, day) if head == "出生日期" else (sheet.write_string, text)
        for row, cell in enumerate(cells, start=1):
            write(row, column, cell, style)
    book.close()
    return buffer.getvalue()

"""Rosters of invented people, as the csv file a clerk would upload. The same employer always gets the same people."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

SURNAMES = "陈李黄张梁林刘吴王杨何罗叶周郑谢曾邓冯蔡许朱徐彭潘钟卢苏余曹袁吕温麦区欧阳"
GIVEN_MALE = "伟强军勇杰涛明超志建国华文辉健俊峰浩宇鹏飞斌波荣昌柏林泽凯"
GIVEN_FEMALE = "芳敏静丽艳娟霞玲燕萍红梅雪慧婷佳怡欣颖琳莹倩嘉雯洁晓"
DEPARTMENTS = ("生产一部", "生产二部", "财务部", "人力资源部", "后勤部", "工会")
JOBS = ("管理岗", "专业技术岗", "工人岗")
FORMS = ("在编", "合同", "合同", "合同", "劳务派遣")
HEADS = ("序号", "姓名", "证件类型", "证件号码", "性别", "出生日期", "手机号", "岗位类别", "用工形式", "部门", "备注")


CHECK_WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))  # GB 11643


class Person(NamedTuple):
    """One invented person."""

    name: str
    number: str
    mobile: str
    job: str
    form: str
    department: str
    is_female: bool


def get_people(*, seed: int, size: int, day: date, near_retirement: int = 0) -> list[Person]:
    """
    This function will invent people in working age; the last `near_retirement` of them are men past their retirement date.
    """
    dice = random.Random(seed)  # noqa: S311 - invented people, not secrets
    return list(_people(dice, seed=seed, size=size, day=day, near_retirement=near_retirement))


def _people(dice: random.Random, *, seed: int, size: int, day: date, near_retirement: int) -> Iterator[Person]:
    for index in range(size):
        is_old = index >= size - near_retirement
        is_female = not is_old and dice.random() < 0.45
        years = 61 if is_old else dice.uniform(21, 47 if is_female else 57)
        born = day - timedelta(days=int(years * 365.25) + dice.randrange(300))
        given = GIVEN_FEMALE if is_female else GIVEN_MALE
        name = dice.choice(SURNAMES) + "".join(dice.sample(given, dice.choice((1, 2, 2))))
        order = (seed * 7 + index) % 499 * 2 + (0 if is_female else 1)
        yield Person(
            name=name,
            number=_number(area=440100 + dice.randrange(3, 18), born=born, order=order),
            mobile=f"1{dice.choice('356789')}{dice.randrange(10**9):09d}",
            job=dice.choice(JOBS),
            form=dice.choice(FORMS),
            department=dice.choice(DEPARTMENTS),
            is_female=is_female,
        )


def _number(*, area: int, born: date, order: int) -> str:
    body = f"{area}{born:%Y%m%d}{order:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, CHECK_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def roster_csv(people: list[Person]) -> bytes:
    """
    This function will write people as a roster file in the template's columns.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADS)
    for index, one in enumerate(people, start=1):
        kind = "居民身份证"
        writer.writerow((index, one.name, kind, one.number, "", "", one.mobile, one.job, one.form, one.department, ""))
    return out.getvalue().encode("utf-8-sig")


def insurance_csv(people: list[Person]) -> bytes:
    """
    This function will write people as the month's insurance list.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("序号", "姓名", "社会保障号码"))
    writer.writerows((index, one.name, one.number) for index, one in enumerate(people, start=1))
    return out.getvalue().encode("utf-8-sig")

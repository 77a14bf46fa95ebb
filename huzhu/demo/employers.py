"""The invented employers of the demo, one in every state of the way, and how far the story of each is told."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from huzhu.shared.identity import credit_code


class Stage(StrEnum):
    """How far an employer has come."""

    REGISTERED = "registered"  # an account, an empty roster
    ROSTER = "roster"
    DRAFT = "draft"
    DELETED = "deleted"
    AWAITING_FORM = "awaiting_form"
    FIRST_REVIEW = "first_review"
    RETURNED = "returned"
    SECOND_REVIEW = "second_review"
    AWAITING_PAYMENT = "awaiting_payment"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    EFFECTIVE = "effective"
    RECEIPT_REQUESTED = "receipt_requested"
    RECEIPT_ISSUED = "receipt_issued"
    ENDING = "ending"  # covered for almost a year, nothing done for the next
    RENEWING = "renewing"  # covered for almost a year, a new application in draft


class Story(NamedTuple):
    """One employer of the demo."""

    name: str
    kind: str
    prefix: str  # of the credit code
    area: str
    branch_code: str
    size: int
    handler: str
    stage: Stage
    plans: tuple[tuple[str, int], ...]  # plan code, shares
    words: str = ""
    place: int = 0  # in the list, from 1; mobiles, codes and people follow from it

    @property
    def mobile(self) -> str:
        """The handler's mobile: the login name."""
        return f"138{10_000_000 + self.place}"

    @property
    def credit_code(self) -> str:
        """A code with valid check characters, made from the employer's place in the list."""
        organisation = f"MA5H{1000 + self.place:04d}"
        body = f"{self.prefix}{self.area}{organisation}"
        body += next(end for end in "0123456789X" if credit_code.organisation_code_holds(organisation + end))
        return body + credit_code.check_character(body)


HOSPITAL = (("HOSP25", 1),)
ILLNESS = (("CI25-A", 2), ("HOSP25", 1))
ALL_ROUND = (("CI25-B", 1), ("HOSP25", 1), ("ACC25", 1))
ACCIDENT = (("ACC25", 1), ("CASH25", 2))

_E, _P, _S = "enterprise", "public_institution", "state_organ"

_TOLD: tuple[Story, ...] = (
    Story(
        "广州粤新电器有限公司",
        _E,
        "91",
        "440106",
        "440106",
        0,
        "刘晓燕",
        Stage.REGISTERED,
        (),
        "刚通过注册，名册为空，可从头走完六步",
    ),
    Story(
        "广东南粤机械集团有限公司",
        _E,
        "91",
        "440101",
        "4401",
        180,
        "张建国",
        Stage.RECEIPT_ISSUED,
        ILLNESS,
        "集团总公司，已参保、已开票",
    ),
    Story("南粤机械番禺铸造有限公司", _E, "91", "440113", "440113", 120, "李志强", Stage.EFFECTIVE, HOSPITAL),
    Story("南粤机械佛山装备有限公司", _E, "91", "440605", "4406", 110, "王海燕", Stage.RECEIPT_REQUESTED, HOSPITAL),
    Story("南粤机械顺德模具有限公司", _E, "91", "440606", "440606", 95, "赵丽华", Stage.AWAITING_PAYMENT, ILLNESS),
    Story("南粤机械东莞精密有限公司", _E, "91", "441901", "4419", 130, "陈国栋", Stage.FIRST_REVIEW, HOSPITAL),
    Story("南粤机械中山物流有限公司", _E, "91", "442001", "4420", 60, "周敏", Stage.ROSTER, ()),
    Story("广州市天河区实验小学", _P, "12", "440106", "440106", 96, "吴静怡", Stage.EFFECTIVE, ALL_ROUND),
    Story("广州市番禺区中心医院", _P, "12", "440113", "440113", 240, "郑晓彤", Stage.SECOND_REVIEW, ILLNESS),
    Story("广州市自来水有限公司", _E, "91", "440101", "4401", 150, "孙立军", Stage.AWAITING_PAYMENT, HOSPITAL),
    Story("广州地铁设备维修有限公司", _E, "91", "440101", "4401", 130, "马永强", Stage.FIRST_REVIEW, ACCIDENT),
    Story(
        "广州白云山药业有限公司",
        _E,
        "91",
        "440111",
        "4401",
        116,  # four come later
        "朱玉兰",
        Stage.RENEWING,
        HOSPITAL,
        "保障快到期，正在续保",
    ),
    Story(
        "佛山市顺德区家电协会",
        "social_organisation",
        "51",
        "440606",
        "440606",
        24,
        "胡佩珊",
        Stage.AWAITING_FORM,
        HOSPITAL,
    ),
    Story("佛山南海纺织有限公司", _E, "91", "440605", "440605", 160, "林美玲", Stage.RETURNED, ILLNESS),
    Story("佛山陶瓷研究所", _P, "12", "440604", "4406", 70, "郭振华", Stage.EFFECTIVE, ILLNESS),
    Story("东莞松山湖电子有限公司", _E, "91", "441901", "4419", 220, "何家俊", Stage.SECOND_REVIEW, ALL_ROUND),
    Story("东莞虎门服装有限公司", _E, "91", "441901", "4419", 140, "高翠萍", Stage.AWAITING_PAYMENT, ACCIDENT),
    Story("中山市坦洲镇人民政府", _S, "11", "442001", "4420", 58, "罗文斌", Stage.EFFECTIVE, ILLNESS),
    Story("中山古镇灯饰有限公司", _E, "91", "442001", "4420", 88, "梁嘉敏", Stage.DRAFT, HOSPITAL),
    Story("深圳市福田区图书馆", _P, "12", "440304", "4403", 64, "宋雨桐", Stage.EFFECTIVE, HOSPITAL),
    Story("深圳前海智能科技有限公司", _E, "91", "440305", "4403", 110, "唐子豪", Stage.FIRST_REVIEW, ALL_ROUND),
    Story("深圳盐田港务有限公司", _E, "91", "440308", "4403", 105, "许国华", Stage.EXPIRED, HOSPITAL),
    Story("深圳罗湖物业服务有限公司", _E, "91", "440303", "4403", 90, "邓小红", Stage.CANCELLED, ACCIDENT),
    Story("广州市天河区人民法院", _S, "11", "440106", "440106", 76, "冯雅琴", Stage.SECOND_REVIEW, HOSPITAL),
    Story("广州番禺快递服务有限公司", _E, "91", "440113", "440113", 85, "曹志伟", Stage.DRAFT, ACCIDENT),
    Story("广州市越秀区幼儿园", _P, "12", "440104", "4401", 42, "彭慧敏", Stage.AWAITING_FORM, HOSPITAL),
    Story(
        "广东省水利设计院",
        _P,
        "12",
        "440000",
        "44",
        84,
        "曾庆林",
        Stage.ENDING,
        ILLNESS,
        "保障一个月内到期，可一键续保",
    ),
    Story(
        "广东省科学技术协会", "social_organisation", "51", "440000", "44", 46, "萧婉婷", Stage.RECEIPT_ISSUED, HOSPITAL
    ),
    Story("广州市海珠区餐饮有限公司", _E, "91", "440105", "4401", 62, "田野", Stage.DELETED, HOSPITAL),
    Story("佛山禅城建筑有限公司", _E, "91", "440604", "4406", 45, "董建平", Stage.ROSTER, ()),
)

STORIES = tuple(story._replace(place=place) for place, story in enumerate(_TOLD, start=1))
HEAD, SUBSIDIARIES = STORIES[1], STORIES[2:7]
NEWCOMER, SHOWCASE, SCHOOL = STORIES[0], STORIES[1], STORIES[7]  # the school has people come and go

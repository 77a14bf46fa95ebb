"""The invented people of the demo: who they are, what they may do, and how one signs in as them."""

from __future__ import annotations

from typing import NamedTuple

from huzhu.accounts.roles import EmployerRole, StaffRole

PASSWORD = "Huzhu-Demo-2026"  # noqa: S105 - printed for everyone who tries the demo
SECOND_FACTOR = "000000"


class DemoStaff(NamedTuple):
    """One invented member of the association's staff."""

    login_name: str
    name: str
    mobile: str
    branch_code: str
    roles: tuple[str, ...]


STAFF = (
    DemoStaff("shouli", "林晓敏", "13900000001", "44", (StaffRole.REGISTRAR,)),
    DemoStaff("shouli-gz", "陈伟强", "13900000002", "4401", (StaffRole.REGISTRAR,)),
    DemoStaff("shouli-fs", "何丽珊", "13900000010", "4406", (StaffRole.REGISTRAR,)),
    DemoStaff("shouli-th", "邓伟明", "13900000011", "440106", (StaffRole.REGISTRAR,)),
    DemoStaff("xitong-gz", "罗海峰", "13900000012", "4401", (StaffRole.SYSTEM_ADMIN,)),
    DemoStaff("xinren", "江雨晴", "13900000013", "440113", ()),
    DemoStaff("fuhe", "黄建华", "13900000003", "44", (StaffRole.REVIEWER,)),
    DemoStaff("caiwu", "吴秀珍", "13900000004", "44", (StaffRole.CASHIER,)),
    DemoStaff("caiwu-fuhe", "郑志明", "13900000005", "44", (StaffRole.CASHIER_REVIEWER,)),
    DemoStaff("chanpin", "何雅文", "13900000006", "44", (StaffRole.PRODUCT_MANAGER,)),
    DemoStaff("chanpin-fuhe", "罗婉仪", "13900000014", "44", (StaffRole.PRODUCT_MANAGER,)),
    DemoStaff("xitong", "梁国栋", "13900000007", "44", (StaffRole.SYSTEM_ADMIN,)),
    DemoStaff("anquan", "谢思远", "13900000008", "44", (StaffRole.SECURITY_ADMIN,)),
    DemoStaff("shenji", "苏文静", "13900000009", "44", (StaffRole.AUDITOR,)),
)


class DemoMember(NamedTuple):
    """One invented person who joined the account of the showcase employer, with one role."""

    name: str
    mobile: str
    role: str
    words: str


MEMBERS = (
    DemoMember("王慧", "13810010001", EmployerRole.HANDLER, "经办人（名册、参保申请）"),
    DemoMember("李淑芬", "13810010002", EmployerRole.FINANCE, "单位财务（缴款单、开票）"),
    DemoMember("赵佳", "13810010003", EmployerRole.LIAISON, "专管员（理赔）"),
    DemoMember("孙强", "13810010004", EmployerRole.VIEWER, "只读"),
)

BRANCHES = (  # code, level, name, code of the parent
    ("44", "province", "广东省职工保障互助会", ""),
    ("4401", "city", "广州市代办处", "44"),
    ("440106", "county", "天河区代办点", "4401"),
    ("440113", "county", "番禺区代办点", "4401"),
    ("4403", "city", "深圳市代办处", "44"),
    ("4406", "city", "佛山市代办处", "44"),
    ("440606", "county", "顺德区代办点", "4406"),
    ("440605", "county", "南海区代办点", "4406"),
    ("4419", "city", "东莞市代办处", "44"),
    ("4420", "city", "中山市代办处", "44"),
)

ROLE_WORDS = {
    StaffRole.REGISTRAR: "受理员（单位审核、参保初审）",
    StaffRole.REVIEWER: "复核员（参保复审）",
    StaffRole.CASHIER: "财务（银行流水、到账匹配、开票）",
    StaffRole.CASHIER_REVIEWER: "财务复核（第二人认领、红冲）",
    StaffRole.PRODUCT_MANAGER: "产品管理员（保障计划）",
    StaffRole.SYSTEM_ADMIN: "系统管理员",
    StaffRole.SECURITY_ADMIN: "安全管理员",
    StaffRole.AUDITOR: "审计员（操作日志）",
}


def get_welcome(*, address: str) -> list[str]:
    """
    This function will list the demo's address and one login per role, for the terminal.
    """
    from huzhu.demo.employers import NEWCOMER, SHOWCASE

    lines = ["", f"  Huzhu 互助会业务系统（演示）  {address}", f"  演示短信：{address}/demo/phone/", ""]
    lines.append(f"  登录页可一键以演示人员登录；也可输入账号。密码均为 {PASSWORD}，后台动态口令为 {SECOND_FACTOR}")
    lines.append("  参保单位（手机号登录）")
    for story in (NEWCOMER, SHOWCASE):
        lines.append(f"    {story.mobile:<14}{story.handler}（{story.name}）：单位管理员，{story.words}")
    lines += [f"    {member.mobile:<14}{member.name}（{SHOWCASE.name}）：{member.words}" for member in MEMBERS]
    lines.append("  互助会后台")
    shown = set()
    for staff in STAFF:
        role = staff.roles[0] if staff.roles else ""
        if role and role not in shown:
            shown.add(role)
            lines.append(f"    {staff.login_name:<14}{staff.name}：{ROLE_WORDS[StaffRole(role)]}")
    return lines

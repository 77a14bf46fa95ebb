"""What the association tells employers in the demo: two announcements partly read, one that waits for its day, one withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from huzhu.accounts.models import Branch
from huzhu.announcements import operations as announcements
from huzhu.announcements.models import Announcement
from huzhu.announcements.operations import Draft
from huzhu.announcements.states import Audience
from huzhu.demo import office
from huzhu.employers.models import EmployerKind
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import SHANGHAI, local_date

YEAR_END = Draft(
    title="年底续保高峰安排",
    body="各参保单位：\n\n12月为续保高峰，请于保障到期前15天提交参保申请，给审核和汇款留出时间。缴款以到账日期为准，"
    "到账晚于缴款期限的缴款单自动失效。\n\n汇款时请在汇款用途栏填写缴款单号，一笔汇款对应一张缴款单。\n\n"
    "如有疑问，请联系所属代办处。",
    audience=Audience.ALL,
)
PLAN_TALK = Draft(
    title="工会经费列支保障费的说明",
    body="各机关、事业单位和基层工会：\n\n用工会经费缴纳职工互助保障费的，开票抬头请填写基层工会全称，与汇款账户户名一致。\n\n"
    "开票申请在“单位开票查询”中办理。",
    audience=Audience.KINDS,
    kinds=(
        EmployerKind.STATE_ORGAN,
        EmployerKind.PUBLIC_INSTITUTION,
        EmployerKind.TRADE_UNION,
        EmployerKind.ENTERPRISE,
    ),
)
MAINTENANCE = Draft(
    title="系统维护通知",
    body="互助会业务系统将于本周日凌晨1点至5点维护，其间网厅不能登录，已保存的草稿不受影响。",
    audience=Audience.ALL,
)
MEETING = "广州地区经办人培训"
MEETING_BODY = "本月20日上午9点在广州市工人文化宫举办经办人培训，请各单位安排一名经办人参加。"


def tell_employers(actors: Sequence[Actor], *, now: datetime) -> None:
    """
    This function will write, publish, read, remind, schedule and withdraw as the office and the employers would.

    :param actors: somebody of each employer that may read
    """
    province, city = office.get_actor("shouli"), office.get_actor("shouli-gz")
    early = _publish(YEAR_END, by=province, at=_morning(now, 6))
    late = _publish(PLAN_TALK, by=office.get_actor("chanpin"), at=_morning(now, 2))
    _read(early, actors[: len(actors) * 3 // 5], at=_morning(now, 5))
    _read(late, actors[2 : len(actors) // 3], at=_morning(now, 1))
    announcements.remind(announcement_id=early.pk, by=province, at=_morning(now, 2))

    by = office.get_actor("xitong")
    waiting = announcements.write(draft=MAINTENANCE, by=by, at=now - timedelta(hours=3))
    announcements.schedule(
        announcement_id=waiting.pk, version=1, publish_on=local_date(now) + timedelta(days=4), by=by, at=now
    )
    here = Draft(
        title=MEETING,
        body=MEETING_BODY,
        audience=Audience.BRANCHES,
        branch_ids=[Branch.objects.get(path=city.branch_path).pk],
    )
    wrong = _publish(here, by=city, at=_morning(now, 9))
    announcements.withdraw(announcement_id=wrong.pk, reason="培训改期，时间另行通知", by=city, at=_morning(now, 8))


def _morning(now: datetime, days: int) -> datetime:
    """Half past nine, some days ago."""
    return datetime.combine(local_date(now) - timedelta(days=days), time(9, 30), tzinfo=SHANGHAI)


def _publish(draft: Draft, *, by: Actor, at: datetime) -> Announcement:
    written = announcements.write(draft=draft, by=by, at=at)
    return announcements.publish(announcement_id=written.pk, version=written.version, by=by, at=at)


def _read(announcement: Announcement, actors: Sequence[Actor], *, at: datetime) -> None:
    """Those who were told read it, some minutes apart."""
    for count, actor in enumerate(actors):
        if Announcement.objects.visible_to(actor).filter(pk=announcement.pk).exists():
            announcements.confirm_read(announcement_id=announcement.pk, by=actor, at=at + timedelta(minutes=17 * count))

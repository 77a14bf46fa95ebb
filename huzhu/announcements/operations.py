"""Writing, publishing, withdrawing announcements; reminding of them, and the receipts of those who have read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.announcements import permissions, queries, rules
from huzhu.announcements.models import Announcement, AnnouncementRead, AnnouncementRecipient
from huzhu.announcements.states import ANNOUNCEMENT, AnnouncementAction, AnnouncementState, Audience
from huzhu.audit import operations as audit
from huzhu.employers.models import Employer, EmployerKind
from huzhu.notifications import operations as notifications
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.workflow import TransitionNotAllowed

MOST_PICKED = 5_000
LONGEST_TITLE, LONGEST_BODY, LONGEST_REASON = 80, 5_000, 200


class AnnouncementRefused(ValueError):
    """The announcement cannot be like this; the words say what to do."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What somebody wrote, and to whom. Of the three choices only that of the audience counts."""

    title: str
    body: str
    audience: str
    branch_ids: Sequence[int] = ()
    kinds: Sequence[str] = ()
    employer_ids: Sequence[int] = ()


@transaction.atomic
def write(*, draft: Draft, by: Actor, at: datetime) -> Announcement:
    """
    This function will keep a draft of the actor's own branch.

    :raises permissions.NotPermitted: if the actor may not write announcements
    :raises AnnouncementRefused: if words are missing or the audience is not of the actor's subtree
    """
    branch = Branch.objects.filter(path=scope.get_subtree(by) or "").first()
    if branch is None:
        raise permissions.NotPermitted("公告由互助会工作人员发布。")
    permissions.check(by, "announcement.write", branch)
    values = _check(draft, by=by)
    announcement = Announcement.objects.create(branch=branch, written_at=at, written_by_name=by.name, **values)
    audit.record("announcements.write", label="起草公告", subject=announcement, by=by, at=at, after=announcement.state)
    return announcement


@transaction.atomic
def edit(*, announcement_id: int, draft: Draft, version: int, by: Actor, at: datetime) -> Announcement:
    """
    This function will change a draft.

    :param version: of the draft that was open in the form
    :raises permissions.NotPermitted: if the actor may not
    :raises AnnouncementRefused: if it is no draft any more, somebody else changed it, or the words or audience cannot be
    """
    announcement = _lock(announcement_id)
    permissions.check(by, "announcement.write", announcement.branch)
    if announcement.state != AnnouncementState.DRAFT:
        raise AnnouncementRefused("只有草稿可以修改。待发布的请先取消定时；已发布的不能修改，可撤回后另发。")
    _check_version(announcement, version)
    values = _check(draft, by=by)
    changes = audit.get_changes(announcement, values)
    for field, value in values.items():
        setattr(announcement, field, value)
    announcement.version += 1
    announcement.written_at, announcement.written_by_name = at, by.name
    announcement.save()
    audit.record("announcements.edit", label="修改公告草稿", subject=announcement, by=by, at=at, changes=changes)
    return announcement


@transaction.atomic
def schedule(*, announcement_id: int, version: int, publish_on: date, by: Actor, at: datetime) -> Announcement:
    """
    This function will set a day on which a draft goes out at eight in the morning.

    :raises permissions.NotPermitted: if the actor may not
    :raises AnnouncementRefused: if the day is not after today, or the draft is another than the one previewed
    :raises TransitionNotAllowed: if it is no draft
    """
    announcement = _lock(announcement_id)
    permissions.check(by, "announcement.schedule", announcement)
    _check_version(announcement, version)
    if publish_on <= local_date(at):
        raise AnnouncementRefused("定时发布的日期须晚于今天；今天发布请直接点“立即发布”。")
    announcement.publish_on = publish_on
    return _move(announcement, AnnouncementAction.SCHEDULE, by=by, at=at, details={"日期": publish_on.isoformat()})


@transaction.atomic
def unschedule(*, announcement_id: int, by: Actor, at: datetime) -> Announcement:
    """
    This function will make a draft again of what waits for its day.

    :raises permissions.NotPermitted: if the actor may not
    :raises TransitionNotAllowed: if it does not wait for a day
    """
    announcement = _lock(announcement_id)
    permissions.check(by, "announcement.unschedule", announcement)
    announcement.publish_on = None
    return _move(announcement, AnnouncementAction.UNSCHEDULE, by=by, at=at)


@transaction.atomic
def publish(*, announcement_id: int, version: int, by: Actor, at: datetime) -> Announcement:
    """
    This function will address an announcement to the employers its audience holds at this moment, in one statement.

    :param version: of the text that was previewed
    :raises permissions.NotPermitted: if the actor may not
    :raises AnnouncementRefused: if it is another than the one previewed, or a person would send it to nobody
    :raises TransitionNotAllowed: if it has been published or withdrawn
    """
    announcement = _lock(announcement_id)
    permissions.check(by, "announcement.publish", announcement)
    ANNOUNCEMENT.next_state(AnnouncementAction.PUBLISH, state=announcement.state)
    _check_version(announcement, version)
    announcement.recipient_count = _address(announcement)
    if not announcement.recipient_count and by.user_id is not None:
        raise AnnouncementRefused("没有符合条件的参保单位，请修改发送范围。")
    announcement.published_at = at
    return _move(
        announcement, AnnouncementAction.PUBLISH, by=by, at=at, details={"单位数": announcement.recipient_count}
    )


def publish_due(*, by: Actor, at: datetime) -> int:
    """
    This function will publish what has its day, each in a transaction of its own, and return how many. What somebody else took on
    meanwhile is left alone.
    """
    waiting = Announcement.objects.filter(state=AnnouncementState.SCHEDULED, publish_on__lte=local_date(at))
    count = 0
    for announcement in waiting.order_by("pk"):
        if not rules.is_due(publish_on=announcement.publish_on or date.max, at=at):
            continue
        try:
            publish(announcement_id=announcement.pk, version=announcement.version, by=by, at=at)
        except (TransitionNotAllowed, AnnouncementRefused):
            continue
        count += 1
    return count


@transaction.atomic
def withdraw(*, announcement_id: int, reason: str, by: Actor, at: datetime) -> Announcement:
    """
    This function will take an announcement back; addressees see the reason in place of the text.

    :raises permissions.NotPermitted: if the actor may not
    :raises AnnouncementRefused: without a reason
    :raises TransitionNotAllowed: if it has been withdrawn
    """
    announcement = _lock(announcement_id)
    permissions.check(by, "announcement.withdraw", announcement)
    if not reason.strip():
        raise AnnouncementRefused("请填写撤回原因，已收到公告的单位会看到。")
    announcement.withdrawn_at, announcement.withdrawn_by_name = at, by.name
    announcement.withdrawal_reason = reason.strip()[:LONGEST_REASON]
    return _move(announcement, AnnouncementAction.WITHDRAW, by=by, at=at, reason=announcement.withdrawal_reason)


@transaction.atomic
def remind(*, announcement_id: int, by: Actor, at: datetime) -> int:
    """
    This function will put a reminder into the message centre of every employer of which nobody has read, once a day at most, and
    return how many.

    :raises permissions.NotPermitted: if the actor may not
    :raises AnnouncementRefused: if it is not in force, everybody has read, or today's reminder is out
    """
    announcement, day = _lock(announcement_id), local_date(at)
    permissions.check(by, "announcement.write", announcement.branch)
    if not announcement.is_in_force:
        raise AnnouncementRefused("只有已发布的公告可以提醒。")
    if announcement.reminded_on is not None and announcement.reminded_on >= day:
        raise AnnouncementRefused("今天已经提醒过，同一公告每天最多提醒一次，请明天再试。")
    count = notifications.post_notices(
        employers=AnnouncementRecipient.objects.filter(announcement=announcement).unread().values("employer_id"),
        key=f"announcement_reminder:{announcement.pk}:{day}",
        title=f"请阅读公告：{announcement.title}",
        body="互助会发给贵单位的公告尚无人确认阅读，请打开阅读后点“我已阅读”。",
        url=f"/employer/announcements/{announcement.pk}/",
        at=at,
    )
    if not count:
        raise AnnouncementRefused("所有单位都已有人阅读，无需提醒。")
    announcement.reminded_on = day
    announcement.save(update_fields=["reminded_on"])
    audit.record(
        "announcements.remind", label="提醒阅读公告", subject=announcement, by=by, at=at, details={"单位数": count}
    )
    return count


@transaction.atomic
def confirm_read(*, announcement_id: int, by: Actor, at: datetime) -> AnnouncementRead:
    """
    This function will keep a person's receipt for the employer in front. Confirming again changes nothing.

    :raises Announcement.DoesNotExist: if it was not sent to that employer
    :raises AnnouncementRefused: if it was withdrawn
    """
    announcement = Announcement.objects.visible_to(by).get(pk=announcement_id)
    if not announcement.is_in_force:
        raise AnnouncementRefused("该公告已被撤回，无需确认。")
    receipt, is_new = AnnouncementRead.objects.get_or_create(
        announcement=announcement,
        employer_id=by.employer_id or 0,
        user_id=by.user_id or 0,
        defaults={"user_name": by.name, "read_at": at},
    )
    if is_new:
        audit.record(
            "announcements.read",
            label="确认阅读公告",
            subject=announcement,
            employer_id=by.employer_id,
            by=by,
            at=at,
        )
    return receipt


def _address(announcement: Announcement) -> int:
    """Fix the addressees: one statement, whatever their number."""
    chosen, values = queries.get_addressees(announcement).values("pk").order_by().query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {AnnouncementRecipient._meta.db_table} (announcement_id, employer_id) "
            f"SELECT %s, chosen.id FROM ({chosen}) chosen (id)",
            [announcement.pk, *values],
        )
        return cursor.rowcount


def _check(draft: Draft, *, by: Actor) -> dict[str, Any]:
    """The fields of a draft, with no choice but that of the audience."""
    title, body = " ".join(draft.title.split()), rules.clean_text(draft.body)
    if not title or not body:
        raise AnnouncementRefused("请填写标题和正文。")
    if len(title) > LONGEST_TITLE or len(body) > LONGEST_BODY:
        raise AnnouncementRefused(f"标题最多 {LONGEST_TITLE} 字，正文最多 {LONGEST_BODY:,} 字，请精简。")
    if draft.audience not in Audience.values:
        raise AnnouncementRefused("请选择发送范围。")
    chosen: dict[str, list[Any]] = {"branch_ids": [], "kinds": [], "employer_ids": []}
    match draft.audience:
        case Audience.BRANCHES:
            chosen["branch_ids"] = sorted(set(draft.branch_ids))
            if Branch.objects.visible_to(by).filter(pk__in=draft.branch_ids).count() != len(chosen["branch_ids"]):
                raise AnnouncementRefused("所选机构不在您的管辖范围内，请重新选择。")
        case Audience.KINDS:
            chosen["kinds"] = [kind for kind in EmployerKind.values if kind in draft.kinds]
        case Audience.PICKED:
            chosen["employer_ids"] = sorted(set(draft.employer_ids))
            if len(chosen["employer_ids"]) > MOST_PICKED:
                raise AnnouncementRefused(f"一次最多指定 {MOST_PICKED:,} 家单位，更多请按机构或单位性质发送。")
            if Employer.objects.visible_to(by).filter(pk__in=draft.employer_ids).count() != len(chosen["employer_ids"]):
                raise AnnouncementRefused("所列单位中有的不在您的管辖范围内，请核对名单。")
    if draft.audience != Audience.ALL and not any(chosen.values()):
        raise AnnouncementRefused(f"发送范围选了“{Audience(draft.audience).label}”，请至少选择一项。")
    return {"title": title, "body": body, "audience": draft.audience, **chosen}


def _check_version(announcement: Announcement, version: int) -> None:
    if announcement.version != version:
        raise AnnouncementRefused("您打开后公告已被他人修改，请重新预览后再办理。")


def _lock(announcement_id: int) -> Announcement:
    locked = Announcement.objects.select_for_update(of=("self",)).select_related("branch")
    return locked.get(pk=announcement_id)


def _move(
    announcement: Announcement,
    action: AnnouncementAction,
    *,
    by: Actor,
    at: datetime,
    reason: str = "",
    details: dict[str, object] | None = None,
) -> Announcement:
    """Change the state, save, and leave a trace."""
    before = announcement.state
    announcement.state = ANNOUNCEMENT.next_state(action, state=before)
    announcement.save()
    audit.record(
        f"announcements.{action}",
        label=f"{action.label}公告",
        subject=announcement,
        by=by,
        at=at,
        before=before,
        after=announcement.state,
        reason=reason,
        details=details,
    )
    return announcement

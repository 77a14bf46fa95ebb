"""The texts of messages: data, versioned; a sent message keeps the text it was sent with."""

from __future__ import annotations

from typing import NamedTuple


class Template(NamedTuple):
    """One message text. Placeholders are named; a missing one is an error at once, not in the recipient's hand."""

    version: int
    body: str
    is_urgent: bool = False


SIGNATURE = "【职工保障互助会】"

TEMPLATES: dict[str, Template] = {
    "mobile_code": Template(
        1, "验证码{code}，5分钟内有效，用于{purpose}。如非本人操作请忽略，切勿告知他人。", is_urgent=True
    ),
    "recovery_code_used": Template(
        1,
        "您的工作人员账号刚刚使用了一个恢复码登录，还剩{left}个。如非本人操作，请立即修改密码并联系安全管理员。",
        is_urgent=True,
    ),
    "factor_reset": Template(
        1,
        "安全管理员已重置您的工作人员账号的第二重验证，下次登录时请重新绑定验证器。如非您本人申请，请立即联系安全管理员。",
        is_urgent=True,
    ),
    "registration_approved": Template(
        1, "贵单位{employer}的账号注册申请已审核通过。请用手机号登录单位网厅：{url}，首次登录请先设置密码。"
    ),
    "registration_returned": Template(
        1, "贵单位{employer}的账号注册申请被退回：{reason}。请凭手机号和验证码查询进度并修改后重新提交。"
    ),
    "registration_rejected": Template(1, "贵单位{employer}的账号注册申请未通过：{reason}。如有疑问请联系所属代办处。"),
    "staff_account_made": Template(
        1, "您的互助会后台账号{login}（{branch}）已开通，请在登录页点“忘记密码”，凭本手机号收到的验证码设置密码。"
    ),
    "staff_mobile_changed": Template(
        1,
        "您的互助会后台账号{login}的手机号已由系统管理员变更，此后验证码和通知发往新手机号。如非您本人申请，请立即联系安全管理员。",
        is_urgent=True,
    ),
    "staff_roles_changed": Template(
        1, "您的互助会后台账号角色已调整为：{roles}。请重新登录，如有疑问请联系安全管理员。"
    ),
    "join_requested": Template(1, "{name}申请加入{employer}的单位账号，请登录单位网厅在账号成员中确认。"),
    "join_accepted": Template(
        1, "您加入{employer}单位账号的申请已获同意，请用手机号登录单位网厅，首次登录请先设置密码。"
    ),
    "join_refused": Template(1, "您加入{employer}单位账号的申请未获同意：{reason}。"),
    "change_approved": Template(1, "{employer}申请的单位信息变更已审核通过，自今日起生效，请登录单位网厅查看。"),
    "change_returned": Template(1, "{employer}申请的单位信息变更被退回：{reason}。请登录单位网厅修改后重新提交。"),
    "change_rejected": Template(1, "{employer}申请的单位信息变更未通过：{reason}。如有疑问请联系所属代办处。"),
    "binding_confirmed": Template(1, "历史保单{number}已绑定到贵单位，名册中相应职工的保障可连续计算。"),
    "binding_rejected": Template(1, "历史保单{number}的绑定申请未通过：{reason}。如有疑问请联系所属代办处。"),
    "transfer_done": Template(
        1, "{employer}的互助会业务自今日起由{branch}办理（原{former}）。已提交的申请由新代办处继续办理，无需重新提交。"
    ),
    "transfer_refused": Template(1, "您发起的{employer}划转未被{branch}接收：{reason}。请登录后台在单位划转中查看。"),
    "member_invited": Template(
        1, "{name}邀请您加入{employer}的单位账号，请于{until}前登录{url}，在“进度与邀请”中凭本手机号确认。"
    ),
    "hand_over_offered": Template(
        1, "{former}请您接任{employer}的经办人，请于{until}前登录{url}，在“进度与邀请”中凭本手机号确认。"
    ),
    "hand_over_asked": Template(
        1,
        "有人凭盖章表格申请将{employer}的经办人由您变更为{name}，互助会正在审核。如有异议请登录{url}在账号成员中提出。",
    ),
    "hand_over_done": Template(1, "{employer}的经办人已变更为{name}，此后业务通知将发送至新经办人。单位网厅：{url}"),
    "hand_over_returned": Template(
        1, "{employer}的经办人变更申请被退回：{reason}。请登录{url}，在“进度与邀请”中修改后重新提交。"
    ),
    "hand_over_rejected": Template(1, "{employer}的经办人变更申请未通过：{reason}。如有疑问请联系所属代办处。{url}"),
    "enrolment_returned": Template(1, "贵单位参保申请{number}被退回：{reason}。请登录单位网厅修改后重新提交。"),
    "payment_notice": Template(
        1,
        "贵单位参保申请{number}已审核通过，应缴{amount}元，缴款单号{slip}，请于{due}前足额汇款，并在汇款用途栏填写缴款单号。{advice}",
    ),
    "enrolment_effective": Template(
        1, "贵单位参保申请{number}缴款{amount}元已确认，参保成功，保障自{start}起生效。请登录单位网厅下载电子保单。"
    ),
    "enrolment_given": Template(
        1,
        "贵单位参保申请{number}已复审通过，保障费{amount}元由出资单位承担，无需缴款，保障自{start}起生效。请登录单位网厅下载电子保单。",
    ),
    "members_left_out": Template(
        2,
        "贵单位参保申请{number}中有{count}人未能承保（原因见人员明细），已缴的保障费{amount}元已转入单位预存款，请登录查看。",
    ),
    "renewal_reminder": Template(
        1,
        "贵单位{plans}的{people}人次保障最早于{last_day}到期（还有{days}天），请登录单位网厅在单位保单查询中点“续保”办理。"
        "逾期缴款将断保，须重新计算免责期。",
    ),
    "payment_reminder": Template(
        1,
        "贵单位缴款单{slip}还需缴款{amount}元，请于{due}（含当日，{when}）前足额到账，汇款用途栏填写缴款单号。{advice}",
    ),
    "slip_cancelled": Template(1, "贵单位缴款单{slip}已撤单，请勿再按此单汇款。"),
    "cancellation_approved": Template(1, "贵单位缴款单{slip}已撤单，请勿再按此单汇款。{money}{rest}"),
    "cancellation_refused": Template(1, "贵单位缴款单{slip}的撤单申请未获同意：{reason}。缴款单仍有效。"),
    "extension_approved": Template(
        1, "贵单位缴款单{slip}的延迟缴款申请已同意，缴款期限延至{due}（含当日），请足额汇款。{advice}"
    ),
    "extension_refused": Template(
        1, "贵单位缴款单{slip}的延迟缴款申请未获同意：{reason}。缴款期限仍为{due}，逾期未到账的缴款单将失效。"
    ),
    "slip_expired": Template(
        1, "贵单位缴款单{slip}已逾期失效，请勿再按此单汇款。仍要参保的，请在90天内联系互助会重新生成缴款单。"
    ),
    "payment_exception": Template(
        1, "贵单位一笔{amount}元的缴款存在异常（{kind}），请登录单位网厅在异常缴费确认中处理。"
    ),
    "receipt_issued": Template(
        1, "贵单位申请的电子票据{number}（{amount}元）已开具，请登录单位网厅在单位开票查询中下载。"
    ),
    "receipt_refused": Template(1, "贵单位的开票申请{number}被退回：{reason}。请登录单位网厅修改后重新申请。"),
}

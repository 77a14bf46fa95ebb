"""使用帮助: the guide's way and its answers as data. Pages are named, so that the reader gets links to those that may be opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from huzhu.shared.actors import Actor
from huzhu.shared.numbering import make_number
from huzhu.ui import menus

# An invented slip: the form is right, the day is past.
EXAMPLE_SLIP: Final = make_number("JK", date(2025, 8, 11), 12)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One box of the flow chart: who does what, where, and what comes of it."""

    title: str
    who: str
    words: tuple[str, ...]
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One kind of file: where it is asked for, what it may be, what it must show."""

    name: str
    where: str
    kinds: str
    shows: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question with its answer, paragraph by paragraph, and the pages where it is settled."""

    key: str
    ask: str
    answer: tuple[str, ...]
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Questions about one thing."""

    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A page that the reader may open."""

    label: str
    url: str


STEPS: Final = (
    Step(
        title="参保单位注册账号（登录本会业务系统）",
        who="参保单位",
        words=(
            "首次参保的单位需先注册账号，待互助会审核通过后方可登录；已有账号可直接登录。",
            "注册登记内容包括统一社会信用代码证、法定代表人的基本信息、单位联系地址、经办人基本信息，"
            "同时须上传统一社会信用代码证影像材料。",
        ),
        pages=("public:register", "public:progress", "public:login"),
    ),
    Step(
        title="参保单位登录账号，完善单位人员名册",
        who="参保单位",
        words=(
            "进入【职工名册维护】，下载模板，填写人员信息，导入系统。",
            "名册人员应和单位社保人员或省直医保人员保持一致；如当月发生退休、离职或新入职导致不一致的，请注明原因。",
            "“证件类型”为“居民身份证”时，“性别”和“出生日期”可不填写。",
        ),
        pages=("employer:roster", "employer:insurance-roster"),
    ),
    Step(
        title="参保单位选择参保项目，提交参保申请",
        who="参保单位",
        words=(
            "进入【参保申报进度及查询】，选择【新增参保】：选择保障计划和份数，导入人员，点击【确认明细】，"
            "按“全方位智能校验”的提示补充证明材料，再到【业务参考日期设置】。",
            "点【提交】后，“下载申请书→打印盖章→拍照回传”三个步骤即可完成申报。",
        ),
        pages=("employer:applications",),
    ),
    Step(
        title="互助会审核过后，发送短信缴款通知",
        who="互助会",
        words=(
            "互助会由两人先后初审、复审。完成复审后，业务系统自动生成缴款单，并短信通知参保单位经办人员。",
            "申报信息有误时会退回并写明原因，修改后重新提交即可。",
        ),
        pages=("employer:applications", "employer:messages"),
    ),
    Step(
        title="参保单位根据缴款通知足额缴款",
        who="参保单位",
        words=(
            "进入【缴款单打印】，下载或打印缴款单。银行汇款时请在汇款用途栏填写缴款单号，金额与缴款单一致。",
            "互助会确认缴款后，短信通知参保成功。",
        ),
        pages=("employer:slips",),
    ),
    Step(
        title="参保单位登录账号，下载电子保单和票据",
        who="参保单位",
        words=(
            "进入【单位保单查询】，点击【下载电子保单】，打印盖章。",
            "进入【单位开票申请】，选择需要开票的保单，上传盖章后的参保确认书，填写开票信息及金额；"
            "开出的票据在【单位开票查询】下载。集团单位由集团总公司统一开票。",
        ),
        pages=("employer:policies", "employer:receipt-requests", "employer:receipts"),
    ),
)

REQUIREMENTS: Final = (
    Requirement(
        name="统一社会信用代码证影像",
        where="单位注册",
        kinds="JPG、PNG 或 PDF，不超过 20 MB",
        shows="证书四角完整，单位名称和 18 位代码清晰",
    ),
    Requirement(
        name="职工名册",
        where="职工名册维护、导入人员",
        kinds="XLSX、XLS 或 CSV，不超过 20 MB、20 万行，不加密码",
        shows="姓名、证件类型、证件号码必填；证件号码列请设为“文本”格式",
    ),
    Requirement(
        name="当月社保/医保名单",
        where="职工名册维护",
        kinds="XLSX、XLS 或 CSV，不超过 20 MB",
        shows="提交申请的当月或上月名单；省直医保名单同样有效",
    ),
    Requirement(
        name="盖章后的申请书",
        where="提交参保申请",
        kinds="JPG、PNG 或 PDF，不超过 20 MB",
        shows="每页完整，公章和二维码清晰；修改申请后须重新下载、盖章",
    ),
    Requirement(
        name="延迟退休参保职工在职证明",
        where="超龄人员",
        kinds="JPG、PNG 或 PDF，不超过 20 MB",
        shows="列明姓名和证件号码、加盖单位公章；一份可列多人",
    ),
    Requirement(
        name="劳务派遣人员证明",
        where="非本单位社保/医保在职人员",
        kinds="JPG、PNG 或 PDF，不超过 20 MB",
        shows="列明派遣单位和人员；新入职等其他原因请附情况说明",
    ),
    Requirement(
        name="盖章后的参保确认书",
        where="单位开票申请",
        kinds="JPG、PNG 或 PDF，不超过 20 MB",
        shows="整份电子保单或它的最后一页均可，二维码清晰",
    ),
)

GOOD_REMARKS: Final = (
    (EXAMPLE_SLIP, "只写缴款单号，最稳妥"),
    (f"{EXAMPLE_SLIP} 职工互助保障费", "单号在前，后面可以加说明"),
)
BAD_REMARKS: Final = (
    ("职工互助保障费", "没有单号，只能由财务人员逐笔核对"),
    (f"{EXAMPLE_SLIP[:12]}…", "单号不完整，无法识别"),
    ("某某公司 8 月会费", "单位简称不能代替单号"),
)

TOPICS: Final = (
    Topic(
        title="缴款与生效",
        questions=(
            Question(
                key="late",
                ask="款到晚了怎么办？",
                answer=(
                    "如果缴款日期超出设置的生效参考日期，保单按照实际到账日期次日生效。迟缴可能会导致参保人员断保，断保后会有免责期。",
                    "到账日期以银行入账日为准，财务确认得晚不会影响生效日期；分几笔汇来的，以最后一笔到账为准。",
                    "预计不能按期缴款时，请在缴款期限前提出【延迟缴款申请】，页面会先画出延期后保障从哪天开始。",
                ),
                pages=("employer:slips", "employer:applications"),
            ),
            Question(
                key="early",
                ask="提前缴款会提前生效吗？",
                answer=(
                    "不会。设置了保障类型生效参考日期后，系统优先按照此日期生效，提前缴费不会影响。",
                    "没有设置参考日期的，到账次日零时生效；续保人员在原保障期满前到账的，自动接在原保障之后。",
                ),
            ),
            Question(
                key="waiting",
                ask="什么是免责期？",
                answer=(
                    "保障开始后的一段时间内发生的约定事项不予给付，这段时间就是免责期。首次参保和断保后重新参保的有免责期，"
                    "按时续保、保障不间断的没有；续保时加份的，增加的部分按首次参保计算。",
                    "各计划的免责期长短不同，以保障计划条款和电子保单为准。电子保单的人员清单列有每个人的免责期截止日。",
                ),
                pages=("employer:policies",),
            ),
            Question(
                key="remark",
                ask="汇款时忘了写缴款单号，或者由其他单位代汇怎么办？",
                answer=(
                    "互助会财务会推送异常缴费信息并发短信。请在【异常缴费确认】上传银行回单等汇款材料，核对后即可入账，"
                    "生效日期仍按实际到账日计算。没有收到异常缴费信息的可忽略此项。",
                ),
                pages=("employer:payment-exceptions",),
            ),
            Question(
                key="amount",
                ask="汇多了、汇少了怎么办？",
                answer=(
                    "金额须与缴款单一致才能自动核销。少汇的请补足差额，两笔都写同一缴款单号；多汇的由财务与您确认转为单位预存款或退回。",
                ),
                pages=("employer:slips", "employer:payment-exceptions"),
            ),
            Question(
                key="expired",
                ask="缴款单逾期失效了怎么办？",
                answer=(
                    "缴款期限当天到账的仍然有效。逾期的缴款单请勿再汇款；90 天内可联系互助会财务重新生成缴款单，不必重新申报。",
                ),
                pages=("employer:slips",),
            ),
        ),
    ),
    Topic(
        title="申报与审核",
        questions=(
            Question(
                key="returned",
                ask="申请被退回怎么办？",
                answer=(
                    "在【参保申报进度及查询】打开该申请，页面上方写有退回原因，需要修改的人员已标出。"
                    "改好后重新提交，并重新下载申请书盖章回传——原申请书的二维码已失效。",
                    "已填写的内容和上传的材料都会保留。",
                ),
                pages=("employer:applications",),
            ),
            Question(
                key="change",
                ask="提交后发现名单有误，怎样修改？",
                answer=(
                    "待回传申请书时选择【编辑】或【删除】；待初审且审核人员尚未领取时可以【撤回】；审核中请联系互助会退回。",
                    "已经生成缴款单、实际缴款前，请选择【申请撤单】，撤单后可以改回草稿继续修改。请勿再按已撤的缴款单汇款。",
                ),
                pages=("employer:applications",),
            ),
            Question(
                key="over-age",
                ask="超龄人员、不在本单位社保名单的人员能参保吗？",
                answer=(
                    "可以，但需分别补充材料：超过本人法定退休年龄仍在岗的，上传延迟退休参保职工在职证明；"
                    "劳务派遣人员上传劳务派遣人员证明。本次不参保的人员点击【删除】即可。",
                ),
                pages=("employer:applications", "employer:insurance-roster"),
            ),
            Question(
                key="numbers",
                ask="导入名册时提示证件号码有误怎么办？",
                answer=(
                    "请下载错误表：有误的格子标红并写明原因，改好后整表重新导入，已成功的人员不会重复。",
                    "最常见的原因是证件号码列没有设为“文本”格式，后几位变成 0；请对照证件重新录入。15 位身份证号码已停用。",
                ),
                pages=("employer:roster",),
            ),
            Question(
                key="group",
                ask="集团怎样统一参保？",
                answer=(
                    "集团总公司和下属单位分别注册账号，在【上下级关系维护】由任一方发起关联，对方登录账户确认通过即可关联成功。"
                    "如果不需要通过集团总部统一参保的可忽略。",
                ),
                pages=("employer:group-links",),
            ),
            Question(
                key="old-policy",
                ask="以前参保过，怎样与原来的保障衔接？",
                answer=(
                    "在【历史保单绑定】关联历史保单，确保保障期限无缝衔接，避免按首次参保计算免责期。新投保单位可直接跳过。",
                ),
                pages=("employer:policy-bindings",),
            ),
        ),
    ),
    Topic(
        title="账号与安全",
        questions=(
            Question(
                key="password",
                ask="忘记密码，或者收不到验证码？",
                answer=(
                    "在登录页选择“首次登录设置密码、忘记密码”，用手机号和短信验证码重新设置。",
                    "验证码 5 分钟内有效。收不到时请检查手机是否拦截短信；更换了手机号的，请单位管理员在【账号成员】中调整。",
                ),
                pages=("public:password", "employer:members"),
            ),
            Question(
                key="join",
                ask="单位已经有账号，换了经办人怎么办？",
                answer=(
                    "原经办人在岗的，登录后在【单位基本信息维护】的“经办人交接”里填写接任人，对方凭短信确认后生效，无需审核。",
                    "原经办人已不能办理的，由新经办人在登录页选择“变更经办人”，上传盖章的变更申请表，互助会审核后生效。草稿和正在办理的业务都会留在单位账号里。",
                ),
                pages=("employer:hand-over", "public:hand-over"),
            ),
            Question(
                key="invite",
                ask="怎样让同事一起办理？",
                answer=(
                    "单位管理员在【账号成员】中填写同事的手机号和角色发送邀请，对方凭短信在“进度与邀请”中确认；同事也可以在登录页申请加入。",
                ),
                pages=("employer:members", "public:join"),
            ),
            Question(
                key="several",
                ask="一个人经办几个单位，要注册几个账号吗？",
                answer=("不用。同一手机号可以是几个单位的成员，登录后在页面上方切换单位。",),
            ),
            Question(
                key="verify",
                ask="怎样核验电子保单和票据的真伪？",
                answer=("扫描电子保单上的二维码，在公开的核验页核对编号和内容；核验页只显示部分隐去的信息。",),
                pages=("public:verify",),
            ),
            Question(
                key="browser",
                ask="用什么浏览器？",
                answer=(
                    "建议使用谷歌浏览器、360浏览器（极速模式）或火狐浏览器。较长时间未操作会自动退出，已填写的内容会保留。",
                ),
            ),
        ),
    ),
    Topic(
        title="账号安全",
        questions=(
            Question(
                key="second-factor",
                ask="登录为什么要验证两次？",
                answer=(
                    "密码可能被人看到，第二重验证让只知道密码的人进不来。单位账号在新设备上登录时，向登记的手机发送短信验证码；工作人员每次登录使用手机验证器的动态口令。",
                    "授予角色、经办人交接、导出完整证件号码等敏感操作，会要求再验证一次，已填写的内容不会丢失。",
                ),
            ),
            Question(
                key="new-device",
                ask="换了电脑或手机怎么办？",
                answer=(
                    "在新设备上输入密码后按提示收取短信验证码即可，验证过的设备会被记住。不再使用的设备，请在【账号安全】中移除。",
                    "登记的手机号停用、收不到验证码的，请先办理经办人变更或联系所属代办处，不要借用他人的手机号登录。",
                ),
                pages=("employer:account",),
            ),
            Question(
                key="recovery-codes",
                ask="工作人员的手机遗失，验证器用不了怎么办？",
                answer=(
                    "绑定验证器后请立即生成恢复码，打印或下载后锁在只有自己能打开的地方。登录时用一个恢复码代替动态口令，每个只能用一次。",
                    "恢复码只显示一次，重新生成后以前的全部作废。没有恢复码的，请联系安全管理员核实身份后重置。",
                ),
                pages=("office:account-recovery-codes",),
            ),
            Question(
                key="sessions",
                ask="怎样知道有没有别人在用我的账号？",
                answer=(
                    "【账号安全】列出正在登录的设备和最近的登录记录，发现陌生的可以立即结束，并马上修改密码。",
                    "离开座位请退出。单位账号 30 分钟、工作人员 15 分钟没有操作会自动退出；修改密码后，其他设备上的登录全部结束。",
                ),
                pages=("employer:account", "office:account"),
            ),
        ),
    ),
)

LABELS: Final = {
    "public:register": "注册单位账号",
    "public:progress": "进度与邀请",
    "public:login": "登录",
    "public:password": "设置或重置密码",
    "public:join": "申请加入已有单位",
    "public:hand-over": "变更经办人",
    "employer:hand-over": "经办人交接",
    "public:verify": "核验页",
    "employer:account": "账号安全",
    "employer:insurance-roster": "社保/医保名单",
    "office:account": "账号安全",
    "office:account-recovery-codes": "恢复码",
}
# Nobody who is signed in needs these.
FOR_STRANGERS: Final = frozenset(
    {"public:register", "public:progress", "public:login", "public:password", "public:join", "public:hand-over"}
)


def get_links(*, pages: tuple[str, ...], actor: Actor | None, may_open: Callable[[str], bool]) -> list[Link]:
    """
    This function will give links to those of the pages that exist and are of use to the reader.
    """
    wanted = [page for page in pages if may_open(page) and not (actor and page in FOR_STRANGERS)]
    return [Link(label=_label(page), url=url) for page in wanted if (url := menus.url_or_none(page))]


def _label(page: str) -> str:
    if page in LABELS:
        return LABELS[page]
    side = page.partition(":")[0]
    return next((e.label for s in menus.MENUS.get(side, ()) for e in s.entries if e.name == page), page)

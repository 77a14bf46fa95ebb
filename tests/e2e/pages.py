"""What people do at the pages, named in their words. A journey reads as a story because the clicking is told here."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import APIResponse, Locator, Page, expect
from pypdf import PdfReader

from huzhu.demo import files
from huzhu.demo.people import PASSWORD, SECOND_FACTOR

if TYPE_CHECKING:
    from tests.e2e.conftest import Person

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
Upload = dict[str, str | bytes]


def photo(name: str) -> Upload:
    """The photo of a sheet with a red seal, as a phone hands it to the browser."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": files.photo(name).read()}


def squeezed(text: str) -> str:
    """Text without white space: where a typesetter breaks a line means nothing."""
    return re.sub(r"\s+", "", text)


@dataclass
class Visitor:
    """Somebody at a browser, signed in or not."""

    person: Person
    door = "/login/"
    name_of_login = "手机号"

    @property
    def page(self) -> Page:
        """The page this person looks at."""
        return self.person.page

    @property
    def here(self) -> str:
        """The address of that page on the site."""
        return self.page.url.removeprefix(self.person.site.address)

    def press(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button of that name."""
        (within or self.page).get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> None:
        """Follow the link of that name."""
        (within or self.page).get_by_role("link", name=name).first.click()

    def fill(self, within: Locator | None = None, /, **fields: str) -> None:
        """Type into fields, or choose in lists, by their labels."""
        for label, words in fields.items():
            field = (within or self.page).get_by_label(label, exact=True)
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(label=words)
            else:
                field.fill(words)

    def reads(self, *sentences: str | re.Pattern[str]) -> None:
        """This person sees each of the sentences on the page."""
        for words in sentences:
            expect(self.page.get_by_text(words).filter(visible=True).first).to_be_visible()

    def reads_in(self, part: Locator, *sentences: str) -> None:
        """This person sees each of the sentences in one part of the page."""
        for words in sentences:
            expect(part).to_contain_text(words)

    def cell(self, words: str) -> Locator:
        """The cell of a table that says exactly this."""
        return self.page.get_by_role("cell", name=words, exact=True)

    def is_told(self, words: str) -> None:
        """The site answers what was just done with these words."""
        expect(self.page.get_by_role("main").get_by_role("status").filter(has_text=words).first).to_be_visible()

    def stands_at(self, title: str) -> None:
        """The page's heading says where this person is."""
        expect(self.page.get_by_role("heading", level=1).filter(has_text=title)).to_be_visible()

    def sees_state(self, state: str) -> None:
        """The record's badge in the head of the page."""
        expect(self.page.locator("header.head")).to_contain_text(state)

    def answer(self, name: str, **fields: str) -> None:
        """Open a question, fill in what it asks for, and say yes."""
        self.page.get_by_role("button", name=name, exact=True).first.click()
        question = self.page.get_by_role("dialog")
        self.fill(question, **fields)
        with self.page.expect_navigation():
            question.locator("button[type=submit]").click()

    def fetch(self, link: Locator) -> bytes:
        """The file behind a link, with this person's rights."""
        address = link.get_attribute("href")
        assert address, "the link leads nowhere"
        answer = self.ask(address)
        assert answer.status == 200, f"{answer.status} for {address}"
        return answer.body()

    def ask(self, address: str) -> APIResponse:
        """What the site answers to an address, with this person's rights and without a page."""
        return self.person.context.request.get(self.person.site.address + address, max_redirects=0)

    def read_pdf(self, name: str, *, within: Locator | None = None, pages: int | None = None) -> str:
        """The text of the PDF behind the link of that name, without white space; of its first pages only, if told so."""
        content = self.fetch((within or self.page).get_by_role("link", name=name).first)
        assert content.startswith(b"%PDF-")
        return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages[:pages]))

    def read_phone(self, mobile: str, *, about: str) -> str:
        """The newest text message to a mobile that speaks of something, read on the demo's phone page."""
        phone = self.person.context.new_page()
        phone.goto(self.person.site.address + "/demo/phone/")
        phone.get_by_label("手机号").fill(mobile)
        phone.get_by_role("button", name="查询").click()
        message = phone.get_by_role("article").filter(has_text=mobile).filter(has_text=about).first
        expect(message).to_be_visible()
        words = message.get_by_role("paragraph").inner_text()
        phone.close()
        return words

    def prove_mobile(self, mobile: str) -> None:
        """Ask for a code, read it on the phone, type it."""
        self.page.get_by_label("手机号").fill(mobile)
        self.press("获取验证码")
        expect(self.page.get_by_role("button", name="秒后可重新获取")).to_be_visible()
        self.fill(短信验证码=self.read_phone(mobile, about="验证码").split("验证码")[1][:6])
        self.press("下一步")

    def give_password(self, name: str, password: str) -> None:
        """Type name and password at the door."""
        self.fill(**{self.name_of_login: name, "密码": password})
        self.press("登录")

    def sign_in(self, name: str, *, password: str = PASSWORD) -> None:
        """Sign in on a new device: password, then the second factor."""
        self.person.go(self.door)
        self.give_password(name, password)
        self.fill(**{"6位数字": SECOND_FACTOR})
        self.press("验证并登录")
        expect(self.page.get_by_role("navigation", name="主菜单")).to_be_visible()

    def sign_in_by_click(self, name: str) -> None:
        """The demo's way in: one click on a name."""
        self.person.go("/login/")
        self.page.get_by_role("button", name=re.compile(f"^{name} ·")).first.click()
        expect(self.page.get_by_role("navigation", name="主菜单")).to_be_visible()


class Handler(Visitor):
    """The employer's handler (经办人)."""

    def register(self, *, mobile: str, certificate: Upload, **fields: str) -> None:
        """注册: the mobile proven by a code, the form, the certificate's picture."""
        self.person.go("/")
        self.follow("注册单位账号")
        self.prove_mobile(mobile)
        self.stands_at("填写单位资料")
        self.fill(**fields)
        self.page.get_by_label("统一社会信用代码证影像").set_input_files(certificate)
        self.press("提交注册")

    def set_password(self, mobile: str, password: str) -> None:
        """首次登录设置密码, by a code; this device is known from then on."""
        self.person.go("/login/")
        self.follow("首次登录设置密码、忘记密码")
        self.prove_mobile(mobile)
        self.stands_at("设置登录密码")
        self.fill(新密码=password, 再输入一次=password)
        self.press("设置密码")
        self.is_told("密码已设置")

    def import_roster(self, file: Path) -> None:
        """职工名册维护 → 导入名册."""
        self.follow("职工名册维护")
        self.follow("导入名册")
        self.page.get_by_label("名册文件").set_input_files(file)
        self.press("开始导入")
        self.stands_at("导入结果")

    def compare_with(self, file: Path) -> None:
        """职工名册维护 → 社保/医保名单核对."""
        self.follow("职工名册维护")
        self.follow("社保/医保名单核对")
        self.page.get_by_label("名单文件").set_input_files(file)
        self.press("上传并核对")
        self.is_told("已收到")

    def choose_policies(self) -> None:
        """单位开票申请 → 选择 → 确认."""
        self.follow("单位开票申请")
        for policy in self.page.get_by_role("checkbox", name="选择保单").all():
            policy.check()
        self.press("确认，填写开票信息")
        self.stands_at("申请开票")

    def choose_plan(self, name: str, *, shares: int = 0) -> None:
        """Tick a plan and choose its shares."""
        card = self.page.locator(".plan").filter(has=self.page.get_by_role("checkbox", name=name))
        card.get_by_role("checkbox").check()
        if shares:
            card.get_by_label("每人份数").select_option(str(shares))

    def next_step(self, title: str) -> None:
        """The wizard's 下一步, whether it saves a form or only leads on."""
        words = f"下一步：{title}"
        self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words)).click()
        expect(self.page.locator("[aria-current=step]")).to_contain_text(title)

    def finding(self, words: str) -> Locator:
        """One kind of finding of the check (智能校验)."""
        return self.page.locator(".finding").filter(has_text=words)

    def upload(self, label: str, *uploads: Upload | Path) -> None:
        """Put files into a slot; it sends itself, and the page comes anew."""
        with self.page.expect_navigation():
            self.page.get_by_label(label, exact=True).set_input_files(list(uploads))

    def upload_in(self, slot: Locator, label: str, file: Upload) -> None:
        """Put a file into a slot that takes it while the page stays."""
        slot.get_by_label(label, exact=True).set_input_files(file)
        expect(slot).to_contain_text("已上传")

    def sees_figures(self, *figures: str) -> None:
        """The panel beside the wizard: people, amount, what is left to do."""
        for figure in figures:
            expect(self.page.get_by_role("complementary", name="本次参保概况")).to_contain_text(figure)

    def submit(self) -> None:
        """Declare that all is true, and submit."""
        self.page.get_by_role("checkbox", name="本单位已核对参保人员").check()
        self.press("提交")
        self.is_told("已提交")

    def take_up(self, work: str) -> None:
        """首页 → 等我办理 → 去办理."""
        self.person.go("/employer/")
        self.follow("去办理", within=self.page.get_by_role("row").filter(has_text=work))

    def take_off(self, name: str) -> None:
        """确认明细: take everybody of that name off this application."""
        expect(self.page.locator("[aria-current=step]")).to_contain_text("确认明细")
        self.fill(姓名或拼音首字母=name)
        self.press("查找", within=self.page.get_by_role("search", name="查找人员"))
        self.page.get_by_role("checkbox", name="勾选本页全部").check()
        self.press("移出勾选的人员（本次不参保）")
        self.is_told("已移出")


class Officer(Visitor):
    """Somebody of the association's staff."""

    door = "/login/?side=office"
    name_of_login = "登录名"

    def take_up(self, work: str, *, about: str) -> None:
        """工作台 → 待办 → the one record that is about something."""
        self.person.go("/office/")
        row = self.page.get_by_role("row").filter(has_text=work).filter(has_text=about)
        row.get_by_role("link").first.click()

    def look_up(self, menu: str, *, about: str) -> None:
        """The list of all records of a kind, also of those that do not wait for oneself → the one about something."""
        self.follow(menu)
        self.page.get_by_role("row").filter(has_text=about).get_by_role("link").first.click()

    def claim(self) -> None:
        """认领: everybody sees who reviews."""
        self.press("认领，由我审核")
        self.is_told("已认领，由您审核")

    def mark_first_person(self) -> str:
        """人员: tick the first person as the one to be put right; who it is."""
        self.follow("人员")
        row = self.page.get_by_role("row").filter(has=self.page.get_by_role("checkbox")).first
        row.get_by_role("checkbox").check()
        return row.locator(".person").evaluate("one => one.firstChild.textContent").strip()

    def send_back(self, *reasons: str, words: str) -> None:
        """退回修改, with usual reasons and words."""
        self.reads("只退回勾选的 1 行人员")
        for reason in reasons:
            self.page.get_by_role("checkbox", name=reason).check()
        self.fill(写给单位的说明=words)
        self.press("退回并短信通知")

    def may_not(self, name: str, *, because: str) -> None:
        """The button is there, does nothing, and says why."""
        expect(self.page.get_by_role("button", name=name, exact=True)).to_be_disabled()
        self.reads(because)

    def import_statement(self, name: str, content: bytes) -> None:
        """银行流水 → 导入并匹配."""
        self.follow("银行流水")
        file = {"name": name, "mimeType": "text/csv", "buffer": content}
        self.page.get_by_label("流水文件").set_input_files(file)
        self.press("导入并匹配")

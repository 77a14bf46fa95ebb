"""A full number, asked for in the dialog: refused without a reason, shown with one, and nothing that the page's policy forbids."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Person
from tests.e2e.pages import Handler, Officer
from tests.e2e.stories import BOTH, SUBMITTED

LISTEN = """
    window.forbidden = [];
    document.addEventListener("securitypolicyviolation", (event) => forbidden.push(event.violatedDirective));
"""
FORBIDDEN = "window.forbidden"


def look(visitor: Handler | Officer) -> None:
    """The dialog without a reason, again, with one that wants words, and as it should be; focus goes where one reads on."""
    page = visitor.page
    button = page.locator(".reveal__button").first
    button.wait_for()
    page.wait_for_load_state()  # before its scripts a page without them would open
    page.evaluate(LISTEN)
    button.click()
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_label("查看原因")).to_be_focused()
    for _ in range(2):
        visitor.press("查看", within=dialog)
        visitor.reads_in(dialog, "请选择查看原因。")
        expect(dialog.get_by_role("alert")).to_be_focused()
    visitor.fill(dialog, 查看原因="其他原因")
    visitor.press("查看", within=dialog)
    visitor.reads_in(dialog, "请写明用途")
    visitor.fill(dialog, 查看原因="电话联系核实")
    visitor.press("查看", within=dialog)
    shown = page.locator(".reveal--shown")
    expect(shown).to_be_focused()
    expect(shown).not_to_contain_text("*")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate(FORBIDDEN) == []


@pytest.mark.parametrize("site", ["submitted"], indirect=True)
def test_a_full_number_is_asked_for_and_shown(person: Callable[[], Person]) -> None:
    """
    The handler looks at a number on the roster, a reviewer at one on the list of an application. Whatever the browser would refuse
    for the page's policy fails the journey, and so does a style set in the markup by hand: the ear is open.
    """
    handler, officer = Handler(person()), Officer(person())
    handler.sign_in(SUBMITTED.mobile)
    handler.person.go("/employer/roster/")
    handler.page.locator("#rows tbody a").first.click()
    look(handler)

    officer.sign_in(BOTH.login_name)
    officer.take_up("参保初审", about=SUBMITTED.name)
    officer.reads("概况")
    officer.person.go(f"{officer.here}?tab=people")
    look(officer)
    # The ear is open: what the policy forbids is heard.
    officer.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\"></p>')")
    assert officer.page.evaluate(FORBIDDEN) == ["style-src-attr"]
    officer.person.complaints.clear()

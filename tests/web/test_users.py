"""用户 and 角色: who is shown, found and changed by whom; the matrix says what the tables say."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.accounts.models import StaffPost, User
from huzhu.accounts.roles import StaffRole
from huzhu.notifications.models import SmsMessage
from huzhu.shared.actors import Side
from huzhu.web.access import get_table
from huzhu.web.office.presenters import roles as presenter
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


def signed_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def province():
    return BranchFactory(name="省本级")


@pytest.fixture
def city(province):
    return BranchFactory(parent=province, level="city", name="广州市代办处")


@pytest.fixture
def system(province) -> Client:
    return signed_in(StaffPostFactory(branch=province, system_admin=True))


@pytest.fixture
def security(province) -> Client:
    return signed_in(StaffPostFactory(branch=province, roles=["security_admin"]))


@pytest.fixture
def post(city):
    return StaffPostFactory(branch=city, user__name="何丽珊")


def read(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_is_the_own_subtree_by_branch_role_and_state(province, system, post):
    StaffPostFactory(branch=BranchFactory(parent=province, level="city"), user__name="周建平", roles=["cashier"])
    page = read(system, "office:users")
    assert "何丽珊" in page
    assert "周建平" in page
    assert post.user.mobile not in page
    assert "周建平" not in read(system, "office:users", branch=str(post.branch_id))
    assert "何丽珊" not in read(system, "office:users", role="cashier")
    assert "何丽珊" not in read(system, "office:users", state="disabled")


def test_another_subtree_is_neither_listed_nor_opened(province, city, post):
    client = signed_in(StaffPostFactory(branch=BranchFactory(parent=province, level="city"), system_admin=True))
    assert "何丽珊" not in read(client, "office:users")
    for name in ("user", "user-branch", "user-roles", "user-disable", "user-enable"):
        assert client.get(reverse(f"office:{name}", args=[post.user_id])).status_code == 404


def test_a_person_is_found_by_what_is_posted(system, post, city):
    StaffPostFactory(branch=city, user__name="周建平")
    for words in ("丽珊", post.user.login_name, post.user.mobile):
        page = system.post(reverse("office:users"), {"words": words}).content.decode()
        assert "何丽珊" in page
        assert "周建平" not in page


def test_the_list_costs_the_same_with_many(system, post, city):
    few = count_queries(lambda: system.get(reverse("office:users")))
    StaffPostFactory.create_batch(20, branch=city)
    assert count_queries(lambda: system.get(reverse("office:users"))) == few


def test_an_account_is_opened_by_one_and_given_roles_by_another(system, security, city):
    entry = {"name": "邓伟明", "login_name": "deng", "mobile": "13912340000", "branch": city.pk}
    answer = system.post(reverse("office:user-new"), entry)
    made = User.objects.get(login_name="deng")
    assert answer["Location"] == reverse("office:user", args=[made.pk])
    assert made.post.roles == []
    assert "忘记密码" in SmsMessage.objects.get(template="staff_account_made").body
    assert "还没有角色" in read(security, "office:user", made.pk)

    words = {"roles": ["registrar"], "reason": "新入职"}
    assert system.post(reverse("office:user-roles", args=[made.pk]), words).status_code == 403
    security.post(reverse("office:user-roles", args=[made.pk]), words)
    assert StaffPost.objects.get(user=made).roles == ["registrar"]
    assert security.post(reverse("office:user-new"), entry).status_code == 404


def test_refusals_keep_what_was_typed(system, post, city):
    entry = {"name": "邓伟明", "login_name": "deng", "mobile": post.user.mobile, "branch": city.pk}
    answer = system.post(reverse("office:user-new"), entry)
    assert answer.status_code == 422
    assert "已开通工作人员账号" in answer.content.decode()
    assert 'value="邓伟明"' in answer.content.decode()
    answer = system.post(reverse("office:user-new"), entry | {"mobile": "123"})
    assert answer.status_code == 422


def test_place_and_state_are_changed_on_pages(system, post, province):
    other = BranchFactory(parent=province, level="city")
    system.post(reverse("office:user-branch", args=[post.user_id]), {"branch": other.pk, "reason": "调动"})
    system.post(reverse("office:user-disable", args=[post.user_id]), {"reason": "离岗"})
    post.refresh_from_db()
    assert (post.branch, post.user.is_active) == (other, False)
    page = read(system, "office:user", post.user_id)
    assert "已停用" in page
    assert "调动" in page
    system.post(reverse("office:user-enable", args=[post.user_id]), {"reason": "返岗"})
    post.user.refresh_from_db()
    assert post.user.is_active


def test_posted_extras_change_nothing(security, post):
    words = {"roles": ["reviewer"], "reason": "调整", "branch": "1", "is_active": "", "user_id": "1"}
    security.post(reverse("office:user-roles", args=[post.user_id]), words)
    after = StaffPost.objects.get(pk=post.pk)
    assert (after.branch, after.user.is_active, after.roles) == (post.branch, True, ["reviewer"])


class TestMatrix:
    def test_says_of_every_page_what_the_access_table_says(self):
        from huzhu.ui import menus

        shown = {right.name: right.held for group in presenter.get_pages(Side.OFFICE) for right in group.rights}
        for section in menus.OFFICE:
            for entry in section.entries:
                if entry.name in get_table():
                    expected = [role in get_table()[entry.name].roles for role in StaffRole.values]
                    assert shown[entry.label] == expected

    def test_is_a_page_for_the_three_powers(self, security, post):
        page = read(security, "office:roles")
        assert "复审通过" in page or "参保申请" in page
        assert "单位管理员" in read(security, "office:roles", side="employer")


def test_name_and_mobile_are_changed_and_the_present_mobile_is_never_shown(system, security, post):
    address = reverse("office:user-person", args=[post.user_id])
    page = system.get(address).content.decode()
    assert 'value="何丽珊"' in page
    assert post.user.mobile not in page
    assert security.get(address).status_code == 404
    answer = system.post(address, {"name": "何丽珊", "mobile": "123", "reason": "本人换号"})
    assert answer.status_code == 422
    assert "本人换号" in answer.content.decode()
    system.post(address, {"name": "何丽姗", "mobile": "13812345678", "reason": "本人换号"})
    post.user.refresh_from_db()
    assert (post.user.name, post.user.mobile) == ("何丽姗", "13812345678")
    assert "138****5678" in read(system, "office:user", post.user_id)


def test_the_page_of_a_colleague_keeps_the_own_branch_in_the_top_bar(system, post, province):
    top = read(system, "office:user", post.user_id).split("<main")[0]
    assert province.name in top
    assert post.branch.name not in top

"""机构: the tree, its counts, and the forms that change it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.accounts.models import Branch
from tests.factories.accounts import BranchFactory, StaffPostFactory
from tests.factories.employers import EmployerFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


def signed_in(post) -> Client:
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def province() -> Branch:
    return BranchFactory(name="广东省互助会", code="44")


@pytest.fixture
def city(province) -> Branch:
    return BranchFactory(parent=province, level="city", name="广州市代办处", code="4401")


@pytest.fixture
def client(province) -> Client:
    return signed_in(StaffPostFactory(branch=province, system_admin=True))


def test_the_tree_counts_own_and_below(client, province, city):
    county = BranchFactory(parent=city, level="county", name="越秀代办点")
    EmployerFactory.create_batch(2, branch=county)
    EmployerFactory(branch=city)
    rows = {row.branch.name: row for row in client.get(reverse("office:branches")).context["rows"]}
    assert (rows["广州市代办处"].employers, rows["广州市代办处"].employers_below) == (1, 3)
    assert (rows["广东省互助会"].employers, rows["广东省互助会"].employers_below) == (0, 3)
    assert (rows["广东省互助会"].staff, rows["越秀代办点"].staff_below) == (1, 0)


def test_the_tree_is_the_own_subtree_only(city, province):
    BranchFactory(parent=province, level="city", name="深圳市代办处")
    client = signed_in(StaffPostFactory(branch=city, system_admin=True))
    page = client.get(reverse("office:branches")).content.decode()
    assert "广州市代办处" in page
    assert "深圳市代办处" not in page
    assert client.get(reverse("office:branch", args=[province.pk])).status_code == 404
    assert client.get(reverse("office:branch-rename", args=[province.pk])).status_code == 404


def test_words_find_an_office_and_those_above_it(client, city, province):
    BranchFactory(parent=province, level="city", name="深圳市代办处")
    rows = client.get(reverse("office:branches"), {"words": "广州"}).context["rows"]
    assert [(row.branch.name, row.is_match) for row in rows] == [("广东省互助会", False), ("广州市代办处", True)]


def test_the_tree_takes_as_many_queries_however_large(client, city):
    few = count_queries(lambda: client.get(reverse("office:branches")))
    for county in BranchFactory.create_batch(20, parent=city, level="county"):
        EmployerFactory(branch=county)
    assert count_queries(lambda: client.get(reverse("office:branches"))) == few


def test_an_office_is_added_named_moved_closed_and_opened_again(client, city, province):
    answer = client.post(reverse("office:branch-new"), {"parent": city.pk, "name": "越秀代办点", "code": "440104"})
    county = Branch.objects.get(code="440104")
    assert answer["Location"] == reverse("office:branch", args=[county.pk])
    assert (county.level, county.parent) == ("county", city)

    client.post(reverse("office:branch-rename", args=[county.pk]), {"name": "越秀区代办点", "code": "440104"})
    other = BranchFactory(parent=province, level="city")
    client.post(reverse("office:branch-move", args=[county.pk]), {"parent": other.pk, "reason": "区划调整"})
    county.refresh_from_db()
    assert (county.name, county.parent) == ("越秀区代办点", other)

    client.post(reverse("office:branch-close", args=[county.pk]), {"reason": "撤并"})
    county.refresh_from_db()
    assert county.closed_at
    page = client.get(reverse("office:branch", args=[county.pk])).content.decode()
    assert "已停用" in page
    assert "区划调整" in page
    client.post(reverse("office:branch-reopen", args=[county.pk]), {"reason": "恢复"})
    county.refresh_from_db()
    assert county.closed_at is None


def test_a_refusal_keeps_what_was_typed_and_says_what_to_do(client, city):
    answer = client.post(reverse("office:branch-new"), {"parent": city.pk, "name": "新代办点", "code": city.code})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "已被使用" in page
    assert 'value="新代办点"' in page
    EmployerFactory(branch=city)
    answer = client.post(reverse("office:branch-close", args=[city.pk]), {"reason": "撤并"})
    assert answer.status_code == 422
    assert "1 家参保单位" in answer.content.decode()


@pytest.mark.parametrize("role", ["security_admin", "auditor"])
def test_the_other_powers_look_and_change_nothing(city, role):
    client = signed_in(StaffPostFactory(branch=city, roles=[role]))
    page = client.get(reverse("office:branch", args=[city.pk]))
    assert page.status_code == 200
    assert "修改名称" not in page.content.decode()
    words = {"name": "别的", "code": "4499"}
    assert client.post(reverse("office:branch-rename", args=[city.pk]), words).status_code == 404

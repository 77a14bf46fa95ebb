"""The way home and 使用帮助."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from huzhu.shared.numbering import is_valid_number
from huzhu.web import access
from huzhu.web.public.presenters import help as presenter
from tests.factories.accounts import StaffPostFactory, UserFactory
from tests.factories.employers import MembershipFactory
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


class TestHome:
    def test_everybody_comes_to_the_own_first_page(self):
        assert signed_in(MembershipFactory().user).get(reverse("public:home"))["Location"] == reverse("employer:home")
        assert signed_in(StaffPostFactory().user).get(reverse("public:home"))["Location"] == reverse("office:home")

    def test_strangers_and_people_without_a_place_come_to_the_door(self, client):
        for someone in (client, signed_in(UserFactory())):
            assert someone.get(reverse("public:home"))["Location"] == reverse("public:landing")


class TestHelp:
    def test_is_open_to_everybody_and_asks_the_database_nothing(self, client):
        answer = client.get(reverse("public:help"))
        assert answer.status_code == 200
        assert count_queries(lambda: client.get(reverse("public:help"))) == 0

    def test_tells_the_six_steps_in_the_words_of_the_guide(self, client):
        page = client.get(reverse("public:help")).content.decode()
        for step in presenter.STEPS:
            assert step.title in page
        assert "如果缴款日期超出设置的生效参考日期，保单按照实际到账日期次日生效" in page
        assert "下载申请书→打印盖章→拍照回传" in page

    def test_the_example_slip_has_the_right_form(self):
        assert is_valid_number(presenter.EXAMPLE_SLIP, "JK")
        assert not is_valid_number(presenter.BAD_REMARKS[1][0], "JK")

    def test_strangers_get_the_ways_in_and_no_page_behind_the_door(self, client):
        page = client.get(reverse("public:help")).content.decode()
        assert f'href="{reverse("public:register")}"' in page
        assert not re.search(r'href="/(employer|office)/', page)

    def test_an_employer_gets_its_own_pages_and_no_ways_in(self):
        page = signed_in(MembershipFactory().user).get(reverse("public:help")).content.decode()
        assert f'href="{reverse("employer:roster")}"' in page
        assert f'href="{reverse("public:register")}"' not in page

    def test_links_follow_the_roles(self):
        page = signed_in(MembershipFactory(liaison=True).user).get(reverse("public:help")).content.decode()
        assert f'href="{reverse("employer:roster")}"' not in page

    def test_the_top_bar_leads_here(self):
        page = signed_in(MembershipFactory().user).get(reverse("employer:search")).content.decode()
        assert f'href="{reverse("public:help")}"' in page

    def test_questions_have_their_own_places(self):
        keys = [question.key for topic in presenter.TOPICS for question in topic.questions]
        assert len(keys) == len(set(keys))

    def test_every_page_it_names_is_of_a_menu_or_has_a_name(self):
        """A link is shown once its page exists; it must not be called by its route then."""
        pages = {page for step in presenter.STEPS for page in step.pages}
        pages |= {page for topic in presenter.TOPICS for question in topic.questions for page in question.pages}
        assert not [page for page in pages if presenter._label(page) == page]
        assert access.get_table().keys() & pages

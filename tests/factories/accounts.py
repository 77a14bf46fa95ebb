"""Branches, people and their places, and the actors they are."""

from __future__ import annotations

from datetime import UTC, datetime

import factory
from django.db import transaction
from factory.django import DjangoModelFactory

from huzhu.accounts.models import Branch, StaffPost, User
from huzhu.accounts.roles import APPLICANT
from huzhu.shared.actors import Actor, Side

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)  # a Monday, 12:00 in Shanghai
ALWAYS = datetime(
    2999, 1, 1, tzinfo=UTC
)  # a second factor that never grows stale, where a test is about something else
PASSWORD = "correct horse battery staple"


class BranchFactory(DjangoModelFactory):
    """An office. Plain: the province's. `BranchFactory(parent=province, level="city")` for those below."""

    class Meta:
        model = Branch

    parent = None
    level = "province"
    code = factory.Sequence(lambda n: f"B{n:04}")
    name = factory.Sequence(lambda n: f"代办处{n}")
    path = factory.Sequence(lambda n: f"new:{n}")

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with transaction.atomic():  # the path must be the tree's at commit
            branch = super()._create(model_class, *args, **kwargs)
            branch.path = f"{branch.parent.path if branch.parent else ''}{branch.pk}."
            branch.save(update_fields=["path"])
        return branch


class UserFactory(DjangoModelFactory):
    """An account of an employer's person with a password; `staff=True` for one of the association."""

    class Meta:
        model = User

    class Params:
        staff = factory.Trait(is_staff_account=True, login_name=factory.Sequence(lambda n: f"staff{n}"))
        without_password = factory.Trait(password="!none", password_changed_at=None)

    mobile = factory.Sequence(lambda n: f"139{n:08}")
    login_name = factory.SelfAttribute("mobile")
    name = factory.Sequence(lambda n: f"张{'一二三四五六七八九十'[n % 10]}")
    password = factory.django.Password(PASSWORD)
    created_at = NOON
    password_changed_at = NOON


class StaffPostFactory(DjangoModelFactory):
    """A staff member's place; traits name the role, e.g. `StaffPostFactory(registrar=True)`."""

    class Meta:
        model = StaffPost

    class Params:
        registrar = factory.Trait(roles=["registrar"])
        reviewer = factory.Trait(roles=["reviewer"])
        cashier = factory.Trait(roles=["cashier"])
        cashier_reviewer = factory.Trait(roles=["cashier_reviewer"])
        security_admin = factory.Trait(roles=["security_admin"])
        system_admin = factory.Trait(roles=["system_admin"])
        auditor = factory.Trait(roles=["auditor"])
        product_manager = factory.Trait(roles=["product_manager"])

    user = factory.SubFactory(UserFactory, staff=True)
    branch = factory.SubFactory(BranchFactory)
    roles = ["registrar"]


def office_actor(post: StaffPost) -> Actor:
    """The actor that a staff member is."""
    return Actor(
        user_id=post.user_id,
        name=post.user.name,
        person=post.user.mobile,
        side=Side.OFFICE,
        roles=frozenset(post.roles),
        branch_path=post.branch.path,
        proven_at=ALWAYS,
        former=frozenset(post.user.former_mobiles),
    )


def applicant(*, mobile: str = "13800138000", name: str = "李经办") -> Actor:
    """Somebody whose mobile was verified and who has no account."""
    return Actor(
        user_id=None,
        name=name,
        person=mobile,
        side=Side.PUBLIC,
        roles=frozenset({APPLICANT}),
        proven_at=ALWAYS,
    )

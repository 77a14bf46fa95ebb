"""Employers, their people, registrations and links."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from factory.django import DjangoModelFactory
from PIL import Image

from huzhu.employers import rules
from huzhu.employers.models import (
    LEGAL_DOCUMENT,
    BranchTransfer,
    ChangeRequest,
    Employer,
    EmployerVersion,
    GroupLink,
    HandOver,
    Invitation,
    JoinRequest,
    Membership,
    Registration,
)
from huzhu.employers.operations import Entry
from huzhu.employers.operations.versions import get_facts
from huzhu.shared import seals
from huzhu.shared.actors import Actor, Side
from huzhu.shared.identity.credit_code import check_character
from tests.factories.accounts import ALWAYS, NOON, BranchFactory, UserFactory
from tests.factories.flows import move


def credit_code(number: int) -> str:
    """A valid code for each number."""
    body = f"914401{number:011}"
    return body + check_character(body)


def resident_number(body: str = "44010619700101123") -> str:
    """A valid resident number from its first seventeen characters (GB 11643, MOD 11-2)."""
    weights = [2 ** (17 - at) % 11 for at in range(17)]
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def picture(name: str = "certificate.jpg") -> SimpleUploadedFile:
    """A small photograph, as somebody uploads it."""
    out = io.BytesIO()
    Image.new("RGB", (320, 200), (250, 240, 220)).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/jpeg")


class EmployerFactory(DjangoModelFactory):
    """An approved employer."""

    class Meta:
        model = Employer

    credit_code = factory.Sequence(credit_code)
    name = factory.Sequence(lambda n: f"广州第{n}机床厂")
    name_initials = factory.LazyAttribute(lambda o: "gz")
    name_bigrams = factory.LazyAttribute(lambda o: rules.bigrams(o.name))
    kind = "enterprise"
    branch = factory.SubFactory(BranchFactory)
    legal_representative = "王建国"
    address = "广州市越秀区东风中路1号"
    handler_name = "李经办"
    handler_mobile = factory.Sequence(lambda n: f"137{n:08}")
    headcount = 100
    women_headcount = 40
    approved_at = NOON


class MembershipFactory(DjangoModelFactory):
    """A person in an employer's account; plain: the owner with all roles. Traits for single roles."""

    class Meta:
        model = Membership

    class Params:
        handler = factory.Trait(roles=["handler"])
        finance = factory.Trait(roles=["finance"])
        liaison = factory.Trait(roles=["liaison"])
        viewer = factory.Trait(roles=["viewer"])

    user = factory.SubFactory(UserFactory)
    employer = factory.SubFactory(EmployerFactory)
    roles = ["owner", "handler", "liaison", "finance"]
    since = NOON


class RegistrationFactory(DjangoModelFactory):
    """A registration that waits for the registrar; `returned=True` with a reason at the name, `rejected=True`."""

    class Meta:
        model = Registration

    class Params:
        returned = factory.Trait(after=("returned", {"name": "与证书不一致"}))
        rejected = factory.Trait(after=("rejected", {}))

    credit_code = factory.Sequence(lambda n: credit_code(5_000_000 + n))
    name = factory.Sequence(lambda n: f"佛山市第{n}纺织厂")
    kind = "enterprise"
    branch = factory.SubFactory(BranchFactory)
    legal_representative = "王建国"
    legal_document_type = "resident_id"
    seal_id = factory.LazyFunction(uuid.uuid4)
    legal_document = factory.LazyAttribute(
        lambda o: seals.seal(resident_number(), place=LEGAL_DOCUMENT, seal_id=o.seal_id)
    )
    legal_document_masked = "4401**********1234"
    address = "佛山市禅城区祖庙路1号"
    handler_name = "李经办"
    handler_mobile = factory.Sequence(lambda n: f"136{n:08}")
    headcount = 100
    women_headcount = 40
    certificate_id = factory.LazyFunction(uuid.uuid4)
    submitted_at = NOON

    @classmethod
    def _create(cls, model_class, *args, after=None, **kwargs):
        registration = super()._create(model_class, *args, **kwargs)
        if after:
            state, registration.field_reasons = after
            move(registration, state, at=NOON)
        return registration


class JoinRequestFactory(DjangoModelFactory):
    """Somebody who asks to be let in."""

    class Meta:
        model = JoinRequest

    employer = factory.SubFactory(EmployerFactory)
    name = "陈小玲"
    mobile = factory.Sequence(lambda n: f"135{n:08}")
    asked_at = NOON


class InvitationFactory(DjangoModelFactory):
    """Somebody an owner has invited; open for seven days."""

    class Meta:
        model = Invitation

    employer = factory.SubFactory(EmployerFactory)
    name = "陈小玲"
    mobile = factory.Sequence(lambda n: f"134{n:08}")
    roles = ["handler"]
    invited_at = NOON
    sent_at = NOON
    expires_at = NOON + timedelta(days=7)


class HandOverFactory(DjangoModelFactory):
    """A hand-over offered by the handler; `by_form=True` for one whose stamped form waits for the registrar."""

    class Meta:
        model = HandOver

    class Params:
        by_form = factory.Trait(state="pending", form_id=factory.LazyFunction(uuid.uuid4), expires_at=None)

    employer = factory.SubFactory(EmployerFactory)
    former_name = factory.SelfAttribute("employer.handler_name")
    former_mobile = factory.SelfAttribute("employer.handler_mobile")
    name = "陈小玲"
    mobile = factory.Sequence(lambda n: f"133{n:08}")
    former_leaves = True
    state = "offered"
    asked_at = NOON
    asked_by_person = factory.SelfAttribute("mobile")
    expires_at = NOON + timedelta(days=14)


class ChangeRequestFactory(DjangoModelFactory):
    """An employer that has moved; waits for the registrar."""

    class Meta:
        model = ChangeRequest

    employer = factory.SubFactory(EmployerFactory)
    changes = factory.LazyAttribute(lambda o: {"address": [o.employer.address, "广州市天河区体育西路9号"]})
    asked_at = NOON
    asked_by_person = factory.SelfAttribute("employer.handler_mobile")


class BranchTransferFactory(DjangoModelFactory):
    """An employer that another branch is to receive; waits for its registrar."""

    class Meta:
        model = BranchTransfer

    employer = factory.SubFactory(EmployerFactory)
    from_branch = factory.SelfAttribute("employer.branch")
    to_branch = factory.SubFactory(BranchFactory)
    reason = "单位迁址"
    at_once = False
    asked_at = NOON
    asked_by_id = 1
    asked_by_name = "甲"
    asked_by_person = factory.Sequence(lambda n: f"132{n:08}")


class EmployerVersionFactory(DjangoModelFactory):
    """What holds about an employer since its approval."""

    class Meta:
        model = EmployerVersion

    employer = factory.SubFactory(EmployerFactory)
    since = NOON.date()
    facts = factory.LazyAttribute(lambda o: get_facts(o.employer))
    made_at = NOON


class GroupLinkFactory(DjangoModelFactory):
    """A link asked for by the head; `confirmed=True`."""

    class Meta:
        model = GroupLink

    class Params:
        confirmed = factory.Trait(then="confirmed")

    head = factory.SubFactory(EmployerFactory)
    subsidiary = factory.SubFactory(EmployerFactory)
    requested_by_head = True
    requested_at = NOON

    @classmethod
    def _create(cls, model_class, *args, then="", **kwargs):
        link = super()._create(model_class, *args, **kwargs)
        if then:
            link.decided_at = NOON
            move(link, then, at=NOON)
        return link


def employer_actor(membership: Membership) -> Actor:
    """The actor that a member of an employer's account is."""
    return Actor(
        user_id=membership.user_id,
        name=membership.user.name,
        person=membership.user.mobile,
        side=Side.EMPLOYER,
        roles=frozenset(membership.roles),
        employer_id=membership.employer_id,
        proven_at=ALWAYS,
    )


def entry(**changes: object) -> Entry:
    """A registration's fields as an applicant gives them; a saved branch is made unless `branch_id` is given."""
    values = {
        "credit_code": credit_code(77),
        "name": "广州市越秀区明光机械有限公司",
        "kind": "enterprise",
        "legal_representative": "王建国",
        "legal_document_type": "resident_id",
        "legal_document": resident_number(),
        "address": "广州市越秀区东风中路1号",
        "handler_name": "李经办",
        "headcount": 120,
        "women_headcount": 50,
        "certificate_id": uuid.uuid4(),
    } | changes
    if "branch_id" not in values:
        values["branch_id"] = BranchFactory().pk
    return Entry(**values)

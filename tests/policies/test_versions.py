"""第 N 版: every policy has its first, figures stay, and each version keeps its own people and paper."""

from __future__ import annotations

import uuid
from importlib import import_module

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.db.utils import Error

from huzhu.cli import doctor
from huzhu.policies import operations as policies
from huzhu.policies import papers, versions
from huzhu.policies.models import PolicyVersion
from huzhu.shared.actors import system_actor
from tests.factories import policies as make
from tests.factories.policies import LATER, NOON

pytestmark = pytest.mark.django_db


class TestFirst:
    def test_is_made_by_issuing_and_says_what_the_policy_says(self):
        policy = make.policy(members=3)
        [version] = versions.get_versions(policy=policy)
        assert (version.number, version.cause, version.application_id) == (1, "issued", policy.application_id)
        assert (version.added_count, version.member_count, version.removed_count, version.left_count) == (3, 3, 0, 0)
        assert version.contribution_amount == version.added_amount == policy.contribution_amount
        assert (version.coverage_start, version.coverage_end) == (policy.coverage_start, policy.coverage_end)

    def test_policies_of_before_get_it_by_the_migration(self):
        statement = import_module("huzhu.policies.migrations.0007_first_versions").FIRST_VERSIONS
        policy = make.confirmed(make.policy(members=2))
        fields = [field.attname for field in PolicyVersion._meta.concrete_fields if field.attname != "id"]
        [of_issue] = policy.versions.values(*fields)
        old = make.confirmed(make.policy(members=2))
        application = make.money.approved_application(owner=policy.employer, members=1)
        old.pk, old.number, old.verify_code, old.employer, old.application = (
            None,
            "BD1",
            "X",
            policy.employer,
            application,
        )
        old.document_id = uuid.uuid4()
        old.save(force_insert=True)
        for _ in range(2):  # again changes nothing
            with connection.cursor() as cursor:
                cursor.execute(statement)
        [made] = old.versions.values(*fields)
        differing = {name for name in fields if made[name] != of_issue[name]}
        assert differing <= {"policy_id", "application_id", "document_id", "sealed_confirmation_id"}
        assert (made["document_id"], made["application_id"]) == (old.document_id, application.pk)
        assert policy.versions.count() == 1

    def test_the_confirmation_stands_on_the_version_too(self):
        policy = make.confirmed(make.policy(members=1))
        assert versions.get_version(policy=policy).sealed_confirmation_id == policy.sealed_confirmation_id is not None

    def test_the_paper_of_a_version_is_kept_with_it(self):
        policy = make.policy(members=1)
        file = policies.make_document(policy_id=policy.pk, number=1, by=system_actor(), at=LATER)
        policy.refresh_from_db()
        assert versions.get_version(policy=policy, number=1).document_id == file.pk == policy.document_id
        with pytest.raises(PolicyVersion.DoesNotExist):
            policies.make_document(policy_id=policy.pk, number=2, by=system_actor(), at=LATER)


class TestStays:
    @pytest.mark.parametrize(
        "change", [{"member_count": 9}, {"number": 2}, {"contribution_amount": 1}, {"made_at": LATER}]
    )
    def test_figures_do_not_change(self, change):
        policy = make.policy(members=1)
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            policy.versions.update(**change)

    def test_rows_do_not_go(self):
        policy = make.policy(members=1)
        with pytest.raises(Error), transaction.atomic():
            policy.versions.all().delete()

    def test_no_number_stands_twice(self):
        policy = make.policy(members=1)
        version = policy.versions.get()
        version.pk = None
        with pytest.raises(IntegrityError), transaction.atomic():
            version.save(force_insert=True)

    def test_another_employers_application_makes_no_version(self):
        policy, other = make.policy(members=1), make.policy(members=1)
        version = policy.versions.get()
        version.pk, version.number, version.cause, version.application = None, 2, "members_added", other.application
        with pytest.raises(IntegrityError), transaction.atomic():
            version.save(force_insert=True)


class TestDoctor:
    def test_a_policy_that_is_not_its_latest_version_is_named(self):
        policy = make.policy(members=1)
        assert doctor.examine(at=NOON)["policy_is_its_latest_version"] == []
        type(policy).objects.filter(pk=policy.pk).update(member_count=2)
        assert doctor.examine(at=NOON)["policy_is_its_latest_version"] == [policy.number]


def test_the_first_paper_says_nothing_of_versions():
    paper = papers.describe_policy(policy=make.policy(members=1)).as_dict()
    assert (paper["version"], paper["changes"]) == ("1", [])

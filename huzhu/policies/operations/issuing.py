"""Issuing policies: one per plan of an application, made of its covers; and their papers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.audit import reveals
from huzhu.audit.reveals import Why
from huzhu.cover.models import Cover
from huzhu.documents import operations as documents
from huzhu.documents import typesetting
from huzhu.documents.association import sign_for_association
from huzhu.documents.models import FileKind, StoredFile
from huzhu.policies import papers, permissions, versions
from huzhu.policies.models import Policy, PolicyVersion
from huzhu.roster import queries as roster
from huzhu.shared import queue
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date
from huzhu.shared.check_characters import ALPHABET
from huzhu.shared.numbering import LARGEST_SEQUENCE, make_number

NUMBER_PREFIX = "BD"
VERIFY_CODE_LENGTH = 18  # of 31 unambiguous characters: 89 bits
DOCUMENT_TASK = "policies.make_document"
MOST_ON_DEMAND = typesetting.ROWS_IN_ONE_PIECE  # members whose paper is set while somebody waits


class ConfirmationRefused(Exception):
    """The file can not be the stamped confirmation of this policy; the words say what to do."""


class ReservedPolicy(NamedTuple):
    """The identity and number that a policy will have once its covers exist."""

    policy_id: int
    number: str


def reserve_policies(*, application_id: int, plan_ids: Iterable[int], at: datetime) -> dict[int, ReservedPolicy]:
    """
    This function will set aside an identity and a number for the policy of each plan of an application, by plan.

    Covers carry the identity before `issue_policies` writes the policies; a number that is not used in the end stays unused.
    """
    day = local_date(at)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT plan_id, nextval(pg_get_serial_sequence('policies_policy', 'id')), nextval('policies_policy_number') "
            "FROM unnest(%s::bigint[]) AS plan_id",
            [sorted(plan_ids)],
        )
        return {
            plan_id: ReservedPolicy(policy_id, make_number(NUMBER_PREFIX, day, running % (LARGEST_SEQUENCE + 1)))
            for plan_id, policy_id, running in cursor.fetchall()
        }


@transaction.atomic
def issue_policies(*, application_id: int, reserved: Mapping[int, ReservedPolicy], at: datetime) -> list[int]:
    """
    This function will write one policy per plan from the covers that carry its identity, and return the ids of those written.

    A plan without a single cover (everybody was left out) gets none.

    :raises django.db.IntegrityError: if the application has a policy of one of the plans already
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO policies_policy (id, number, employer_id, application_id, plan_id, plan_version_id, share_count,
                member_count, contribution_amount, coverage_start, coverage_end, issued_at, verify_code)
            SELECT reserved.id, reserved.number, min(cover.employer_id), %(application)s, cover.plan_id,
                min(cover.plan_version_id), min(cover.share_count), count(*), sum(cover.contribution_amount),
                min(cover.coverage_start), max(cover.coverage_end), %(at)s, reserved.verify_code
            FROM unnest(%(ids)s::bigint[], %(numbers)s::text[], %(codes)s::text[]) AS reserved (id, number, verify_code)
            JOIN cover_cover AS cover ON cover.policy_id = reserved.id AND cover.application_id = %(application)s
            GROUP BY reserved.id, reserved.number, reserved.verify_code, cover.plan_id
            RETURNING id
            """,
            {
                "application": application_id,
                "at": at,
                "ids": [policy.policy_id for policy in reserved.values()],
                "numbers": [policy.number for policy in reserved.values()],
                "codes": [make_verify_code() for _ in reserved],
            },
        )
        issued = [row[0] for row in cursor.fetchall()]
        cursor.execute(FIRST_VERSIONS, [issued])
    for policy_id in issued:
        queue.defer(DOCUMENT_TASK, policy_id=policy_id, number=1)
    return issued


FIRST_VERSIONS = """
INSERT INTO policies_policyversion (policy_id, number, cause, application_id, effective_on, added_count, removed_count,
    member_count, left_count, added_amount, contribution_amount, coverage_start, coverage_end, made_at)
SELECT id, 1, 'issued', application_id, coverage_start, member_count, 0, member_count, 0, contribution_amount,
    contribution_amount, coverage_start, coverage_end, issued_at
FROM policies_policy WHERE id = ANY (%s::bigint[])
"""


def queue_document(version: PolicyVersion) -> None:
    """This function will have the paper of a version made."""
    queue.defer(DOCUMENT_TASK, policy_id=version.policy_id, number=version.number)


def make_document(*, policy_id: int, by: Actor, at: datetime, number: int | None = None) -> StoredFile:
    """
    This function will set and sign the e-policy of a version and keep it; where it is there already, it is given as it is.

    Setting takes its time and holds no lock; of two that work at once the first one's paper stays.

    :param number: of the version; the latest where none is named
    :raises Policy.DoesNotExist: if there is no such policy
    :raises PolicyVersion.DoesNotExist: if it has no such version
    """
    policy = Policy.objects.select_related("employer", "application", "plan", "plan_version").get(pk=policy_id)
    version = versions.get_version(policy=policy, number=number)
    if version.document_id:
        return StoredFile.objects.get(pk=version.document_id)
    pdf = sign_for_association(pdf=papers.make_policy_pdf(policy=policy, version=version), reason="签发电子保单", at=at)
    return _keep_document(version, pdf, by=by, at=at)


@transaction.atomic
def _keep_document(version: PolicyVersion, pdf: bytes, *, by: Actor, at: datetime) -> StoredFile:
    policy = lock_policy(version.policy_id)
    version = versions.get_version(policy=policy, number=version.number)
    if version.document_id:
        return StoredFile.objects.get(pk=version.document_id)
    file = documents.store_bytes(
        content=pdf,
        name=f"电子保单{policy.number}{get_suffix(version)}.pdf",
        kind=FileKind.POLICY,
        media_type="application/pdf",
        employer_id=policy.employer_id,
        by=by,
        at=at,
    )
    version.document_id = file.pk
    version.save(update_fields=["document_id"])
    if not policy.versions.filter(number__gt=version.number).exists():
        policy.document_id = file.pk
        policy.save(update_fields=["document_id"])
    audit.record(
        "policies.make_document", label="生成电子保单", subject=policy, by=by, at=at, details={"版次": version.number}
    )
    return file


def get_suffix(version: PolicyVersion) -> str:
    """This function will give what the name of a version's file ends with: nothing for the first."""
    return f"第{version.number}版" if version.number > 1 else ""


@transaction.atomic
def attach_confirmation(*, policy_id: int, file_id: UUID, by: Actor, at: datetime) -> Policy:
    """
    This function will take the employer's stamped 参保确认书 for a policy, in the place of an earlier one.

    :param file_id: a stored file of the kind `sealed_confirmation`
    :raises permissions.NotPermitted: if somebody else than the employer's payers sends it
    :raises ConfirmationRefused: if the file is none of this employer's confirmations
    """
    policy = lock_policy(policy_id)
    permissions.check(by, "policy.confirm", policy)
    file = StoredFile.objects.filter(
        pk=file_id, kind=FileKind.SEALED_CONFIRMATION, employer_id=policy.employer_id
    ).first()
    if file is None:
        raise ConfirmationRefused("没有找到上传的参保确认书，请重新上传。")
    before, policy.sealed_confirmation_id = policy.sealed_confirmation_id, file.pk
    policy.save(update_fields=["sealed_confirmation_id"])
    version = versions.get_version(policy=policy)
    version.sealed_confirmation_id = file.pk
    version.save(update_fields=["sealed_confirmation_id"])
    audit.record(
        "policies.attach_confirmation",
        label="重新上传盖章参保确认书" if before else "上传盖章参保确认书",
        subject=policy,
        by=by,
        at=at,
        details={"file": str(file.pk), "before": str(before or "")},
    )
    return policy


def lock_policy(policy_id: int) -> Policy:
    """This function will lock a policy: its versions are made, and its papers kept, one after the other."""
    return Policy.objects.select_for_update(of=("self",)).get(pk=policy_id)


def make_verify_code() -> str:
    """This function will draw the code that opens a policy's public check page: nobody can guess it or misread it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(VERIFY_CODE_LENGTH))


@transaction.atomic
def reveal_number(*, cover_id: int, why: Why, by: Actor, at: datetime) -> str:
    """
    This function will give the full number that a policy's list of people shows masked, after writing down who looked and why.

    :raises permissions.NotPermitted: if the actor may not see full numbers of this policy's people
    :raises reveals.RevealRefused: without a reason, after too many looks, or if the employer does not know the number any more
    """
    cover = Cover.objects.get(pk=cover_id)
    found = Policy.objects.select_related("employer__branch").get(
        pk=cover.policy_id or 0
    )  # cover of the old system has none
    permissions.check(by, "policy.reveal", found)
    document = roster.get_known_document(
        employer_id=found.employer_id, worker_id=cover.worker_id, masked=cover.number_masked
    )
    if document is None:
        raise reveals.RevealRefused(reveals.NOT_KNOWN)
    label, details = "查看被保障人完整证件号码", {"policy": found.number}
    reveals.note("policy.reveal", subject=cover, field="document", why=why, by=by, at=at, label=label, details=details)
    return document.reveal()

"""Issuing policies: one per plan of an application, made of its covers; their papers; and answering who checks one."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
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
from huzhu.policies import papers, permissions, rules
from huzhu.policies.models import CheckAttempt, Policy, RenewalReminder, RenewedPolicy
from huzhu.policies.renewals import Unrenewed
from huzhu.roster import queries as roster
from huzhu.roster.models import WorkerDocument
from huzhu.shared import locks, queue
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import ONE_DAY, local_date
from huzhu.shared.check_characters import ALPHABET
from huzhu.shared.identity.names import normalise_name
from huzhu.shared.numbering import LARGEST_SEQUENCE, make_number

NUMBER_PREFIX = "BD"
VERIFY_CODE_LENGTH = 18  # of 31 unambiguous characters: 89 bits
DOCUMENT_TASK = "policies.make_document"
MOST_ON_DEMAND = typesetting.ROWS_IN_ONE_PIECE  # members whose paper is set while somebody waits
MOST_CHECKS_PER_ADDRESS = 30  # an hour; offices share an address
MOST_CHECKS_PER_SUBJECT = 60  # an hour
CHECKS_KEPT = timedelta(days=1)
MOST_NAMESAKES = 50


class ConfirmationRefused(Exception):
    """The file can not be the stamped confirmation of this policy; the words say what to do."""


class TooManyChecks(Exception):
    """Somebody asks the public check page too often; the words say when to try again."""


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
    for policy_id in issued:
        queue.defer(DOCUMENT_TASK, policy_id=policy_id)
    return issued


def make_document(*, policy_id: int, by: Actor, at: datetime) -> StoredFile:
    """
    This function will set and sign the e-policy and keep it; where it is there already, it is given as it is.

    Setting takes its time and holds no lock; of two that work at once the first one's paper stays.

    :raises Policy.DoesNotExist: if there is no such policy
    """
    policy = Policy.objects.select_related("employer", "application", "plan", "plan_version").get(pk=policy_id)
    if policy.document_id:
        return StoredFile.objects.get(pk=policy.document_id)
    pdf = sign_for_association(pdf=papers.make_policy_pdf(policy=policy), reason="签发电子保单", at=at)
    return _keep_document(policy_id, pdf, by=by, at=at)


@transaction.atomic
def _keep_document(policy_id: int, pdf: bytes, *, by: Actor, at: datetime) -> StoredFile:
    policy = _lock(policy_id)
    if policy.document_id:
        return StoredFile.objects.get(pk=policy.document_id)
    file = documents.store_bytes(
        content=pdf,
        name=f"电子保单{policy.number}.pdf",
        kind=FileKind.POLICY,
        media_type="application/pdf",
        employer_id=policy.employer_id,
        by=by,
        at=at,
    )
    policy.document_id = file.pk
    policy.save(update_fields=["document_id"])
    audit.record("policies.make_document", label="生成电子保单", subject=policy, by=by, at=at)
    return file


@transaction.atomic
def attach_confirmation(*, policy_id: int, file_id: UUID, by: Actor, at: datetime) -> Policy:
    """
    This function will take the employer's stamped 参保确认书 for a policy, in the place of an earlier one.

    :param file_id: a stored file of the kind `sealed_confirmation`
    :raises permissions.NotPermitted: if somebody else than the employer's payers sends it
    :raises ConfirmationRefused: if the file is none of this employer's confirmations
    """
    policy = _lock(policy_id)
    permissions.check(by, "policy.confirm", policy)
    file = StoredFile.objects.filter(
        pk=file_id, kind=FileKind.SEALED_CONFIRMATION, employer_id=policy.employer_id
    ).first()
    if file is None:
        raise ConfirmationRefused("没有找到上传的参保确认书，请重新上传。")
    before, policy.sealed_confirmation_id = policy.sealed_confirmation_id, file.pk
    policy.save(update_fields=["sealed_confirmation_id"])
    audit.record(
        "policies.attach_confirmation",
        label="重新上传盖章参保确认书" if before else "上传盖章参保确认书",
        subject=policy,
        by=by,
        at=at,
        details={"file": str(file.pk), "before": str(before or "")},
    )
    return policy


def check_member(*, policy: Policy, name: str, last_four: str, address: str, at: datetime) -> bool:
    """
    This function will tell anybody who holds a policy whether a person of this name, with a document that ends so, is on it; no
    more than yes or no. The numbers are opened for comparing and leave nowhere.

    :raises TooManyChecks: if the address or about this policy somebody has asked too often
    """
    count_check(subject=policy.number, address=address, at=at)
    ending = last_four.strip().upper()
    named = WorkerDocument.objects.filter(
        worker__covers__policy_id=policy.pk, worker__covers__name=normalise_name(name)
    ).distinct()
    return len(ending) == 4 and any(
        document.reveal().upper().endswith(ending) for document in named.order_by("pk")[:MOST_NAMESAKES]
    )


def note_renewal(*, application_id: int, policy_ids: Sequence[int], by: Actor, at: datetime) -> None:
    """
    This function will keep which policies an application was begun to renew, in the caller's transaction.
    """
    renewed = RenewedPolicy.objects.bulk_create(
        [RenewedPolicy(application_id=application_id, policy_id=pk) for pk in sorted(set(policy_ids))]
    )
    for row in renewed:
        audit.record(
            "policies.renew", label="续保", subject=row.policy, by=by, at=at, details={"申请": row.application.number}
        )


def note_reminders(*, unrenewed: Iterable[Unrenewed], by: Actor, at: datetime) -> list[Unrenewed]:
    """
    This function will keep which reminders are due today, in the caller's transaction, and give those that were not sent before.
    """
    day = local_date(at)
    due = []
    for row in unrenewed:
        days = rules.get_reminder(ends_on=row.ends_on, day=day)
        if days is None:
            continue
        reminder, is_new = RenewalReminder.objects.get_or_create(
            policy_id=row.policy_id,
            coverage_end=row.ends_on,
            days_before=days,
            defaults={"people": row.people, "reminded_at": at},
        )
        if is_new:
            details = {"到期日": str(row.ends_on - ONE_DAY), "人数": row.people}
            audit.record("policies.remind", label="提醒续保", subject=reminder.policy, by=by, at=at, details=details)
            due.append(row)
    return due


@transaction.atomic
def count_check(*, subject: str, address: str, at: datetime) -> None:
    """
    This function will count one question asked on the public check page and forget those older than a day.

    :raises TooManyChecks: if the address, or everybody together about this subject, has asked too often within the hour
    """
    locks.lock("public-check", "address", address)
    locks.lock("public-check", "subject", subject)
    recent = CheckAttempt.objects.filter(asked_at__gt=at - timedelta(hours=1))
    if recent.filter(address=address[:45]).count() >= MOST_CHECKS_PER_ADDRESS:
        raise TooManyChecks("当前网络核验过于频繁，请一小时后再试，或联系所属代办处核实。")
    if recent.filter(subject=subject).count() >= MOST_CHECKS_PER_SUBJECT:
        raise TooManyChecks("核验次数过多，请一小时后再试，或联系所属代办处核实。")
    CheckAttempt.objects.filter(asked_at__lte=at - CHECKS_KEPT).delete()
    CheckAttempt.objects.create(subject=subject, address=address[:45], asked_at=at)


def _lock(policy_id: int) -> Policy:
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

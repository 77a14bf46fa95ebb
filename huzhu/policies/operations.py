"""Issuing policies: one per plan of an application, made of its covers."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction

from huzhu.shared.calendar import local_date
from huzhu.shared.check_characters import ALPHABET
from huzhu.shared.numbering import LARGEST_SEQUENCE, make_number

NUMBER_PREFIX = "BD"
VERIFY_CODE_LENGTH = 18  # of 31 unambiguous characters: 89 bits


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
        return [row[0] for row in cursor.fetchall()]


def make_verify_code() -> str:
    """This function will draw the code that opens a policy's public check page: nobody can guess it or misread it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(VERIFY_CODE_LENGTH))

"""Taking over lists of old policies that come as files: all or nothing, and the same list again changes nothing."""

from __future__ import annotations

import io
from datetime import datetime

import polars as pl
from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.cover import permissions
from huzhu.cover.models import PastPolicy, PastPolicyImport, PastPolicyMember
from huzhu.cover.past_files import apart
from huzhu.cover.past_files.form import error
from huzhu.plans.models import PlanVersion
from huzhu.roster.merge import DOCUMENT_PURPOSE
from huzhu.shared import locks, seals
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import local_date

Errors = list[dict[str, object]]
_MOST_ERRORS = 20_000
_COPY = "COPY cover_pastpolicymember (past_policy_id, fingerprint, name, number_masked, share_count) FROM STDIN WITH (FORMAT csv)"


@transaction.atomic
def import_past_policies(*, content: bytes, file_name: str, by: Actor, at: datetime) -> PastPolicyImport:
    """
    This function will take over the policies of a list with their people and return the import; with any error in it nothing is
    taken over and the import tells all of them. What is known already, with the same facts and people, is counted as known.

    :raises permissions.NotPermitted: if the actor is no registrar of the whole association
    :raises UploadRefused: if the file cannot be read as a list of policies
    """
    permissions.check(by, "past_policy.import", None)
    listed = apart.read_apart(content=content, file_name=file_name, today=local_date(at))
    return take_over(listed, file_name=file_name, by=by, at=at)


def take_over(listed: apart.PastList, *, file_name: str, by: Actor, at: datetime) -> PastPolicyImport:
    """
    This function will take over what was read of a list, under the check of who gave it in.
    """
    locks.lock("past_policies")
    rows, errors = _with_plans(listed.rows)
    rows = rows.with_columns(
        fingerprint=pl.Series(
            [str(each) for each in seals.fingerprint_many(rows["comparison_key"].to_list(), purpose=DOCUMENT_PURPOSE)],
            dtype=pl.String,
        )
    )
    policies = rows.unique("number", keep="first", maintain_order=True)
    known, differing = _compare(policies, rows)
    errors = [*listed.errors.iter_rows(named=True), *errors, *differing]
    new = policies.filter(~pl.col("number").is_in(list(known)))
    people = 0 if errors else _load(new, rows, at=at)
    done = PastPolicyImport.objects.create(
        file_name=file_name[-200:],
        rows=listed.read,
        policies=0 if errors else new.height,
        people=people,
        known=len(known),
        failed=len({each["row"] for each in errors}),
        errors=sorted(errors, key=lambda each: int(str(each["row"])))[:_MOST_ERRORS],
        uploaded_at=at,
        uploaded_by_id=by.user_id,
        uploaded_by_name=by.name,
    )
    audit.record(
        "cover.import_past_policies",
        label="导入历史保单",
        subject=done,
        by=by,
        at=at,
        result="refused" if errors else "done",
        details={"rows": done.rows, "policies": done.policies, "people": done.people, "known": done.known}
        | {"failed": done.failed},
    )
    return done


def _with_plans(rows: pl.DataFrame) -> tuple[pl.DataFrame, Errors]:
    """Each row with the version of its plan that was valid when the cover began, else its oldest; unknown plans are errors."""
    versions: dict[str, list[PlanVersion]] = {}
    for version in PlanVersion.objects.select_related("plan").order_by("plan_id", "version"):
        for name in {version.plan.code.upper(), str(version.plan), version.plan.name}:
            versions.setdefault(name, []).append(version)
    chosen: list[int | None] = []
    errors: Errors = []
    for row, plan, start, shares in rows.select("excel_row", "plan", "start", "shares").iter_rows():
        found = versions.get(plan) or versions.get(plan.upper())
        if found is None or len({version.plan_id for version in found}) > 1:
            message = "没有这个保障计划" if found is None else "有几个同名的保障计划"
            errors.append(error(row, "plan", plan, message, "请填写“保障计划”页列出的计划代码，如 MED06-A"))
            chosen.append(None)
            continue
        valid = [each for each in found if each.valid_from is None or each.valid_from <= start]
        version = valid[-1] if valid else found[0]
        if shares > version.max_shares:
            told = f"份数超过该计划每人上限 {version.max_shares} 份"
            errors.append(error(row, "shares", str(shares), told, "请核对份数"))
        chosen.append(version.pk)
    return rows.with_columns(version=pl.Series(chosen, dtype=pl.Int64)), errors


def _compare(policies: pl.DataFrame, rows: pl.DataFrame) -> tuple[set[str], Errors]:
    """The numbers that are known already, and those of them about which the list says something else."""
    found = PastPolicy.objects.in_bulk(policies["number"].to_list(), field_name="number")
    members: dict[int, set[tuple[str, int]]] = {policy.pk: set() for policy in found.values()}
    for policy_id, fingerprint, shares in PastPolicyMember.objects.filter(past_policy__in=list(members)).values_list(
        "past_policy_id", "fingerprint", "share_count"
    ):
        members[policy_id].add((str(fingerprint), shares))
    listed: dict[str, set[tuple[str, int]]] = {number: set() for number in found}
    again = rows.filter(pl.col("number").is_in(list(found)))
    for number, fingerprint, shares in again.select("number", "fingerprint", "shares").iter_rows():
        listed[number].add((fingerprint, shares))
    errors = []
    fields = ("excel_row", "number", "holder_name", "credit_code", "version", "start", "end")
    for row, number, *facts in policies.filter(pl.col("number").is_in(list(found))).select(fields).iter_rows():
        old = found[number]
        before = [old.holder_name, old.holder_credit_code, old.plan_version_id, old.coverage_start, old.coverage_end]
        if facts != before or listed[number] != members[old.pk]:
            told = "该保单已录入，单位、计划、日期或人员与已录入的不同"
            remedy = "已录入的保单不能改动；请从文件中删去该保单，确需更正的联系系统管理员"
            errors.append(error(row, "number", number, told, remedy))
    return set(found), errors


def _load(policies: pl.DataFrame, rows: pl.DataFrame, *, at: datetime) -> int:
    """Write the new policies and their people; two statements, however many there are."""
    made = PastPolicy.objects.bulk_create(
        [
            PastPolicy(
                number=row["number"],
                plan_version_id=row["version"],
                holder_name=row["holder_name"],
                holder_credit_code=row["credit_code"],
                coverage_start=row["start"],
                coverage_end=row["end"],
                recorded_at=at,
            )
            for row in policies.iter_rows(named=True)
        ],
        batch_size=5_000,
    )
    ids = pl.DataFrame(
        {"number": [each.number for each in made], "policy": [each.pk for each in made]},
        schema={"number": pl.String, "policy": pl.Int64},
    )
    people = rows.join(ids, on="number").select("policy", "fingerprint", "name", "number_masked", "shares")
    buffer = io.BytesIO()
    people.write_csv(buffer, include_header=False)
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(buffer.getvalue())
    return people.height

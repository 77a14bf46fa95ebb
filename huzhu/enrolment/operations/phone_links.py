"""手机扫码上传: a signed, short-lived address that puts files from a phone into one proof slot, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction

from huzhu.audit import operations as audit
from huzhu.employers.models import Membership
from huzhu.enrolment.models import PhoneLink, ProofFile, ProofSlot
from huzhu.enrolment.operations.flow import lock, lock_editable
from huzhu.enrolment.operations.proofs import FileUnknown, add_proof_file
from huzhu.enrolment.rules import MOST_PHONE_FILES, MOST_PHONE_LINKS_AN_HOUR, MOST_PHONE_TRIES, PHONE_LINK_MINUTES
from huzhu.enrolment.states import ProofKind
from huzhu.shared.actors import Actor, Side

SALT = "enrolment.phone_link"


class PhoneLinkForged(Exception):
    """Nobody was ever given this address."""


class PhoneLinkOver(Exception):
    """The address was good once; the message says why it is no more, and what to do."""


class TooManyPhoneLinks(Exception):
    """Somebody opens QR codes without end."""


def get_token(link: PhoneLink) -> str:
    """
    This function will give what stands in the address: the link's id, signed.
    """
    return signing.Signer(salt=SALT).sign(link.pk.hex)


@transaction.atomic
def open_phone_link(*, application_id: int, kind: str, by: Actor, at: datetime) -> PhoneLink:
    """
    This function will open a proof slot for a phone for a few minutes; an earlier link of the same person to it ends.

    :raises FileUnknown: if the application asks for no such proof
    :raises TooManyPhoneLinks: if this person has opened too many within the hour
    :raises NotEditable: if the application may not be changed now
    :raises permissions.NotPermitted: if this person may not change it
    """
    application = lock_editable(application_id, by=by)
    assert by.user_id is not None, "only people with an account have a phone"
    if not ProofSlot.objects.filter(application=application, kind=kind).exists():
        raise FileUnknown("这份申请目前不需要这项材料，请刷新页面。")
    own = PhoneLink.objects.filter(opened_by_id=by.user_id)
    if own.filter(opened_at__gt=at - timedelta(hours=1)).count() >= MOST_PHONE_LINKS_AN_HOUR:
        raise TooManyPhoneLinks("一小时内生成的二维码过多，请稍后再试，或直接在电脑上选择文件上传。")
    own.filter(application=application, kind=kind, closed_at__isnull=True).update(closed_at=at)
    link = PhoneLink.objects.create(
        application=application,
        kind=kind,
        submission=application.submission_count,
        opened_at=at,
        opened_by_id=by.user_id,
        expires_at=at + timedelta(minutes=PHONE_LINK_MINUTES),
    )
    details = {"kind": ProofKind(kind).label, "until": str(link.expires_at)}
    audit.record(
        "enrolment.open_phone_link", subject=application, by=by, at=at, label="生成手机上传二维码", details=details
    )
    return link


def find_phone_link(*, token: str, at: datetime) -> PhoneLink:
    """
    This function will find the link behind an address, if it still opens.

    :raises PhoneLinkForged: if the signature is not ours
    :raises PhoneLinkOver: if its time is over
    """
    try:
        link_id = UUID(signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise PhoneLinkForged from error
    link = PhoneLink.objects.select_related("application").filter(pk=link_id).first()
    if link is None:
        raise PhoneLinkForged
    check_open(link, at=at)
    return link


def check_open(link: PhoneLink, *, at: datetime) -> None:
    """
    This function will pass a link that still opens its slot.

    :raises PhoneLinkOver: otherwise
    """
    application = link.application
    if at >= link.expires_at or link.closed_at is not None:
        raise PhoneLinkOver("二维码已失效。请在电脑上重新生成后再扫。")
    if not application.is_editable or application.submission_count != link.submission:
        raise PhoneLinkOver("申请已提交或已不能修改，这个二维码随之失效。")
    if link.try_count >= MOST_PHONE_TRIES or link.file_count >= MOST_PHONE_FILES:
        raise PhoneLinkOver("这个二维码上传的次数已用完。请在电脑上重新生成后再扫。")


@transaction.atomic
def count_phone_try(*, link: PhoneLink, at: datetime) -> None:
    """
    This function will count an upload before it is looked at, so that refused ones count as well.

    :raises PhoneLinkOver: if the link does not open any more
    """
    locked = PhoneLink.objects.select_for_update(of=("self",)).select_related("application").get(pk=link.pk)
    check_open(locked, at=at)
    locked.try_count += 1
    locked.save(update_fields=["try_count"])


@transaction.atomic
def add_phone_file(*, link_id: UUID, file_id: UUID, by: Actor, at: datetime) -> ProofFile:
    """
    This function will put one stored file into the slot of a link.

    :raises PhoneLinkOver: if the link does not open any more, also because its application was just submitted
    :raises FileUnknown: if the file is not one of the employer's
    :raises permissions.NotPermitted: if who opened the link may not change the application any more
    """
    lock(PhoneLink.objects.values_list("application_id", flat=True).get(pk=link_id))
    link = PhoneLink.objects.select_for_update(of=("self",)).select_related("application").get(pk=link_id)
    check_open(link, at=at)
    proof = add_proof_file(application_id=link.application_id, kind=link.kind, file_id=file_id, by=by, at=at)
    link.file_count += 1
    link.save(update_fields=["file_count"])
    return proof


def get_phone_actor(*, link: PhoneLink, address: str, device: str) -> Actor:
    """
    This function will give the actor behind a phone: who opened the link, with the roles of now, at the phone's address.

    :raises PhoneLinkOver: if they have left the account
    """
    employer_id = link.application.employer_id
    found = Membership.objects.select_related("user").filter(
        user_id=link.opened_by_id, employer_id=employer_id, ended_at__isnull=True, user__is_active=True
    )
    if (membership := found.first()) is None:
        raise PhoneLinkOver("生成二维码的人员已不是该单位账号的成员，二维码失效。")
    user = membership.user
    return Actor(
        user_id=user.pk,
        name=f"{user.name}（手机扫码）",
        person=user.mobile,
        side=Side.EMPLOYER,
        roles=frozenset(membership.roles),
        employer_id=employer_id,
        address=address,
        device=device,
    )

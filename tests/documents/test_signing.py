"""Signatures of papers: they verify offline, name their moment and reason, and break when a byte changes."""

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from asn1crypto import pem
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from huzhu.documents import signing, typesetting
from tests.documents import samples

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def identity():
    return signing.make_demo_certificate(name="广东省职工保障互助会（演示）", at=NOON)


@pytest.fixture
def pdf():
    out = io.BytesIO()
    document = pikepdf.new()
    document.add_blank_page()
    document.save(out)
    return out.getvalue()


def _sign(pdf, identity, at=NOON):
    key, certificate = identity
    return signing.sign(pdf=pdf, reason="签发电子保单", at=at, key_pem=key, certificate_pem=certificate)


def _status(pdf, certificate_pem):
    roots = [Certificate.load(pem.unarmor(certificate_pem)[2])] if certificate_pem else []
    context = ValidationContext(trust_roots=roots, allow_fetching=False, moment=NOON)
    [signature] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    return signature, validate_pdf_signature(signature, context)


def test_verifies_with_the_own_trust_root(pdf, identity):
    signature, status = _status(_sign(pdf, identity), identity[1])

    assert status.bottom_line
    assert status.intact
    assert status.trusted
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_carries_the_moment_and_the_reason(pdf, identity):
    signature, status = _status(_sign(pdf, identity), identity[1])

    assert status.signer_reported_dt == NOON
    assert signature.sig_object["/Reason"] == "签发电子保单"
    assert signature.sig_object["/Name"] == "广东省职工保障互助会（演示）"


def test_is_not_trusted_under_another_root(pdf, identity):
    other = signing.make_demo_certificate(name="另一家", at=NOON)

    _, status = _status(_sign(pdf, identity), other[1])

    assert status.intact
    assert not status.trusted


def test_breaks_when_a_byte_changes(pdf, identity):
    signed = _sign(pdf, identity)
    changed = signed.replace(b"/MediaBox", b"/MadiaBox", 1)
    assert changed != signed

    _, status = _status(changed, identity[1])

    assert not status.intact
    assert not status.bottom_line


def test_a_later_change_is_not_allowed(pdf, identity):
    out = io.BytesIO(_sign(pdf, identity))
    writer = IncrementalPdfFileWriter(out)
    writer.root["/PageMode"] = generic.NameObject("/FullScreen")
    writer.update_root()
    writer.write_in_place()

    _, status = _status(out.getvalue(), identity[1])

    assert not status.bottom_line


def test_refuses_a_moment_without_time_zone(pdf, identity):
    with pytest.raises(signing.SigningTimeNotAware):
        _sign(pdf, identity, at=NOON.replace(tzinfo=None))


def test_refuses_a_text_without_certificate(pdf, identity):
    with pytest.raises(ValueError, match=r"[Cc]ertificate"):
        _sign(pdf, (identity[0], identity[0]))


def test_a_policy_set_in_parts_can_be_signed(identity):
    policy = typesetting.typeset_in_parts(
        template="policy", content=samples.policy(400).as_dict(), made_on=samples.MADE_ON
    )

    _, status = _status(_sign(policy, identity), identity[1])

    assert status.bottom_line

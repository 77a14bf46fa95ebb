"""Electronic signatures on the society's papers: PAdES, verified by any PDF reader that trusts the certificate."""

import io
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import pem
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_signer import PdfSigner, PdfSigningSession
from pyhanko_certvalidator.registry import SimpleCertificateStore

FIELD_NAME = "HuzhuSignature"


class SigningTimeNotAware(ValueError):
    """The moment of signing came without a time zone."""


def sign(*, pdf: bytes, reason: str, at: datetime, key_pem: bytes, certificate_pem: bytes) -> bytes:
    """
    Sign a PDF invisibly (PAdES-B-B, SHA-256) and certify it: any later change breaks the signature. `certificate_pem`
    holds the signer's certificate first and may hold its issuers after it.

    :raises SigningTimeNotAware: if `at` has no time zone
    :raises ValueError: if key or certificate cannot be read
    """
    if at.tzinfo is None:
        raise SigningTimeNotAware(f"{at} has no time zone")
    certificate, *issuers = _certificates(certificate_pem)
    signer = signers.SimpleSigner(
        signing_cert=certificate, signing_key=_key(key_pem), cert_registry=SimpleCertificateStore.from_certs(issuers)
    )
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        name=certificate.subject.native.get("common_name"),
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    return _SignerAt(meta, signer, at=at).sign_pdf(writer).getvalue()


def make_demo_certificate(*, name: str, at: datetime, days: int = 3650) -> tuple[bytes, bytes]:
    """
    Make a key and a self-signed certificate for demonstrations, valid for `days` from the day before `at` on.
    Returns both as PEM, key first; the key is not encrypted, so keep it out of real use.
    """
    start = at - timedelta(days=1)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_signing_only(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)


class _SignerAt(PdfSigner):
    """Signs with the given moment as the time of signing, where PdfSigner itself would read the clock."""

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = at

    def init_signing_session(self, *args: Any, **kwargs: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self._at
        return session


def _certificates(pem_bytes: bytes) -> list[Certificate]:
    found = [Certificate.load(der) for kind, _, der in pem.unarmor(pem_bytes, multiple=True) if kind == "CERTIFICATE"]
    if not found:
        raise ValueError("no certificate in the PEM text")
    return found


def _key(pem_bytes: bytes) -> PrivateKeyInfo:
    """Read an unencrypted private key in any of the usual PEM forms."""
    key = serialization.load_pem_private_key(pem_bytes, password=None)
    return PrivateKeyInfo.load(
        key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _signing_only() -> x509.KeyUsage:
    """A certificate that signs documents and nothing else."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )

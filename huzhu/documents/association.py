"""The association's own electronic signature: with the key named in the settings, else, in the demo, with one made for it."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DEMO_FILE = "signing.pem"


class Identity(NamedTuple):
    """A private key and its certificate, both PEM; the certificate may be followed by its issuers."""

    key_pem: bytes
    certificate_pem: bytes


def sign_for_association(*, pdf: bytes, reason: str, at: datetime) -> bytes:
    """
    This function will sign a PDF as the association; without a configured key, outside the demo, it comes back as it was.

    :param reason: what the signature is for, shown by PDF readers, e.g. 签发电子保单
    :raises ImproperlyConfigured: if the settings name a key without a certificate or the other way round
    :raises OSError: if a named file can not be read
    """
    identity = get_identity(at=at)
    if identity is None:
        return pdf
    # Not at the top: reading pyHanko in takes longer than most pages, and only few acts sign.
    from huzhu.documents import signing

    return signing.sign(
        pdf=pdf, reason=reason, at=at, key_pem=identity.key_pem, certificate_pem=identity.certificate_pem
    )


def get_identity(*, at: datetime) -> Identity | None:
    """
    This function will read the association's key and certificate; None where papers go out unsigned.

    :raises ImproperlyConfigured: if the settings name a key without a certificate or the other way round
    """
    key, certificate = settings.SIGNING_KEY_FILE, settings.SIGNING_CERTIFICATE_FILE
    if bool(key) != bool(certificate):
        raise ImproperlyConfigured("HUZHU_SIGNING_KEY and HUZHU_SIGNING_CERTIFICATE are named together or not at all.")
    if key:
        return Identity(Path(key).read_bytes(), Path(certificate).read_bytes())
    return _get_demo_identity(at=at) if settings.DEMO else None


def _get_demo_identity(*, at: datetime) -> Identity:
    """A self-signed identity, made once per checkout; key and certificate share one file, so that they always belong together."""
    path = Path(settings.VAR) / "demo-keys" / DEMO_FILE
    if not path.exists():
        from huzhu.documents import signing

        key, certificate = signing.make_demo_certificate(name=f"{settings.ASSOCIATION_NAME}（演示）", at=at)
        _write_once(path, key + certificate)
    both = path.read_bytes()
    return Identity(both, both)


def _write_once(path: Path, content: bytes) -> None:
    """Whole or not at all, and never over what another process wrote first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

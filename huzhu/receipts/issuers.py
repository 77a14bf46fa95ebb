"""The one interface to whoever gives receipts their numbers (the finance platform), and the local issuer that stands in for it."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Protocol

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from huzhu.receipts import rules

NUMBERS = 10**10
CHECK_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Elements:
    """What the platform is told. `reference` is our own id: a platform that has it already must not issue again."""

    reference: str
    issued_on: date
    payer_name: str
    payer_credit_code: str
    total: Decimal
    reverses: tuple[str, str] | None = None  # code and number of the receipt a red one reverses


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What the platform gives back."""

    receipt_code: str
    receipt_number: str
    check_code: str


class IssuingFailed(Exception):
    """The platform did not issue; it may be tried again. The words are for people."""


class Issuer(Protocol):
    """A platform that issues receipts."""

    def issue(self, *, elements: Elements) -> Issued:
        """
        This function will have one receipt issued and return its code, number and check code.

        :raises IssuingFailed: if the platform did not issue
        """
        ...


class LocalIssuer:
    """Numbers from the database's own sequence; the check code is keyed, so that nobody can make one up."""

    def issue(self, *, elements: Elements) -> Issued:
        """This function will draw the next number of the year's receipts."""
        code = rules.receipt_code(prefix=settings.RECEIPT_CODE_PREFIX, issued_on=elements.issued_on)
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('receipts_receipt_number')")
            number = f"{cursor.fetchone()[0] % NUMBERS:010d}"
        told = "/".join([code, number, elements.issued_on.isoformat(), f"{elements.total:.2f}", elements.payer_name])
        key = hmac.new(settings.HUZHU_FINGERPRINT_KEY, b"receipt\0", sha256).digest()
        return Issued(
            receipt_code=code,
            receipt_number=number,
            check_code=hmac.new(key, told.encode(), sha256).hexdigest()[:CHECK_DIGITS],
        )


def get_issuer() -> Issuer:
    """The issuer named in the settings."""
    issuer: Issuer = import_string(settings.RECEIPT_ISSUER)()
    return issuer

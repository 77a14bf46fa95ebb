"""The session store: Django's database store over our own session rows, which name user, address and device."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from huzhu.accounts.models import Session


class Proof(StrEnum):
    """What somebody showed beside the password."""

    AUTHENTICATOR = "authenticator"
    RECOVERY = "recovery"  # a recovery code
    SMS = "sms"
    DEVICE = "device"  # a device that is known
    DEMO = "demo"


class SessionStore(DatabaseStore):
    """
    Reads and writes `accounts.Session`. `began_at` and `seen_at` come with the row, so that the limits cost no query of their own;
    saving what is in a session does not count as being seen.
    """

    began_at: datetime | None = None  # of the row, as read
    seen_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The model of one session."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        row = super()._get_session_from_db()  # type: ignore[misc]  # not in the stubs
        if row is not None:
            self.began_at, self.seen_at = row.created_at, row.last_seen_at
        return row

    def begin(self, *, at: datetime, address: str, device: str, proof: str) -> None:
        """
        This function will note when, where and by which proof beyond the password somebody signed in; the clock of the limits
        starts here.
        """
        self.began_at = self.seen_at = at
        self["_created"], self["_address"], self["_device"] = at.isoformat(), address[:45], device[:200]
        self.prove(at=at, proof=proof)

    def prove(self, *, at: datetime, proof: str) -> None:
        """
        This function will note a second factor. A known device lets somebody in, but is no factor shown now.
        """
        self["_proof"] = str(proof)
        if proof != Proof.DEVICE:
            self["_proven_at"] = at.isoformat()

    @property
    def proof(self) -> str:
        """What stood beside the password; empty for a session that passed no second factor, which opens nothing."""
        return self.get("_proof", "")

    @property
    def proven_at(self) -> datetime | None:
        """When a second factor was last shown."""
        return datetime.fromisoformat(self["_proven_at"]) if "_proven_at" in self else None

    def touch(self, *, at: datetime) -> None:
        """
        This function will note a request of the person, not of a page that polls.
        """
        self.seen_at = at
        Session.objects.filter(session_key=self.session_key).update(last_seen_at=at)

    def create_model_instance(self, data: dict) -> Session:
        """The row for this session, with who and where, so that sessions can be listed and ended on the server."""
        row: Any = super().create_model_instance(data)
        user_id = data.get("_auth_user_id")
        row.user_id = int(user_id) if user_id else None
        row.created_at = datetime.fromisoformat(data["_created"]) if "_created" in data else None
        row.last_seen_at = self.seen_at or timezone.now()
        row.address, row.device = data.get("_address", ""), data.get("_device", "")
        return row

"""The session store: Django's database store over our own session rows, which name user, address and device."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from huzhu.accounts.models import Session


class SessionStore(DatabaseStore):
    """Reads and writes `accounts.Session`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The model of one session."""
        return Session

    def create_model_instance(self, data: dict) -> Session:
        """The row for this session, with who and where, so that sessions can be listed and ended on the server."""
        row = super().create_model_instance(data)
        user_id = data.get("_auth_user_id")
        row.user_id = int(user_id) if user_id else None
        row.created_at = data.get("_created") and timezone.datetime.fromisoformat(data["_created"])
        row.last_seen_at = timezone.now()
        row.address, row.device = data.get("_address", ""), data.get("_device", "")[:200]
        return row

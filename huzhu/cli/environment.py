"""What every command needs before Django starts: settings, and a database server if none is named."""

from __future__ import annotations

import os
from pathlib import Path

from huzhu.shared import postgres

ROOT = Path(__file__).resolve().parents[2]


def prepare(*, as_owner: bool = False) -> str:
    """
    This function will choose the settings and make sure that a database can be reached, starting the embedded one if need be.

    :returns: the address of the embedded server, or "" when DATABASE_URL names an outside one
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    server_uri = ""
    if not os.environ.get("DATABASE_URL"):
        folder = Path(os.environ.get("HUZHU_VAR", str(ROOT / "var"))) / "pg"
        server_uri = postgres.start_embedded(folder).get_uri()
        postgres.ensure_database(server_uri, "huzhu")
        os.environ["DATABASE_URL"] = postgres.url_for(server_uri, role=postgres.APP, name="huzhu")
        os.environ["DATABASE_OWNER_URL"] = postgres.url_for(server_uri, role=postgres.OWNER, name="huzhu")
    if as_owner:
        os.environ["HUZHU_AS_OWNER"] = "1"
    return server_uri


def is_behind_pooler() -> bool:
    """Whether LISTEN is of no use because only a transaction pooler can be reached."""
    return os.environ.get("HUZHU_BEHIND_POOLER", "") == "1" and not os.environ.get("DATABASE_DIRECT_URL")

"""The tables of OAuth, beside the others in the same metadata; see ``tables.py``."""

import sqlalchemy as sa

from standpipe.stores.metadata.tables import BigId, metadata


def _id() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _refers(name: str, target: str) -> sa.Column[int]:
    return sa.Column(name, BigId, sa.ForeignKey(f"{target}.id"), nullable=False)


def _time(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=optional)


oauth_clients = sa.Table(
    "oauth_clients",
    metadata,
    _id(),
    _refers("workspace_id", "workspaces"),
    sa.Column("client_id", sa.Text, nullable=False, unique=True),
    _text("name"),
    _refers("owner_id", "users"),
    _text("secret_sha256", optional=True),
    _text("redirect_uris"),
    _text("grant_types"),
    _time("created_at"),
    sa.Index(None, "workspace_id"),
    sqlite_autoincrement=True,
)

oauth_grants = sa.Table(
    "oauth_grants",
    metadata,
    _id(),
    _refers("client_id", "oauth_clients"),
    _refers("user_id", "users"),
    _text("scope"),
    sa.Column("code_sha256", sa.Text, nullable=True, unique=True),
    _time("code_expires_at", optional=True),
    _time("code_used_at", optional=True),
    _text("redirect_uri", optional=True),
    _text("code_challenge", optional=True),
    _text("nonce", optional=True),
    _time("created_at"),
    _time("expires_at"),
    _time("revoked_at", optional=True),
    sa.Index(None, "client_id"),
    sa.Index(None, "user_id"),
    sa.Index(None, "expires_at"),
    sqlite_autoincrement=True,
)

oauth_tokens = sa.Table(
    "oauth_tokens",
    metadata,
    _id(),
    _refers("grant_id", "oauth_grants"),
    _text("kind"),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    _text("scope"),
    _time("created_at"),
    _time("expires_at"),
    _time("used_at", optional=True),
    sa.Index(None, "grant_id"),
    sqlite_autoincrement=True,
)

"""The tables of OAuth, beside the others in the same metadata; see ``tables.py``."""

import sqlalchemy as sa

from standpipe.stores.metadata.fields import numbered, refers, text, time
from standpipe.stores.metadata.tables import metadata

oauth_clients = sa.Table(
    "oauth_clients",
    metadata,
    numbered(),
    refers("workspace_id", "workspaces"),
    sa.Column("client_id", sa.Text, nullable=False, unique=True),
    text("name"),
    refers("owner_id", "users"),
    text("secret_sha256", optional=True),
    text("redirect_uris"),
    text("grant_types"),
    time("created_at"),
    sa.Index(None, "workspace_id"),
    sqlite_autoincrement=True,
)

oauth_grants = sa.Table(
    "oauth_grants",
    metadata,
    numbered(),
    refers("client_id", "oauth_clients"),
    refers("user_id", "users"),
    text("scope"),
    sa.Column("code_sha256", sa.Text, nullable=True, unique=True),
    time("code_expires_at", optional=True),
    time("code_used_at", optional=True),
    text("redirect_uri", optional=True),
    text("code_challenge", optional=True),
    text("nonce", optional=True),
    time("created_at"),
    time("expires_at"),
    time("revoked_at", optional=True),
    sa.Index(None, "client_id"),
    sa.Index(None, "user_id"),
    sa.Index(None, "expires_at"),
    sqlite_autoincrement=True,
)

oauth_tokens = sa.Table(
    "oauth_tokens",
    metadata,
    numbered(),
    refers("grant_id", "oauth_grants"),
    text("kind"),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    text("scope"),
    time("created_at"),
    time("expires_at"),
    time("used_at", optional=True),
    sa.Index(None, "grant_id"),
    sqlite_autoincrement=True,
)

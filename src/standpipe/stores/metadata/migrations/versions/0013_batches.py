"""Batches of submissions; data sources know since when their stored results are fresh."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("data_sources", sa.Column("fresh_since", sa.BigInteger(), nullable=True))
    op.create_table(
        "batches",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("holder_user_id", _ID, nullable=True),
        sa.Column("holder_key_id", _ID, nullable=True),
        sa.Column("dashboard_id", _ID, nullable=True),
        sa.Column("data_source_id", _ID, nullable=True),
        sa.Column("submissions", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_batches_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_batches_created_at"), "batches", ["created_at"])

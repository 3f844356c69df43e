"""Uploaded tables, and which of them a run has read."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "uploaded_tables",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("owner_id", _ID, nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_uploaded_tables_workspace_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_uploaded_tables_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploaded_tables")),
        sa.UniqueConstraint(
            "workspace_id",
            "namespace",
            "name",
            name=op.f("uq_uploaded_tables_workspace_id_namespace_name"),
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_uploaded_tables_uid")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "uploaded_parts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("table_id", _ID, nullable=True),
        sa.Column("artifact_key", sa.Text(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["table_id"],
            ["uploaded_tables.id"],
            name=op.f("fk_uploaded_parts_table_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploaded_parts")),
        sqlite_autoincrement=True,
    )
    for column in ("table_id", "artifact_key", "removed_at"):
        op.create_index(
            op.f(f"ix_uploaded_parts_{column}"), "uploaded_parts", [column], unique=False
        )
    op.add_column("executions", sa.Column("tables", sa.Text(), nullable=True))
    op.add_column("results", sa.Column("private_to", sa.Text(), nullable=True))

"""Materialised views: tables whose rows are those of a query's last refresh."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("uploaded_tables", sa.Column("kind", sa.Text(), nullable=True))
    op.create_table(
        "materialized_views",
        sa.Column("table_id", _ID, autoincrement=False, nullable=False),
        sa.Column("query_id", _ID, nullable=False),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("reads_private", sa.Boolean(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("next_run_at", sa.BigInteger(), nullable=True),
        sa.Column("execution_id", _ID, nullable=True),
        sa.Column("runs", sa.Text(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["table_id"],
            ["uploaded_tables.id"],
            name=op.f("fk_materialized_views_table_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("fk_materialized_views_query_id")
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["executions.id"],
            name=op.f("fk_materialized_views_execution_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("table_id", name=op.f("pk_materialized_views")),
    )
    for column in ("next_run_at", "execution_id"):
        op.create_index(
            op.f(f"ix_materialized_views_{column}"), "materialized_views", [column], unique=False
        )

"""Schedules know their last run until what came of it is known."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # SQLite adds no constraint to a table that exists: it is copied, as nothing refers to it.
    with op.batch_alter_table("schedules") as schedules:
        schedules.add_column(sa.Column("execution_id", _ID, nullable=True))
        schedules.create_foreign_key(
            op.f("fk_schedules_execution_id"),
            "executions",
            ["execution_id"],
            ["id"],
            ondelete="SET NULL",
        )
    op.create_index(op.f("ix_schedules_execution_id"), "schedules", ["execution_id"], unique=False)

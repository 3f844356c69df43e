"""Requests of reports; results know how much processor time their run took."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("results", sa.Column("cpu_seconds", sa.Double(), nullable=True))
    op.create_table(
        "report_requests",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("holder_user_id", _ID, nullable=True),
        sa.Column("holder_key_id", _ID, nullable=True),
        sa.Column("query_id", _ID, nullable=False),
        sa.Column("submission_uid", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("reference_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_report_requests_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_requests")),
        sa.UniqueConstraint("uid", name=op.f("uq_report_requests_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_report_requests_query_id_id"), "report_requests", ["query_id", "id"])
    op.create_index(
        op.f("ix_report_requests_submission_uid"), "report_requests", ["submission_uid"]
    )
    op.create_index(op.f("ix_report_requests_created_at"), "report_requests", ["created_at"])

"""Executions of pipelines."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "pipelines",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("owner_id", _ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_pipelines_workspace_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_pipelines_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipelines")),
        sa.UniqueConstraint("uid", name=op.f("uq_pipelines_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pipelines_finished_at"), "pipelines", ["finished_at"])
    op.create_table(
        "pipeline_nodes",
        sa.Column("pipeline_id", _ID, nullable=False),
        sa.Column("number", _ID, autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("submission_uid", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipelines.id"], name=op.f("fk_pipeline_nodes_pipeline_id")
        ),
        sa.PrimaryKeyConstraint("pipeline_id", "number", name=op.f("pk_pipeline_nodes")),
    )
    is_under_way = sa.text("outcome IS NULL AND submission_uid IS NOT NULL")
    op.create_index(
        "ix_pipeline_nodes_under_way",
        "pipeline_nodes",
        ["submission_uid"],
        unique=False,
        sqlite_where=is_under_way,
        postgresql_where=is_under_way,
    )

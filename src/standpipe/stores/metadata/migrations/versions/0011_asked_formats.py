"""Submissions know in which format the result is wanted, and are listed by their holder."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("submissions", sa.Column("format", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_submissions_workspace_id_holder_user_id_id"),
        "submissions",
        ["workspace_id", "holder_user_id", "id"],
    )

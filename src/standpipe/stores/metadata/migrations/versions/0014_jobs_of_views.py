"""Submissions know which materialised view they refresh."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("submissions", sa.Column("view_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_submissions_of_views",
        "submissions",
        ["workspace_id", "id"],
        sqlite_where=sa.text("view_id IS NOT NULL"),
    )

"""Submissions know what groups of the result are wanted."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("submissions", sa.Column("data_set_query", sa.Text(), nullable=True))

"""How many attempts of an execution ended because their worker was stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    counter = sa.Column("given_back", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("executions", counter)

"""The newest run of a query, and whether there was any, is found without looking through all."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_index(
        op.f("ix_executions_query_id_id"), "executions", ["query_id", "id"], unique=False
    )
    op.create_index(op.f("ix_submissions_query_id"), "submissions", ["query_id"], unique=False)

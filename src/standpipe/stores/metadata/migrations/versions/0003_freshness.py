"""Policies of freshness, the history of default runs, idempotency keys; what is over can go."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("stale_while_revalidate_seconds", "stale_if_error_seconds"):
        op.add_column("queries", sa.Column(name, sa.BigInteger(), nullable=True))
    _create_default_results()
    _create_idempotency_keys()
    op.create_index(op.f("ix_results_query_id_id"), "results", ["query_id", "id"], unique=False)
    is_over = sa.text("finished_at IS NOT NULL")
    op.create_index(
        "ix_executions_over",
        "executions",
        ["finished_at"],
        unique=False,
        sqlite_where=is_over,
        postgresql_where=is_over,
    )


def _create_default_results() -> None:
    op.create_table(
        "default_results",
        sa.Column("query_id", _ID, nullable=False),
        sa.Column("result_id", _ID, nullable=False),
        sa.Column("retrieved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("fk_default_results_query_id")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["results.id"],
            name=op.f("fk_default_results_result_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("query_id", "result_id", name=op.f("pk_default_results")),
    )
    op.create_index(
        op.f("ix_default_results_query_id_retrieved_at_result_id"),
        "default_results",
        ["query_id", "retrieved_at", "result_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_default_results_result_id"), "default_results", ["result_id"], unique=False
    )
    # What is known of the past: each query's latest result, and what its text of today gave.
    op.execute(
        "INSERT INTO default_results (query_id, result_id, retrieved_at)"
        " SELECT queries.id, results.id, results.retrieved_at FROM queries JOIN results"
        " ON results.id = queries.latest_result_id"
        " OR (results.data_source_id = queries.data_source_id"
        " AND results.fingerprint = queries.default_fingerprint)"
    )


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )

"""Every table of the first version."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_workspaces()
    _create_data_sources()
    _create_executions()
    _index_executions()
    _create_groups()
    _create_results()
    _create_users()
    _create_dashboards()
    _create_favorites()
    _create_queries()
    _index_queries()
    _create_sessions()
    _create_submissions()
    _create_api_keys()
    _create_dashboard_tags()
    _create_query_revisions()
    _create_query_tags()
    _create_query_words()
    _create_schedules()
    _create_visualizations()
    _create_widgets()


def _create_workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        sa.UniqueConstraint("slug", name=op.f("uq_workspaces_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_workspaces_uid")),
        sqlite_autoincrement=True,
    )


def _create_data_sources() -> None:
    op.create_table(
        "data_sources",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("settings_version", sa.BigInteger(), nullable=False),
        sa.Column("grants", sa.Text(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_data_sources_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_sources")),
        sa.UniqueConstraint("uid", name=op.f("uq_data_sources_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_data_sources_workspace_id"), "data_sources", ["workspace_id"], unique=False
    )


def _create_executions() -> None:
    op.create_table(
        "executions",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("data_source_id", sa.BigInteger(), nullable=False),
        sa.Column("query_id", sa.BigInteger(), nullable=True),
        sa.Column("query_revision", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("open_fingerprint", sa.Text(), nullable=True),
        sa.Column("statement_text", sa.Text(), nullable=False),
        sa.Column("statement_values", sa.Text(), nullable=False),
        sa.Column("statement_display", sa.Text(), nullable=False),
        sa.Column("limit_seconds", sa.Double(), nullable=True),
        sa.Column("limit_memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("limit_artifact_bytes", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("progress_rows", sa.BigInteger(), nullable=False),
        sa.Column("progress_bytes", sa.BigInteger(), nullable=False),
        sa.Column("progress_percent", sa.Double(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("result_id", sa.BigInteger(), nullable=True),
        sa.Column("cancel_requested_at", sa.BigInteger(), nullable=True),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_executions_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executions")),
        sa.UniqueConstraint("uid", name=op.f("uq_executions_uid")),
        sqlite_autoincrement=True,
    )


def _index_executions() -> None:
    op.create_index(
        "ix_executions_queued",
        "executions",
        [sa.text("priority DESC"), "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_executions_running",
        "executions",
        ["data_source_id", "fingerprint"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "uq_executions_open",
        "executions",
        ["data_source_id", "open_fingerprint"],
        unique=True,
        sqlite_where=sa.text("open_fingerprint IS NOT NULL"),
        postgresql_where=sa.text("open_fingerprint IS NOT NULL"),
    )


def _create_groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("is_builtin", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_groups_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_groups_workspace_id"), "groups", ["workspace_id"], unique=False)


def _create_results() -> None:
    op.create_table(
        "results",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("execution_id", sa.BigInteger(), nullable=False),
        sa.Column("data_source_id", sa.BigInteger(), nullable=False),
        sa.Column("query_id", sa.BigInteger(), nullable=True),
        sa.Column("query_revision", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger(), nullable=False),
        sa.Column("artifact_key", sa.Text(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("runtime_seconds", sa.Double(), nullable=False),
        sa.Column("retrieved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_results_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("uid", name=op.f("uq_results_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_results_artifact_key"), "results", ["artifact_key"], unique=False)
    op.create_index(
        op.f("ix_results_data_source_id_fingerprint_retrieved_at"),
        "results",
        ["data_source_id", "fingerprint", "retrieved_at"],
        unique=False,
    )
    op.create_index(op.f("ix_results_retrieved_at"), "results", ["retrieved_at"], unique=False)


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("group_ids", sa.Text(), nullable=False),
        sa.Column("password_phc", sa.Text(), nullable=True),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("active_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_users_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("uid", name=op.f("uq_users_uid")),
        sa.UniqueConstraint(
            "workspace_id", "email_key", name=op.f("uq_users_workspace_id_email_key")
        ),
        sqlite_autoincrement=True,
    )


def _create_dashboards() -> None:
    op.create_table(
        "dashboards",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("owner_id", _ID, nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("filters_enabled", sa.Boolean(), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_dashboards_owner_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_dashboards_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dashboards")),
        sa.UniqueConstraint("uid", name=op.f("uq_dashboards_uid")),
        sa.UniqueConstraint("workspace_id", "slug", name=op.f("uq_dashboards_workspace_id_slug")),
        sqlite_autoincrement=True,
    )


def _create_favorites() -> None:
    op.create_table(
        "favorites",
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("noun", sa.Text(), nullable=False),
        sa.Column("object_id", _ID, nullable=False),
        sa.Column("starred_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_favorites_user_id")),
        sa.PrimaryKeyConstraint("user_id", "noun", "object_id", name=op.f("pk_favorites")),
    )


def _create_queries() -> None:
    op.create_table(
        "queries",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("data_source_id", _ID, nullable=True),
        sa.Column("owner_id", _ID, nullable=False),
        sa.Column("last_modified_by_id", _ID, nullable=True),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=True),
        sa.Column("schedule_seconds", sa.BigInteger(), nullable=True),
        sa.Column("cache_seconds", sa.BigInteger(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("default_fingerprint", sa.Text(), nullable=True),
        sa.Column("latest_result_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_source_id"],
            ["data_sources.id"],
            name=op.f("fk_queries_data_source_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["last_modified_by_id"], ["users.id"], name=op.f("fk_queries_last_modified_by_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_queries_owner_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_queries_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queries")),
        sa.UniqueConstraint("uid", name=op.f("uq_queries_uid")),
        sqlite_autoincrement=True,
    )


def _index_queries() -> None:
    op.create_index(
        op.f("ix_queries_data_source_id_default_fingerprint"),
        "queries",
        ["data_source_id", "default_fingerprint"],
        unique=False,
    )
    op.create_index(
        op.f("ix_queries_latest_result_id"), "queries", ["latest_result_id"], unique=False
    )
    op.create_index(
        op.f("ix_queries_workspace_id_is_archived_created_at"),
        "queries",
        ["workspace_id", "is_archived", "created_at"],
        unique=False,
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)


def _create_submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("execution_id", _ID, nullable=False),
        sa.Column("holder_user_id", sa.BigInteger(), nullable=True),
        sa.Column("holder_key_id", sa.BigInteger(), nullable=True),
        sa.Column("query_id", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"], ["executions.id"], name=op.f("fk_submissions_execution_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_submissions_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("uid", name=op.f("uq_submissions_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_submissions_execution_id"), "submissions", ["execution_id"], unique=False
    )


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("workspace_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", _ID, nullable=True),
        sa.Column("query_id", _ID, nullable=True),
        sa.Column("dashboard_id", _ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dashboard_id"], ["dashboards.id"], name=op.f("fk_api_keys_dashboard_id")
        ),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_api_keys_query_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_api_keys_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("sha256", name=op.f("uq_api_keys_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_api_keys_dashboard_id"), "api_keys", ["dashboard_id"], unique=False)
    op.create_index(op.f("ix_api_keys_query_id"), "api_keys", ["query_id"], unique=False)
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False)


def _create_dashboard_tags() -> None:
    op.create_table(
        "dashboard_tags",
        sa.Column("dashboard_id", _ID, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dashboard_id"], ["dashboards.id"], name=op.f("fk_dashboard_tags_dashboard_id")
        ),
        sa.PrimaryKeyConstraint("dashboard_id", "tag", name=op.f("pk_dashboard_tags")),
    )
    op.create_index(op.f("ix_dashboard_tags_tag"), "dashboard_tags", ["tag"], unique=False)


def _create_query_revisions() -> None:
    op.create_table(
        "query_revisions",
        sa.Column("query_id", _ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("author_id", _ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_query_revisions_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("fk_query_revisions_query_id")
        ),
        sa.PrimaryKeyConstraint("query_id", "revision", name=op.f("pk_query_revisions")),
    )


def _create_query_tags() -> None:
    op.create_table(
        "query_tags",
        sa.Column("query_id", _ID, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_query_tags_query_id")),
        sa.PrimaryKeyConstraint("query_id", "tag", name=op.f("pk_query_tags")),
    )
    op.create_index(op.f("ix_query_tags_tag"), "query_tags", ["tag"], unique=False)


def _create_query_words() -> None:
    op.create_table(
        "query_words",
        sa.Column("query_id", _ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("sql", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_query_words_query_id")),
        sa.PrimaryKeyConstraint("query_id", name=op.f("pk_query_words")),
    )


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("query_id", _ID, autoincrement=False, nullable=False),
        sa.Column("next_run_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("consecutive_failures", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["query_id"], ["queries.id"], name=op.f("fk_schedules_query_id")),
        sa.PrimaryKeyConstraint("query_id", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_next_run_at"), "schedules", ["next_run_at"], unique=False)


def _create_visualizations() -> None:
    op.create_table(
        "visualizations",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("query_id", _ID, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["query_id"], ["queries.id"], name=op.f("fk_visualizations_query_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visualizations")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_visualizations_query_id"), "visualizations", ["query_id"], unique=False
    )


def _create_widgets() -> None:
    op.create_table(
        "widgets",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("dashboard_id", _ID, nullable=False),
        sa.Column("visualization_id", _ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dashboard_id"], ["dashboards.id"], name=op.f("fk_widgets_dashboard_id")
        ),
        sa.ForeignKeyConstraint(
            ["visualization_id"],
            ["visualizations.id"],
            name=op.f("fk_widgets_visualization_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_widgets")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_widgets_dashboard_id"), "widgets", ["dashboard_id"], unique=False)
    op.create_index(
        op.f("ix_widgets_visualization_id"), "widgets", ["visualization_id"], unique=False
    )

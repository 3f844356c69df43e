"""All tables. Times are microseconds since 1970 in UTC, uids texts, nested values JSON texts.

A change here needs a new revision in ``migrations/versions``.
"""

import sqlalchemy as sa

from standpipe.stores.metadata.fields import (
    BigId,
    flag,
    number,
    numbered,
    refers,
    text,
    time,
    unique,
    whole,
)

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

workspaces = sa.Table(
    "workspaces",
    metadata,
    numbered(),
    unique(),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    text("name"),
    text("variant"),
    text("settings"),
    time("created_at"),
    sqlite_autoincrement=True,
)

users = sa.Table(
    "users",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    text("name"),
    text("email"),
    text("email_key"),  # the e-mail without case
    text("group_ids"),
    text("password_phc", optional=True),
    flag("is_disabled"),
    time("disabled_at", optional=True),
    time("active_at", optional=True),
    time("created_at"),
    time("updated_at"),
    sa.UniqueConstraint("workspace_id", "email_key"),
    sqlite_autoincrement=True,
)

groups = sa.Table(
    "groups",
    metadata,
    numbered(),
    refers("workspace_id", "workspaces"),
    text("name"),
    text("permissions"),
    flag("is_builtin"),
    time("created_at"),
    sa.Index(None, "workspace_id"),
    sqlite_autoincrement=True,
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    numbered(),
    refers("workspace_id", "workspaces"),
    text("kind"),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    refers("user_id", "users", optional=True),
    refers("query_id", "queries", optional=True),
    refers("dashboard_id", "dashboards", optional=True),
    time("created_at"),
    time("revoked_at", optional=True),
    sa.Index(None, "user_id"),
    sa.Index(None, "query_id"),
    sa.Index(None, "dashboard_id"),
    sqlite_autoincrement=True,
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    refers("user_id", "users"),
    text("csrf_token"),
    time("expires_at"),
    sa.Index(None, "user_id"),
    sa.Index(None, "expires_at"),
)

data_sources = sa.Table(
    "data_sources",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    text("name"),
    text("kind"),
    sa.Column("settings", sa.LargeBinary, nullable=False),  # sealed
    whole("settings_version"),
    text("grants"),
    flag("is_paused"),
    text("pause_reason", optional=True),
    time("fresh_since", optional=True),
    time("created_at"),
    sa.Index(None, "workspace_id"),
    sqlite_autoincrement=True,
)

queries = sa.Table(
    "queries",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    text("name"),
    text("name_key"),  # the name without case, to order by
    text("description", optional=True),
    text("sql"),
    refers("data_source_id", "data_sources", optional=True, on_delete="SET NULL"),
    refers("owner_id", "users"),
    refers("last_modified_by_id", "users", optional=True),
    text("parameters"),
    whole("revision"),
    whole("version"),
    text("schedule", optional=True),
    whole("schedule_seconds", optional=True),  # its interval, to order by
    whole("cache_seconds", optional=True),
    whole("stale_while_revalidate_seconds", optional=True),
    whole("stale_if_error_seconds", optional=True),
    text("visibility"),
    flag("is_draft"),
    flag("is_archived"),
    text("tags"),
    text("flags"),
    text("options"),
    text("report"),
    text("default_fingerprint", optional=True),
    # No foreign key: the two tables would refer to each other. delete_result clears it.
    whole("latest_result_id", optional=True),
    time("created_at"),
    time("updated_at"),
    sa.Index(None, "workspace_id", "is_archived", "created_at"),
    sa.Index(None, "data_source_id", "default_fingerprint"),
    sa.Index(None, "latest_result_id"),
    sqlite_autoincrement=True,
)

query_tags = sa.Table(
    "query_tags",
    metadata,
    sa.Column("query_id", BigId, sa.ForeignKey("queries.id"), primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Index(None, "tag"),
)

# What free-text search looks at: the words of a query, without case, each with a space around it.
query_words = sa.Table(
    "query_words",
    metadata,
    sa.Column(
        "query_id", BigId, sa.ForeignKey("queries.id"), primary_key=True, autoincrement=False
    ),
    text("name"),
    text("number"),
    text("description"),
    text("sql"),
)

query_revisions = sa.Table(
    "query_revisions",
    metadata,
    sa.Column("query_id", BigId, sa.ForeignKey("queries.id"), primary_key=True),
    sa.Column("revision", sa.BigInteger, primary_key=True),
    text("sql"),
    text("parameters"),
    refers("author_id", "users", optional=True),
    time("created_at"),
)

# One row for every schedule that has been planned; without ``next_run_at`` it never runs again.
# ``execution_id`` is its last run until what came of it is known.
schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column(
        "query_id", BigId, sa.ForeignKey("queries.id"), primary_key=True, autoincrement=False
    ),
    time("next_run_at", optional=True),
    time("claimed_until", optional=True),
    whole("consecutive_failures"),
    refers("execution_id", "executions", optional=True, on_delete="SET NULL"),
    sa.Index(None, "next_run_at"),
    sa.Index(None, "execution_id"),
)

favorites = sa.Table(
    "favorites",
    metadata,
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("noun", sa.Text, primary_key=True),
    sa.Column("object_id", BigId, primary_key=True),
    time("starred_at"),
)

dashboards = sa.Table(
    "dashboards",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    text("slug"),
    text("name"),
    text("name_key"),
    refers("owner_id", "users"),
    text("layout"),
    text("options"),
    flag("filters_enabled"),
    flag("is_draft"),
    flag("is_archived"),
    text("tags"),
    whole("version"),
    time("created_at"),
    time("updated_at"),
    sa.UniqueConstraint("workspace_id", "slug"),
    sqlite_autoincrement=True,
)

dashboard_tags = sa.Table(
    "dashboard_tags",
    metadata,
    sa.Column("dashboard_id", BigId, sa.ForeignKey("dashboards.id"), primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Index(None, "tag"),
)

visualizations = sa.Table(
    "visualizations",
    metadata,
    numbered(),
    refers("query_id", "queries"),
    text("type"),
    text("name"),
    text("description"),
    text("options"),
    time("created_at"),
    time("updated_at"),
    sa.Index(None, "query_id"),
    sqlite_autoincrement=True,
)

widgets = sa.Table(
    "widgets",
    metadata,
    numbered(),
    refers("dashboard_id", "dashboards"),
    refers("visualization_id", "visualizations", optional=True, on_delete="CASCADE"),
    text("text"),
    whole("width"),
    text("options"),
    time("created_at"),
    time("updated_at"),
    sa.Index(None, "dashboard_id"),
    sa.Index(None, "visualization_id"),
    sqlite_autoincrement=True,
)

# The queue. Data sources, queries and results may go while the memory of a run stays, so there
# are no foreign keys to them.
executions = sa.Table(
    "executions",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    whole("data_source_id"),
    whole("query_id", optional=True),
    whole("query_revision", optional=True),
    text("fingerprint"),
    # Set while it is queued and may be joined; with a suffix where only its own query may join it.
    text("open_fingerprint", optional=True),
    text("statement_text"),
    text("statement_values"),
    text("statement_display"),
    number("limit_seconds", optional=True),
    whole("limit_memory_bytes"),
    whole("limit_artifact_bytes", optional=True),
    text("tables", optional=True),  # the uploaded ones that it reads; None = none
    text("origin"),
    whole("priority"),
    text("state"),
    whole("attempt"),
    # Attempts that ended because their worker was stopped.
    sa.Column("given_back", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    text("worker", optional=True),
    time("lease_until", optional=True),
    whole("progress_rows"),
    whole("progress_bytes"),
    number("progress_percent", optional=True),
    text("error_code", optional=True),
    text("error_message", optional=True),
    whole("result_id", optional=True),
    time("cancel_requested_at", optional=True),
    time("queued_at"),
    time("created_at"),
    time("started_at", optional=True),
    time("finished_at", optional=True),
    sa.Index(None, "query_id", "id"),
    sqlite_autoincrement=True,
)

# Literals, not parameters: only then does the planner know that a partial index is enough.
IS_QUEUED = executions.c.state == sa.literal_column("'queued'")
IS_RUNNING = executions.c.state == sa.literal_column("'running'")
_IS_OPEN = executions.c.open_fingerprint.is_not(None)
_IS_OVER = executions.c.finished_at.is_not(None)

sa.Index(
    "uq_executions_open",
    executions.c.data_source_id,
    executions.c.open_fingerprint,
    unique=True,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)
sa.Index(
    "ix_executions_queued",
    executions.c.priority.desc(),
    executions.c.id,
    sqlite_where=IS_QUEUED,
    postgresql_where=IS_QUEUED,
)
sa.Index(
    "ix_executions_over",
    executions.c.finished_at,
    sqlite_where=_IS_OVER,
    postgresql_where=_IS_OVER,
)
sa.Index(
    "ix_executions_running",
    executions.c.data_source_id,
    executions.c.fingerprint,
    sqlite_where=IS_RUNNING,
    postgresql_where=IS_RUNNING,
)

submissions = sa.Table(
    "submissions",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    refers("execution_id", "executions"),
    whole("holder_user_id", optional=True),
    whole("holder_key_id", optional=True),
    whole("query_id", optional=True),
    time("cancelled_at", optional=True),
    time("created_at"),
    text("format", optional=True),  # in which the result is wanted; None = rows
    text("data_set_query", optional=True),  # which groups of it are wanted; None = none
    whole("view_id", optional=True),  # that it refreshes
    sa.Index(None, "query_id"),
    sa.Index(None, "execution_id"),
    sa.Index(None, "workspace_id", "holder_user_id", "id"),
    sa.Index(
        "ix_submissions_of_views", "workspace_id", "id", sqlite_where=sa.text("view_id IS NOT NULL")
    ),
    sqlite_autoincrement=True,
)

results = sa.Table(
    "results",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    whole("execution_id"),
    whole("data_source_id"),
    whole("query_id", optional=True),
    whole("query_revision", optional=True),
    text("fingerprint"),
    text("sql"),
    text("columns"),
    whole("row_count"),
    text("artifact_key"),
    whole("byte_count"),
    text("sha256"),
    number("runtime_seconds"),
    sa.Column("cpu_seconds", sa.Double, nullable=True),
    time("retrieved_at"),
    text("private_to", optional=True),  # owners of private tables it was read from; None = none
    sa.Index(None, "data_source_id", "fingerprint", "retrieved_at"),
    sa.Index(None, "retrieved_at"),
    sa.Index(None, "artifact_key"),
    sa.Index(None, "query_id", "id"),
    sqlite_autoincrement=True,
)

# Which results answered a query's run with all default values, whatever its text is today.
default_results = sa.Table(
    "default_results",
    metadata,
    sa.Column("query_id", BigId, sa.ForeignKey("queries.id"), primary_key=True),
    sa.Column(
        "result_id", BigId, sa.ForeignKey("results.id", ondelete="CASCADE"), primary_key=True
    ),
    time("retrieved_at"),
    sa.Index(None, "query_id", "retrieved_at", "result_id"),
    sa.Index(None, "result_id"),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("holder", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    text("digest"),
    sa.Column("uid", sa.String(36), nullable=False),
    time("created_at"),
    sa.Index(None, "created_at"),
)

# One row: how often something changed that is remembered for long, see memory.py.
lasting_changes = sa.Table(
    "lasting_changes",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=False),
    whole("number"),
)

uploaded_tables = sa.Table(
    "uploaded_tables",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    text("namespace"),
    text("name"),
    text("description"),
    flag("is_private"),
    refers("owner_id", "users"),
    text("columns"),
    whole("version"),
    whole("row_count"),
    whole("byte_count"),
    time("created_at"),
    time("updated_at"),
    text("kind", optional=True),
    sa.UniqueConstraint("workspace_id", "namespace", "name"),
    sqlite_autoincrement=True,
)

# A part that was removed keeps its row for a while: runs that have begun may still read it.
uploaded_parts = sa.Table(
    "uploaded_parts",
    metadata,
    numbered(),
    refers("table_id", "uploaded_tables", optional=True, on_delete="SET NULL"),
    text("artifact_key"),
    whole("byte_count"),
    text("sha256"),
    whole("row_count"),
    time("created_at"),
    time("removed_at", optional=True),
    sa.Index(None, "table_id"),
    sa.Index(None, "artifact_key"),
    sa.Index(None, "removed_at"),
    sqlite_autoincrement=True,
)

materialized_views = sa.Table(
    "materialized_views",
    metadata,
    sa.Column(
        "table_id",
        BigId,
        sa.ForeignKey("uploaded_tables.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    refers("query_id", "queries"),
    flag("is_private"),
    flag("reads_private"),
    text("cron"),
    time("expires_at", optional=True),
    time("next_run_at", optional=True),
    refers("execution_id", "executions", optional=True, on_delete="SET NULL"),
    text("runs"),
    text("trouble"),
    sa.Index(None, "next_run_at"),
    sa.Index(None, "execution_id"),
)

# What was used on a day (YYYY-MM-DD, in UTC): outlives the runs and results that it counts.
usage_days = sa.Table(
    "usage_days",
    metadata,
    sa.Column("workspace_id", BigId, primary_key=True, autoincrement=False),
    sa.Column("user_id", BigId, primary_key=True, autoincrement=False),  # 0 = nobody's
    sa.Column("day", sa.Text, primary_key=True),
    whole("executions"),
    whole("reads"),
    whole("result_bytes"),
)

# Names under which the rows of a query are read.
custom_endpoints = sa.Table(
    "custom_endpoints",
    metadata,
    numbered(),
    refers("workspace_id", "workspaces"),
    text("handle"),
    text("slug"),
    refers("owner_id", "users"),
    refers("query_id", "queries"),
    time("created_at"),
    time("updated_at"),
    sa.UniqueConstraint("workspace_id", "handle", "slug"),
    sqlite_autoincrement=True,
)

"""All tables. Times are microseconds since 1970 in UTC, uids texts, nested values JSON texts.

A change here needs a new revision in ``migrations/versions``.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only counts up by itself for INTEGER, which holds 64 bits there.
BigId = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True, autoincrement=True)


def _uid() -> sa.Column[str]:
    return sa.Column("uid", sa.String(36), nullable=False, unique=True)


def _refers(
    name: str, target: str, *, optional: bool = False, on_delete: str | None = None
) -> sa.Column[int]:
    return sa.Column(
        name, BigId, sa.ForeignKey(f"{target}.id", ondelete=on_delete), nullable=optional
    )


def _time(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=optional)


def _whole(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _number(name: str, *, optional: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=optional)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


workspaces = sa.Table(
    "workspaces",
    metadata,
    _id(),
    _uid(),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    _text("name"),
    _text("variant"),
    _text("settings"),
    _time("created_at"),
    sqlite_autoincrement=True,
)

users = sa.Table(
    "users",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _text("name"),
    _text("email"),
    _text("email_key"),  # the e-mail without case
    _text("group_ids"),
    _text("password_phc", optional=True),
    _flag("is_disabled"),
    _time("disabled_at", optional=True),
    _time("active_at", optional=True),
    _time("created_at"),
    _time("updated_at"),
    sa.UniqueConstraint("workspace_id", "email_key"),
    sqlite_autoincrement=True,
)

groups = sa.Table(
    "groups",
    metadata,
    _id(),
    _refers("workspace_id", "workspaces"),
    _text("name"),
    _text("permissions"),
    _flag("is_builtin"),
    _time("created_at"),
    sa.Index(None, "workspace_id"),
    sqlite_autoincrement=True,
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    _id(),
    _refers("workspace_id", "workspaces"),
    _text("kind"),
    sa.Column("sha256", sa.Text, nullable=False, unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    _refers("user_id", "users", optional=True),
    _refers("query_id", "queries", optional=True),
    _refers("dashboard_id", "dashboards", optional=True),
    _time("created_at"),
    _time("revoked_at", optional=True),
    sa.Index(None, "user_id"),
    sa.Index(None, "query_id"),
    sa.Index(None, "dashboard_id"),
    sqlite_autoincrement=True,
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    _refers("user_id", "users"),
    _text("csrf_token"),
    _time("expires_at"),
    sa.Index(None, "user_id"),
    sa.Index(None, "expires_at"),
)

data_sources = sa.Table(
    "data_sources",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _text("name"),
    _text("kind"),
    sa.Column("settings", sa.LargeBinary, nullable=False),  # sealed
    _whole("settings_version"),
    _text("grants"),
    _flag("is_paused"),
    _text("pause_reason", optional=True),
    _time("created_at"),
    sa.Index(None, "workspace_id"),
    sqlite_autoincrement=True,
)

queries = sa.Table(
    "queries",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _text("name"),
    _text("name_key"),  # the name without case, to order by
    _text("description", optional=True),
    _text("sql"),
    _refers("data_source_id", "data_sources", optional=True, on_delete="SET NULL"),
    _refers("owner_id", "users"),
    _refers("last_modified_by_id", "users", optional=True),
    _text("parameters"),
    _whole("revision"),
    _whole("version"),
    _text("schedule", optional=True),
    _whole("schedule_seconds", optional=True),  # its interval, to order by
    _whole("cache_seconds", optional=True),
    _whole("stale_while_revalidate_seconds", optional=True),
    _whole("stale_if_error_seconds", optional=True),
    _text("visibility"),
    _flag("is_draft"),
    _flag("is_archived"),
    _text("tags"),
    _text("flags"),
    _text("options"),
    _text("report"),
    _text("default_fingerprint", optional=True),
    # No foreign key: the two tables would refer to each other. delete_result clears it.
    _whole("latest_result_id", optional=True),
    _time("created_at"),
    _time("updated_at"),
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
    _text("name"),
    _text("number"),
    _text("description"),
    _text("sql"),
)

query_revisions = sa.Table(
    "query_revisions",
    metadata,
    sa.Column("query_id", BigId, sa.ForeignKey("queries.id"), primary_key=True),
    sa.Column("revision", sa.BigInteger, primary_key=True),
    _text("sql"),
    _text("parameters"),
    _refers("author_id", "users", optional=True),
    _time("created_at"),
)

# One row for every schedule that has been planned; without ``next_run_at`` it never runs again.
# ``execution_id`` is its last run until what came of it is known.
schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column(
        "query_id", BigId, sa.ForeignKey("queries.id"), primary_key=True, autoincrement=False
    ),
    _time("next_run_at", optional=True),
    _time("claimed_until", optional=True),
    _whole("consecutive_failures"),
    _refers("execution_id", "executions", optional=True, on_delete="SET NULL"),
    sa.Index(None, "next_run_at"),
    sa.Index(None, "execution_id"),
)

favorites = sa.Table(
    "favorites",
    metadata,
    sa.Column("user_id", BigId, sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("noun", sa.Text, primary_key=True),
    sa.Column("object_id", BigId, primary_key=True),
    _time("starred_at"),
)

dashboards = sa.Table(
    "dashboards",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _text("slug"),
    _text("name"),
    _text("name_key"),
    _refers("owner_id", "users"),
    _text("layout"),
    _text("options"),
    _flag("filters_enabled"),
    _flag("is_draft"),
    _flag("is_archived"),
    _text("tags"),
    _whole("version"),
    _time("created_at"),
    _time("updated_at"),
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
    _id(),
    _refers("query_id", "queries"),
    _text("type"),
    _text("name"),
    _text("description"),
    _text("options"),
    _time("created_at"),
    _time("updated_at"),
    sa.Index(None, "query_id"),
    sqlite_autoincrement=True,
)

widgets = sa.Table(
    "widgets",
    metadata,
    _id(),
    _refers("dashboard_id", "dashboards"),
    _refers("visualization_id", "visualizations", optional=True, on_delete="CASCADE"),
    _text("text"),
    _whole("width"),
    _text("options"),
    _time("created_at"),
    _time("updated_at"),
    sa.Index(None, "dashboard_id"),
    sa.Index(None, "visualization_id"),
    sqlite_autoincrement=True,
)

# The queue. Data sources, queries and results may go while the memory of a run stays, so there
# are no foreign keys to them.
executions = sa.Table(
    "executions",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _whole("data_source_id"),
    _whole("query_id", optional=True),
    _whole("query_revision", optional=True),
    _text("fingerprint"),
    # Set while it is queued and may be joined; with a suffix where only its own query may join it.
    _text("open_fingerprint", optional=True),
    _text("statement_text"),
    _text("statement_values"),
    _text("statement_display"),
    _number("limit_seconds", optional=True),
    _whole("limit_memory_bytes"),
    _whole("limit_artifact_bytes", optional=True),
    _text("tables", optional=True),  # the uploaded ones that it reads; None = none
    _text("origin"),
    _whole("priority"),
    _text("state"),
    _whole("attempt"),
    # Attempts that ended because their worker was stopped.
    sa.Column("given_back", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    _text("worker", optional=True),
    _time("lease_until", optional=True),
    _whole("progress_rows"),
    _whole("progress_bytes"),
    _number("progress_percent", optional=True),
    _text("error_code", optional=True),
    _text("error_message", optional=True),
    _whole("result_id", optional=True),
    _time("cancel_requested_at", optional=True),
    _time("queued_at"),
    _time("created_at"),
    _time("started_at", optional=True),
    _time("finished_at", optional=True),
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
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _refers("execution_id", "executions"),
    _whole("holder_user_id", optional=True),
    _whole("holder_key_id", optional=True),
    _whole("query_id", optional=True),
    _time("cancelled_at", optional=True),
    _time("created_at"),
    _text("format", optional=True),  # in which the result is wanted; None = rows
    sa.Index(None, "query_id"),
    sa.Index(None, "execution_id"),
    sa.Index(None, "workspace_id", "holder_user_id", "id"),
    sqlite_autoincrement=True,
)

results = sa.Table(
    "results",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _whole("execution_id"),
    _whole("data_source_id"),
    _whole("query_id", optional=True),
    _whole("query_revision", optional=True),
    _text("fingerprint"),
    _text("sql"),
    _text("columns"),
    _whole("row_count"),
    _text("artifact_key"),
    _whole("byte_count"),
    _text("sha256"),
    _number("runtime_seconds"),
    _time("retrieved_at"),
    _text("private_to", optional=True),  # owners of private tables it was read from; None = none
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
    _time("retrieved_at"),
    sa.Index(None, "query_id", "retrieved_at", "result_id"),
    sa.Index(None, "result_id"),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("holder", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    _text("digest"),
    sa.Column("uid", sa.String(36), nullable=False),
    _time("created_at"),
    sa.Index(None, "created_at"),
)

# One row: how often something changed that is remembered for long, see memory.py.
lasting_changes = sa.Table(
    "lasting_changes",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=False),
    _whole("number"),
)

uploaded_tables = sa.Table(
    "uploaded_tables",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _text("namespace"),
    _text("name"),
    _text("description"),
    _flag("is_private"),
    _refers("owner_id", "users"),
    _text("columns"),
    _whole("version"),
    _whole("row_count"),
    _whole("byte_count"),
    _time("created_at"),
    _time("updated_at"),
    _text("kind", optional=True),
    sa.UniqueConstraint("workspace_id", "namespace", "name"),
    sqlite_autoincrement=True,
)

# A part that was removed keeps its row for a while: runs that have begun may still read it.
uploaded_parts = sa.Table(
    "uploaded_parts",
    metadata,
    _id(),
    _refers("table_id", "uploaded_tables", optional=True, on_delete="SET NULL"),
    _text("artifact_key"),
    _whole("byte_count"),
    _text("sha256"),
    _whole("row_count"),
    _time("created_at"),
    _time("removed_at", optional=True),
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
    _refers("query_id", "queries"),
    _flag("is_private"),
    _flag("reads_private"),
    _text("cron"),
    _time("expires_at", optional=True),
    _time("next_run_at", optional=True),
    _refers("execution_id", "executions", optional=True, on_delete="SET NULL"),
    _text("runs"),
    _text("trouble"),
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
    _whole("executions"),
    _whole("reads"),
    _whole("result_bytes"),
)

# Names under which the rows of a query are read.
custom_endpoints = sa.Table(
    "custom_endpoints",
    metadata,
    _id(),
    _refers("workspace_id", "workspaces"),
    _text("handle"),
    _text("slug"),
    _refers("owner_id", "users"),
    _refers("query_id", "queries"),
    _time("created_at"),
    _time("updated_at"),
    sa.UniqueConstraint("workspace_id", "handle", "slug"),
    sqlite_autoincrement=True,
)

# Executions of pipelines: open until all their nodes are over.
pipelines = sa.Table(
    "pipelines",
    metadata,
    _id(),
    _uid(),
    _refers("workspace_id", "workspaces"),
    _refers("owner_id", "users"),
    _time("created_at"),
    _time("finished_at", optional=True),
    sa.Index(None, "finished_at"),
    sqlite_autoincrement=True,
)

# Neither the query nor the submission is referred to: what has run may be forgotten before.
pipeline_nodes = sa.Table(
    "pipeline_nodes",
    metadata,
    sa.Column("pipeline_id", BigId, sa.ForeignKey("pipelines.id"), primary_key=True),
    sa.Column("number", BigId, primary_key=True, autoincrement=False),
    _whole("place"),
    _text("node"),
    _text("submission_uid", optional=True),
    _text("outcome", optional=True),
    _text("error"),
)

IS_UNDER_WAY = sa.and_(
    pipeline_nodes.c.outcome.is_(None), pipeline_nodes.c.submission_uid.is_not(None)
)
sa.Index(
    "ix_pipeline_nodes_under_way",
    pipeline_nodes.c.submission_uid,
    sqlite_where=IS_UNDER_WAY,
    postgresql_where=IS_UNDER_WAY,
)

"""Tables of what callers ask for that is more than one run: pipelines, batches, reports."""

import sqlalchemy as sa

from standpipe.stores.metadata.fields import (
    BigId,
    numbered,
    refers,
    text,
    time,
    unique,
    whole,
)
from standpipe.stores.metadata.tables import metadata

# Requests of reports; neither the query nor the run is referred to, which may be forgotten before.
report_requests = sa.Table(
    "report_requests",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    sa.Column("holder_user_id", BigId, nullable=True),
    sa.Column("holder_key_id", BigId, nullable=True),
    sa.Column("query_id", BigId, nullable=False),
    text("submission_uid"),
    text("plan"),
    time("reference_at"),
    time("created_at"),
    time("cancelled_at", optional=True),
    sa.Index(None, "query_id", "id"),
    sa.Index(None, "submission_uid"),
    sa.Index(None, "created_at"),
    sqlite_autoincrement=True,
)

# What one request has begun; its submissions may be forgotten before it.
batches = sa.Table(
    "batches",
    metadata,
    numbered(),
    refers("workspace_id", "workspaces"),
    sa.Column("holder_user_id", BigId, nullable=True),
    sa.Column("holder_key_id", BigId, nullable=True),
    sa.Column("dashboard_id", BigId, nullable=True),
    sa.Column("data_source_id", BigId, nullable=True),
    text("submissions"),
    time("created_at"),
    sa.Index(None, "created_at"),
    sqlite_autoincrement=True,
)

# Executions of pipelines: open until all their nodes are over.
pipelines = sa.Table(
    "pipelines",
    metadata,
    numbered(),
    unique(),
    refers("workspace_id", "workspaces"),
    refers("owner_id", "users"),
    time("created_at"),
    time("finished_at", optional=True),
    sa.Index(None, "finished_at"),
    sqlite_autoincrement=True,
)

# Neither the query nor the submission is referred to: what has run may be forgotten before.
pipeline_nodes = sa.Table(
    "pipeline_nodes",
    metadata,
    sa.Column("pipeline_id", BigId, sa.ForeignKey("pipelines.id"), primary_key=True),
    sa.Column("number", BigId, primary_key=True, autoincrement=False),
    whole("place"),
    text("node"),
    text("submission_uid", optional=True),
    text("outcome", optional=True),
    text("error"),
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

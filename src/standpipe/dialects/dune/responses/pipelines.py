"""Pipelines: their graphs, and how they stand (compat/dune.md 3.8)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from standpipe.core.pipelines import Node, NodeRun, NodeState, Pipeline
from standpipe.dialects.dune.responses.bodies import show_id


class QueryNodeShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A run of a saved query."""

    query_id: int
    performance: str
    query_parameters: dict[str, Any]


class ViewNodeShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A refresh of a materialised view."""

    name: str
    performance: str


class NodeShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A node, as a request may have it."""

    id: int
    dependencies: list[int]
    query_execution: QueryNodeShown | UnsetType = UNSET
    materialized_view_refresh: ViewNodeShown | UnsetType = UNSET


class GraphShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Nodes, each after those that it depends on."""

    nodes: list[NodeShown]


class PipelineShown(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The graph of a query."""

    pipeline: GraphShown


class PipelineStarted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The answer to a pipeline that was asked for."""

    pipeline_execution_id: str


class QueryStatus(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the run of a node stands."""

    status: str
    query_id: int
    execution_id: str | UnsetType = UNSET
    error: str | UnsetType = UNSET


class ViewStatus(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How the refresh of a node stands."""

    status: str
    name: str
    execution_id: str | UnsetType = UNSET
    error: str | UnsetType = UNSET


class NodeStatus(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a node stands; a refresh is said to be a run of the view's query too."""

    id: int
    query_execution_status: QueryStatus
    materialized_view_refresh_status: ViewStatus | UnsetType = UNSET


class PipelineStatus(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a pipeline stands: pending, executing, completed or failed."""

    status: str
    node_executions: list[NodeStatus]
    error: str | UnsetType = UNSET


def show_graph(nodes: Sequence[Node]) -> PipelineShown:
    """Return the graph of a query."""
    return PipelineShown(pipeline=GraphShown(nodes=[_show_node(node) for node in nodes]))


def show_pipeline(pipeline: Pipeline) -> PipelineStatus:
    """Return how a pipeline stands; its error is that of the first node that failed by itself."""
    failed = [run for run in pipeline.nodes if run.state is NodeState.FAILED]
    first = next((run for run in failed if run.uid is not None), failed[0] if failed else None)
    is_over = pipeline.state is NodeState.FAILED
    return PipelineStatus(
        status=pipeline.state.value,
        node_executions=[_show_run(run) for run in pipeline.nodes],
        error=f"node {first.node.id}: {first.failure}" if first and is_over else UNSET,
    )


def _show_node(node: Node) -> NodeShown:
    if node.view is not None:
        return NodeShown(
            id=node.id,
            dependencies=list(node.dependencies),
            materialized_view_refresh=ViewNodeShown(
                name=node.view.full_name, performance=node.performance
            ),
        )
    return NodeShown(
        id=node.id,
        dependencies=list(node.dependencies),
        query_execution=QueryNodeShown(
            query_id=node.query_id,
            performance=node.performance,
            query_parameters=dict(node.values),
        ),
    )


def _show_run(run: NodeRun) -> NodeStatus:
    status = run.state.value
    execution_id = UNSET if run.uid is None else show_id(run.uid)
    error = run.failure if run.state is NodeState.FAILED else UNSET
    view = run.node.view
    return NodeStatus(
        id=run.node.id,
        query_execution_status=QueryStatus(
            status=status, query_id=run.node.query_id, execution_id=execution_id, error=error
        ),
        materialized_view_refresh_status=UNSET
        if view is None
        else ViewStatus(status=status, name=view.full_name, execution_id=execution_id, error=error),
    )

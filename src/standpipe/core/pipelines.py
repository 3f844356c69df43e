"""Pipelines: runs of queries and refreshes of views, each after those that it depends on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from standpipe.core.errors import ExecutionCancelled, FieldInvalid, FieldMissing
from standpipe.core.executions import ExecutionState, Submission, error_of
from standpipe.core.ids import PipelineId, QueryId, Uid, UserId, WorkspaceId

MOST_NODES = 100


class NodeState(StrEnum):
    """Where a node stands, or a pipeline."""

    PENDING = "pending"
    EXECUTING = "executing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing can change any more."""
        return self in (NodeState.COMPLETED, NodeState.FAILED)


_STATES: Mapping[ExecutionState, NodeState] = {
    ExecutionState.QUEUED: NodeState.PENDING,
    ExecutionState.RUNNING: NodeState.EXECUTING,
    ExecutionState.SUCCEEDED: NodeState.COMPLETED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewName:
    """The materialised view that a node refreshes."""

    namespace: str
    name: str
    full_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A run of a saved query with values in wire form; with ``view``, a refresh of that instead.

    ``query_id`` is the view's query then, and there are no values. ``performance`` is what the
    caller wrote: all run alike here.
    """

    id: int
    dependencies: tuple[int, ...] = ()
    query_id: QueryId
    values: Mapping[str, Any] = field(default_factory=dict)
    view: ViewName | None = None
    performance: str = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRun:
    """How a node of a pipeline stands.

    ``uid`` is that of its submission once it began; ``submission`` is there as long as that is
    stored. ``outcome`` is final, and noted some time after its run has ended; ``error`` says why
    it failed.
    """

    node: Node
    uid: Uid | None = None
    submission: Submission | None = None
    outcome: NodeState | None = None
    error: str = ""

    @property
    def state(self) -> NodeState:
        """Where it stands now, whether or not that was noted."""
        if self.outcome is not None:
            return self.outcome
        if self.uid is None:
            return NodeState.PENDING
        if self.submission is None:
            return NodeState.FAILED
        return _STATES.get(self.submission.state, NodeState.FAILED)

    @property
    def failure(self) -> str:
        """Why it failed; empty if it did not."""
        if self.outcome is not None or self.state is not NodeState.FAILED:
            return self.error
        if self.submission is None:
            return "Its run was forgotten before its end was noted."
        is_cancelled = self.submission.cancelled_at is not None
        error = None if is_cancelled else error_of(self.submission.execution)
        return str(error or ExecutionCancelled())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """One execution of a graph, for the user who asked for it; ``nodes`` in the order given."""

    id: PipelineId
    uid: Uid
    workspace_id: WorkspaceId
    owner_id: UserId
    nodes: tuple[NodeRun, ...]
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def state(self) -> NodeState:
        """Failed or completed when all nodes are over; pending until the first one begins."""
        states = {run.state for run in self.nodes}
        if all(state.is_final for state in states):
            return NodeState.FAILED if NodeState.FAILED in states else NodeState.COMPLETED
        return NodeState.PENDING if states == {NodeState.PENDING} else NodeState.EXECUTING


def check_graph(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """Return the nodes of a graph; FieldMissing, FieldInvalid.

    There is at least one, ids are unique, dependencies are there, and none depends on itself, not
    even over others.
    """
    if not nodes:
        raise FieldMissing("pipeline.nodes: there are no nodes.")
    if len(nodes) > MOST_NODES:
        raise FieldInvalid(
            f"pipeline.nodes: there are {len(nodes)} nodes.", detail=f"{MOST_NODES} at most."
        )
    known: set[int] = set()
    for node in nodes:
        if node.id in known:
            raise FieldInvalid(f"pipeline.nodes: there are two nodes with the id {node.id}.")
        known.add(node.id)
    for node in nodes:
        for each in node.dependencies:
            if each not in known:
                raise FieldInvalid(
                    f"pipeline.nodes: node {node.id} depends on {each}, which is no node."
                )
    _check_order(nodes)
    return tuple(nodes)


def _check_order(nodes: Sequence[Node]) -> None:
    waiting = {node.id: set(node.dependencies) for node in nodes}
    while free := [number for number, needs in waiting.items() if not needs]:
        for number in free:
            del waiting[number]
        for needs in waiting.values():
            needs.difference_update(free)
    if waiting:
        circle = " -> ".join(str(number) for number in _circle(waiting))
        raise FieldInvalid(f"pipeline.nodes: nodes depend on each other in a circle: {circle}.")


def _circle(waiting: Mapping[int, set[int]]) -> Sequence[int]:
    """Return a circle among nodes each of which waits for another one of them."""
    path: list[int] = []
    here = next(iter(waiting))
    while here not in path:
        path.append(here)
        here = min(waiting[here])
    return [*path[path.index(here) :], here]


def find_ready(runs: Sequence[NodeRun]) -> Iterator[Node]:
    """Yield the nodes that have not begun and of which all dependencies are completed."""
    done = {run.node.id for run in runs if run.state is NodeState.COMPLETED}
    for run in runs:
        if run.outcome is None and run.uid is None and done.issuperset(run.node.dependencies):
            yield run.node


def find_blocked(runs: Sequence[NodeRun]) -> Iterator[tuple[Node, int]]:
    """Yield the nodes that have not begun and one failed dependency of each."""
    failed = {run.node.id for run in runs if run.state is NodeState.FAILED}
    for run in runs:
        if run.outcome is None and run.uid is None:
            for each in run.node.dependencies:
                if each in failed:
                    yield run.node, each
                    break

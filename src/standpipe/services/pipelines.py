"""Pipelines: asked for, carried on whenever one of their runs ends, looked at.

Whoever carries on a pipeline may be killed at any moment, and others may do the same at the same
time: what is true is in the store, and a node begins in the transaction that notes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import (
    NotFound,
    StandpipeError,
    Unavailable,
)
from standpipe.core.executions import Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import PipelineId, Uid, UserId, new_uid
from standpipe.core.permissions import require_table_owner, require_user
from standpipe.core.pipelines import (
    Node,
    NodeRun,
    NodeState,
    Pipeline,
    check_graph,
    find_blocked,
    find_ready,
)
from standpipe.core.ports import PeopleStore, PipelineStore, QueryStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.services.binding import Binding
from standpipe.services.keys import Keys
from standpipe.services.materialized_views import MaterializedViews
from standpipe.services.pipeline_graphs import Graph, name_of
from standpipe.services.submit import Prepared, QueryAsk, Submit


class PipelinesStore(PipelineStore, PeopleStore, QueryStore, Protocol):
    """The slice of the metadata store that pipelines need."""


class Pipelines:
    """Executions of graphs; each node is a submission of the user who asked."""

    def __init__(
        self,
        store: PipelinesStore,
        *,
        submit: Submit,
        binding: Binding,
        views: MaterializedViews,
        keys: Keys,
        clock: Clock,
    ) -> None:
        """Take the ports and the services that run what nodes are."""
        self._store = store
        self._submit = submit
        self._binding = binding
        self._views = views
        self._keys = keys
        self._clock = clock

    def graph_of(
        self,
        principal: Principal,
        query: Query,
        values: Mapping[str, Any],
        *,
        performance: str = "medium",
    ) -> tuple[Node, ...]:
        """Return the views that a query reads, also over others, each before its readers; then it.

        Views that the principal may not refresh are left out: he reads them as they are.
        """
        graph = Graph(self._store, self._views, principal, performance)
        return graph.nodes_of(query, values)

    def view_node(self, principal: Principal, names: tuple[str | None, str], node: Node) -> Node:
        """Return a node that refreshes the view of these names instead; NotFound, NotAllowed."""
        view = self._views.get(principal, *names)
        require_table_owner(principal, view.table)
        return replace(node, view=name_of(view), query_id=view.query_id)

    def check(self, principal: Principal, nodes: Sequence[Node]) -> tuple[Node, ...]:
        """Return a graph that this user may execute; raises what the first run would.

        What a node reads of views may be missing: an earlier node may make it. Takes SQL apart.
        """
        require_user(principal)
        graph = check_graph(nodes)
        for node in graph:
            if node.view is None:
                query = self._store.get_query(node.query_id)
                source = self._submit.check_query(principal, query)
                self._binding.query(query, source, node.values)
        return graph

    def add(self, principal: Principal, graph: Sequence[Node]) -> Uid:
        """Store an execution of a graph that was checked; ``advance`` begins it."""
        require_user(principal)
        assert principal.user_id is not None  # noqa: S101 # a user has one
        now = self._clock.now()
        pipeline = Pipeline(
            id=PipelineId(0),
            uid=new_uid(now),
            workspace_id=principal.workspace_id,
            owner_id=principal.user_id,
            nodes=tuple(NodeRun(node=node) for node in graph),
            created_at=now,
        )
        return self._store.add_pipeline(pipeline).uid

    def get(self, principal: Principal, uid: Uid) -> Pipeline:
        """Return a pipeline execution of one's own; NotFound for everybody else's."""
        pipeline = self._store.get_pipeline(uid)
        if principal.user_id != pipeline.owner_id:
            raise NotFound(f"There is no pipeline execution {uid}.")
        return pipeline

    def find_open(self) -> Sequence[Uid]:
        """Return all that are not over, whoever left them where."""
        return self._store.find_open_pipelines()

    def find_moved(self) -> Sequence[Uid]:
        """Return those of which a run has ended since they were carried on; one small read."""
        return self._store.find_moved_pipelines()

    def advance(self, uid: Uid) -> None:
        """Note what has ended, fail what cannot begin any more, begin what can.

        May be called by anybody at any time: nothing begins twice. What cannot begin just now,
        since the store does not answer, is left to the next call.
        """
        try:
            while self._settle(uid):
                pipeline = self._store.get_pipeline(uid)
                ready = tuple(find_ready(pipeline.nodes))
                if not ready:
                    return
                for node in ready:
                    self._begin(pipeline, node)
        except (NotFound, Unavailable):
            return

    def _settle(self, uid: Uid) -> bool:
        """Note what has ended, and what follows from it; False when all nodes are over."""
        pipeline = self._store.get_pipeline(uid)
        if pipeline.finished_at is not None or not _is_behind(pipeline.nodes):
            return pipeline.finished_at is None
        with self._store.transaction():
            pipeline = self._store.get_pipeline(uid)
            for run in pipeline.nodes:
                if run.outcome is None and run.state.is_final:
                    self._note(pipeline, run.node, run.state, run.failure)
            while blocked := tuple(find_blocked(self._store.get_pipeline(uid).nodes)):
                for node, culprit in blocked:
                    text = f"not run because node {culprit} failed"
                    self._note(pipeline, node, NodeState.FAILED, text)
            is_over = all(run.outcome for run in self._store.get_pipeline(uid).nodes)
            if is_over:
                self._store.finish_pipeline(pipeline.id, self._clock.now())
        return not is_over

    def _note(self, pipeline: Pipeline, node: Node, outcome: NodeState, error: str) -> None:
        self._store.settle_node(pipeline.id, node.id, outcome, error)

    def _begin(self, pipeline: Pipeline, node: Node) -> None:
        """Submit a node unless somebody else did; one that is refused has failed."""
        try:
            caller = self._principal(pipeline.owner_id)
            prepared = None if node.view else self._prepare(caller, node)
            with self._store.transaction():
                if not self._is_waiting(pipeline.uid, node):
                    return
                submission = self._start(caller, node, prepared)
                self._store.start_node(pipeline.id, node.id, submission.uid)
        except Unavailable:
            raise
        except StandpipeError as error:
            with self._store.transaction():
                if self._is_waiting(pipeline.uid, node):
                    self._note(pipeline, node, NodeState.FAILED, str(error))

    def _prepare(self, caller: Principal, node: Node) -> Prepared:
        """Prepare a run that begins after this moment, and so after what the node depends on."""
        ask = QueryAsk(query_id=node.query_id, values=node.values, freshness=MUST_RUN)
        prepared = self._submit.prepare_query(caller, ask)
        if isinstance(prepared, Result):
            raise TypeError("A run that must begin anew is never a stored result.")
        return prepared

    def _start(self, caller: Principal, node: Node, prepared: Prepared | None) -> Submission:
        if prepared is not None:
            return self._submit.enqueue(prepared)
        if node.view is None:
            raise TypeError("A node without a view is a prepared run.")
        # A refresh that goes on may have read what was there before the node's dependencies.
        return self._views.refresh(
            caller,
            node.view.namespace,
            node.view.name,
            joins_running=not node.dependencies,
        )

    def _is_waiting(self, uid: Uid, node: Node) -> bool:
        nodes = self._store.get_pipeline(uid).nodes
        run = next(each for each in nodes if each.node.id == node.id)
        return run.uid is None and run.outcome is None

    def _principal(self, user_id: UserId) -> Principal:
        return self._keys.principal_of(self._store.get_user(user_id))


def _is_behind(runs: Sequence[NodeRun]) -> bool:
    """Whether something is over that was not noted."""
    has_ended = any(run.outcome is None and run.state.is_final for run in runs)
    return has_ended or any(find_blocked(runs)) or all(run.outcome for run in runs)

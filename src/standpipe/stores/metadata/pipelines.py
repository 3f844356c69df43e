"""Executions of pipelines, and how their nodes stand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from standpipe.core.errors import NotFound
from standpipe.core.executions import Submission
from standpipe.core.ids import PipelineId, Uid, UserId, WorkspaceId
from standpipe.core.pipelines import Node, NodeRun, NodeState, Pipeline
from standpipe.stores.metadata.request_tables import IS_UNDER_WAY, pipeline_nodes, pipelines
from standpipe.stores.metadata.rows import AnyRow, read_submission
from standpipe.stores.metadata.submissions import Submissions, select_submissions
from standpipe.stores.metadata.tables import executions, submissions
from standpipe.stores.metadata.values import (
    from_optional_time,
    from_time,
    from_uid,
    to_json,
    to_optional_time,
    to_time,
)

_BY_UID = select(pipelines).where(pipelines.c.uid == bindparam("pipeline_uid"))
_NODES = (
    select(pipeline_nodes)
    .where(pipeline_nodes.c.pipeline_id == bindparam("pipeline"))
    .order_by(pipeline_nodes.c.place)
)
_NODE = and_(
    pipeline_nodes.c.pipeline_id == bindparam("pipeline"),
    pipeline_nodes.c.number == bindparam("node_id"),
)
_OPEN = select(pipelines.c.uid).where(pipelines.c.finished_at.is_(None)).order_by(pipelines.c.id)
_RUNS = (
    pipeline_nodes.join(pipelines, pipelines.c.id == pipeline_nodes.c.pipeline_id)
    .join(submissions, submissions.c.uid == pipeline_nodes.c.submission_uid, isouter=True)
    .join(executions, executions.c.id == submissions.c.execution_id, isouter=True)
)
_HAS_ENDED = or_(
    submissions.c.id.is_(None),
    submissions.c.cancelled_at.is_not(None),
    executions.c.finished_at.is_not(None),
)
_MOVED = (
    select(pipelines.c.uid)
    .select_from(_RUNS)
    .where(IS_UNDER_WAY, _HAS_ENDED)
    .group_by(pipelines.c.id)
    .order_by(pipelines.c.id)
)
_OLD = (
    select(pipelines.c.id)
    .where(pipelines.c.finished_at < bindparam("before"))
    .order_by(pipelines.c.finished_at)
    .limit(bindparam("most"))
)
_SUBMISSIONS = select_submissions(submissions.c.uid.in_(bindparam("uids", expanding=True)))
_node = msgspec.json.Decoder(Node)


class Pipelines(Submissions):
    """Implements PipelineStore."""

    def add_pipeline(self, pipeline: Pipeline) -> Pipeline:
        """Store a new one, of which nothing has begun."""
        head = insert(pipelines).values(
            uid=str(pipeline.uid),
            workspace_id=pipeline.workspace_id,
            owner_id=pipeline.owner_id,
            created_at=to_time(pipeline.created_at),
            finished_at=to_optional_time(pipeline.finished_at),
        )
        with self.transaction():
            number = self._insert(head)
            for place, run in enumerate(pipeline.nodes):
                values = {
                    "pipeline_id": number,
                    "number": run.node.id,
                    "place": place,
                    "node": to_json(run.node),
                    "error": "",
                }
                self._write(insert(pipeline_nodes), values)
        return replace(pipeline, id=PipelineId(number))

    def get_pipeline(self, uid: Uid) -> Pipeline:
        """Return one, its nodes with their submissions as they stand; NotFound."""
        row = self._one(_BY_UID, {"pipeline_uid": str(uid)})
        if row is None:
            raise NotFound(f"There is no pipeline execution {uid}.")
        nodes = self._all(_NODES, {"pipeline": row.id})
        runs = self._find_runs(nodes)
        return Pipeline(
            id=PipelineId(row.id),
            uid=from_uid(row.uid),
            workspace_id=WorkspaceId(row.workspace_id),
            owner_id=UserId(row.owner_id),
            nodes=tuple(_read_node(node, runs) for node in nodes),
            created_at=from_time(row.created_at),
            finished_at=from_optional_time(row.finished_at),
        )

    def find_open_pipelines(self) -> tuple[Uid, ...]:
        """Return those that are not finished; oldest first."""
        return tuple(from_uid(row.uid) for row in self._all(_OPEN))

    def find_moved_pipelines(self) -> tuple[Uid, ...]:
        """Return the open ones of which a run is over and was not noted; oldest first."""
        return tuple(from_uid(row.uid) for row in self._all(_MOVED))

    def start_node(self, pipeline_id: PipelineId, node_id: int, uid: Uid) -> None:
        """Note the submission of a node."""
        values = {"pipeline": pipeline_id, "node_id": node_id}
        begun = update(pipeline_nodes).where(_NODE).values(submission_uid=str(uid))
        self._write(begun, values)

    def settle_node(
        self, pipeline_id: PipelineId, node_id: int, outcome: NodeState, error: str = ""
    ) -> None:
        """Note how a node ended."""
        values = {"pipeline": pipeline_id, "node_id": node_id}
        ended = update(pipeline_nodes).where(_NODE).values(outcome=outcome.value, error=error)
        self._write(ended, values)

    def finish_pipeline(self, pipeline_id: PipelineId, at: datetime) -> None:
        """Note that all nodes are over; the first time counts."""
        is_open = and_(pipelines.c.id == pipeline_id, pipelines.c.finished_at.is_(None))
        self._write(update(pipelines).where(is_open).values(finished_at=to_time(at)))

    def delete_pipelines(self, before: datetime, limit: int) -> int:
        """Forget those that finished before that time; oldest first. Returns how many."""
        values = {"before": to_time(before), "most": limit}
        if not self._all(_OLD, values):
            return 0
        with self.transaction():
            ids = [row.id for row in self._all(_OLD, values)]
            self._write(delete(pipeline_nodes).where(pipeline_nodes.c.pipeline_id.in_(ids)))
            return self._write(delete(pipelines).where(pipelines.c.id.in_(ids)))

    def _find_runs(self, nodes: Sequence[AnyRow]) -> Mapping[str, Submission]:
        """Return the submissions of nodes that have begun, as far as they are stored."""
        uids = {row.submission_uid for row in nodes if row.submission_uid is not None}
        found = self._all(_SUBMISSIONS, {"uids": sorted(uids)}) if uids else ()
        return {row.s_uid: read_submission(row) for row in found}


def _read_node(row: AnyRow, runs: Mapping[str, Submission]) -> NodeRun:
    uid = row.submission_uid
    return NodeRun(
        node=_node.decode(row.node),
        uid=None if uid is None else from_uid(uid),
        submission=runs.get(uid),
        outcome=None if row.outcome is None else NodeState(row.outcome),
        error=row.error,
    )

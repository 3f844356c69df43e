"""Contract of the store of pipelines."""

from dataclasses import replace

import pytest
from tests.contracts.house import NOW, House, at, new_result

from standpipe.core.errors import NotFound
from standpipe.core.executions import ExecutionState
from standpipe.core.ids import PipelineId, QueryId, new_uid
from standpipe.core.pipelines import Node, NodeRun, NodeState, Pipeline, ViewName

NODES = (
    Node(id=7, dependencies=(2,), query_id=QueryId(3), values={"a": [1, "x"], "b": None}),
    Node(id=2, query_id=QueryId(4), view=ViewName(namespace="n", name="v", full_name="dune.n.v")),
)


def new_pipeline(house: House, *nodes: Node) -> Pipeline:
    """A pipeline of the house's user."""
    return Pipeline(
        id=PipelineId(0),
        uid=new_uid(NOW),
        workspace_id=house.workspace.id,
        owner_id=house.user.id,
        nodes=tuple(NodeRun(node=node) for node in nodes or NODES),
        created_at=NOW,
    )


def test_a_pipeline_is_found_as_it_was_stored(house: House) -> None:
    """Its nodes are in the order given."""
    made = house.store.add_pipeline(new_pipeline(house))
    assert house.store.get_pipeline(made.uid) == made
    assert made.state is NodeState.PENDING
    assert house.store.find_open_pipelines() == (made.uid,)
    assert house.store.find_moved_pipelines() == ()
    with pytest.raises(NotFound):
        house.store.get_pipeline(new_uid(NOW))


def test_a_node_stands_as_its_submission_does(house: House) -> None:
    """Pending, executing, and over: then the pipeline has moved until that is noted."""
    store = house.store
    made = store.add_pipeline(new_pipeline(house))
    submission = house.enqueue()
    store.start_node(made.id, 2, submission.uid)
    run = store.get_pipeline(made.uid).nodes[1]
    assert (run.submission, run.state) == (submission, NodeState.PENDING)
    claim = house.claim()
    run = store.get_pipeline(made.uid).nodes[1]
    assert run.state is NodeState.EXECUTING
    assert store.get_pipeline(made.uid).state is NodeState.EXECUTING
    assert store.find_moved_pipelines() == ()
    assert store.finish(claim, at(1), ExecutionState.SUCCEEDED, result=new_result()) is not None
    assert store.get_pipeline(made.uid).nodes[1].state is NodeState.COMPLETED
    assert store.find_moved_pipelines() == (made.uid,)
    store.settle_node(made.id, 2, NodeState.COMPLETED)
    assert store.find_moved_pipelines() == ()


def test_a_cancelled_or_forgotten_run_has_moved_too(house: House) -> None:
    """Both are failures that say why."""
    store = house.store
    made = store.add_pipeline(new_pipeline(house))
    submission = house.enqueue()
    store.start_node(made.id, 2, submission.uid)
    store.cancel_submission(submission.uid, at(1))
    assert store.find_moved_pipelines() == (made.uid,)
    run = store.get_pipeline(made.uid).nodes[1]
    assert run.state is NodeState.FAILED
    assert "cancelled" in run.failure
    assert store.delete_executions(at(2), 10) == 1
    assert store.find_moved_pipelines() == (made.uid,)
    run = store.get_pipeline(made.uid).nodes[1]
    assert (run.submission, run.state) == (None, NodeState.FAILED)
    assert "forgotten" in run.failure


def test_an_outcome_outlives_its_run(house: House) -> None:
    """What was noted stays when the run is gone."""
    store = house.store
    made = store.add_pipeline(new_pipeline(house))
    store.settle_node(made.id, 2, NodeState.FAILED, "no such table")
    run = store.get_pipeline(made.uid).nodes[1]
    assert (run.state, run.failure) == (NodeState.FAILED, "no such table")


def test_finished_pipelines_are_forgotten_the_oldest_first(house: House) -> None:
    """Open ones never are; the first end counts."""
    store = house.store
    made = [store.add_pipeline(new_pipeline(house)) for _ in range(4)]
    for seconds, each in enumerate(made[:3]):
        store.finish_pipeline(each.id, at(seconds))
        store.finish_pipeline(each.id, at(100))
    assert store.get_pipeline(made[0].uid) == replace(made[0], finished_at=at(0))
    assert store.find_open_pipelines() == (made[3].uid,)
    assert store.delete_pipelines(at(1.5), 1) == 1
    assert store.delete_pipelines(at(1.5), 100) == 1
    assert store.delete_pipelines(at(1.5), 100) == 0
    for gone in made[:2]:
        with pytest.raises(NotFound):
            store.get_pipeline(gone.uid)
    assert store.get_pipeline(made[2].uid).finished_at == at(2)

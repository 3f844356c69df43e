"""Graphs of pipelines: what is refused, and what may begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standpipe.core.errors import FieldInvalid, FieldMissing
from standpipe.core.ids import QueryId, Uid, parse_uid
from standpipe.core.pipelines import (
    MOST_NODES,
    Node,
    NodeRun,
    NodeState,
    check_graph,
    find_blocked,
    find_ready,
)


def node(number: int, *needs: int) -> Node:
    """A node of some query."""
    return Node(id=number, dependencies=needs, query_id=QueryId(1))


@pytest.mark.parametrize(
    ("nodes", "text"),
    [
        ([node(1), node(1)], "two nodes with the id 1"),
        ([node(1, 2)], "node 1 depends on 2, which is no node"),
        ([node(1, 1)], "in a circle: 1 -> 1"),
        ([node(0), node(1, 3, 0), node(2, 1), node(3, 2)], "in a circle: 1 -> 3 -> 2 -> 1"),
        ([node(1), node(5, 1, 3), node(3, 4), node(4, 3)], "in a circle: 3 -> 4 -> 3"),
        ([node(number) for number in range(MOST_NODES + 1)], "there are 101 nodes"),
    ],
)
def test_a_graph_that_cannot_be_run_is_refused(nodes: list[Node], text: str) -> None:
    """With what is wrong with it."""
    with pytest.raises(FieldInvalid) as caught:
        check_graph(nodes)
    assert text in str(caught.value)


def test_a_graph_has_nodes() -> None:
    """At least one, at most a hundred."""
    with pytest.raises(FieldMissing):
        check_graph([])
    assert len(check_graph([node(number) for number in range(MOST_NODES)])) == MOST_NODES


@given(st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=4), min_size=1))
def test_a_graph_is_taken_if_its_nodes_can_be_put_in_order(graph: dict[int, list[int]]) -> None:
    """What is taken can be run to its end, what is refused cannot."""
    nodes = [node(number, *needs) for number, needs in graph.items()]
    done: set[int] = set()
    for _ in nodes:
        done |= {each.id for each in nodes if done.issuperset(each.dependencies)}
    try:
        check_graph(nodes)
    except FieldInvalid:
        assert done != set(graph)
    else:
        assert done == set(graph)


def test_a_node_is_ready_when_all_it_needs_is_completed() -> None:
    """And blocked by one that failed; what has begun is neither."""
    uid = parse_uid("00000000-0000-7000-8000-000000000000")
    assert uid is not None
    begun = NodeRun(node=node(4), uid=Uid(uid), outcome=None)
    runs = [
        NodeRun(node=node(1), outcome=NodeState.COMPLETED),
        NodeRun(node=node(2), outcome=NodeState.FAILED),
        NodeRun(node=node(3, 1)),
        NodeRun(node=node(5, 1, 2)),
        NodeRun(node=node(6, 3)),
        NodeRun(node=node(7)),
        begun,
    ]
    assert [each.id for each in find_ready(runs)] == [3, 7]
    assert [(each.id, culprit) for each, culprit in find_blocked(runs)] == [(5, 2)]

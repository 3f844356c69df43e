"""Pipelines of services over a real store, whose runs end when a test says so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.house import NOW
from tests.support.services import Stage

from standpipe.core.errors import (
    FieldInvalid,
    NotAllowed,
    NotFound,
    ParameterInvalid,
    SourceFailed,
    UserNeeded,
)
from standpipe.core.ids import GroupId, QueryId, Uid
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.pipelines import Node, NodeState, Pipeline
from standpipe.core.principals import DEFAULT_PERMISSIONS, Permission, Principal
from standpipe.core.queries import Query
from standpipe.core.workspaces import Group, User
from standpipe.services.materialized_views import ViewAsk
from standpipe.services.queries import QueryDraft

C, F, P, E = NodeState.COMPLETED, NodeState.FAILED, NodeState.PENDING, NodeState.EXECUTING


class Works(Stage):
    """A stage with an author and another one, who are in groups that the store knows."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        authors = self.group("authors", *DEFAULT_PERMISSIONS)
        chiefs = self.group("chiefs", *DEFAULT_PERMISSIONS, Permission.ADMIN)
        self.source = self.store.update_data_source(replace(self.source, grants={authors: False}))
        self.author = self.member(self.user, authors)
        self.bob = self.member(self.add_user("Bob"), authors)
        self.admin = self.member(self.add_user("Chief"), chiefs)
        parameter = Parameter(name="n", kind=ParameterKind.NUMBER)
        self.counting = self.query("select {{n}} as n", parameters=(parameter,))
        self.made = 0

    def group(self, name: str, *permissions: str) -> GroupId:
        group = Group(
            id=GroupId(0),
            workspace_id=self.workspace.id,
            name=name,
            permissions=permissions,
            is_builtin=False,
            created_at=NOW,
        )
        return self.store.add_group(group).id

    def member(self, user: User, *groups: GroupId) -> Principal:
        changed = replace(user, group_ids=groups)
        return self.keys.principal_of(self.store.update_user(changed))

    def query(self, sql: str, who: Principal | None = None, **draft: Any) -> Query:
        made = QueryDraft(name="Q", sql=sql, data_source_id=self.source.id, **draft)
        return self.queries.create(who or self.author, made)

    def view(self, sql: str, name: str, who: Principal | None = None) -> MaterializedView:
        """Make a view whose first refresh is never run."""
        ask = ViewAsk(name=name, query_id=self.query(sql, who).id)
        view, run = self.views.upsert(who or self.author, ask)
        self.store.cancel_submission(run, self.clock.now())
        return view

    def node(self, number: int, *needs: int) -> Node:
        """A node with a statement that no other one has."""
        self.made += 1
        values = {"n": self.made}
        return Node(id=number, dependencies=needs, query_id=self.counting.id, values=values)

    def begin(self, *nodes: Node, who: Principal | None = None) -> Uid:
        graph = self.pipelines.check(who or self.author, nodes)
        uid = self.pipelines.add(who or self.author, graph)
        self.pipelines.advance(uid)
        return uid

    def end(self, uid: Uid, number: int, *, fails: bool = False) -> None:
        """Let the run of a node end, and those hear of it who carry on."""
        submission = self.run(uid, number).submission
        assert submission is not None
        if fails:
            self.fail(submission, SourceFailed("broken"))
        else:
            self.finish(submission)
        for moved in self.pipelines.find_moved():
            self.pipelines.advance(moved)

    def run(self, uid: Uid, number: int) -> Any:
        return next(run for run in self.get(uid).nodes if run.node.id == number)

    def get(self, uid: Uid) -> Pipeline:
        return self.store.get_pipeline(uid)

    def states(self, uid: Uid) -> Mapping[int, NodeState]:
        return {run.node.id: run.state for run in self.get(uid).nodes}

    def begun(self, uid: Uid) -> set[int]:
        return {run.node.id for run in self.get(uid).nodes if run.uid is not None}


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    """Services over a store of its own."""
    works = Works(tmp_path)
    yield works
    works.close()


def test_nodes_begin_when_all_they_need_is_completed(works: Works) -> None:
    """In a diamond both sides wait for its head, and its foot for both."""
    uid = works.begin(works.node(4, 2, 3), works.node(2, 1), works.node(3, 1), works.node(1))
    assert works.begun(uid) == {1}
    works.end(uid, 1)
    assert works.begun(uid) == {1, 2, 3}
    works.end(uid, 3)
    assert works.begun(uid) == {1, 2, 3}
    works.end(uid, 2)
    assert works.begun(uid) == {1, 2, 3, 4}
    assert (works.get(uid).state, works.get(uid).finished_at) == (E, None)
    works.end(uid, 4)
    assert works.get(uid).state is C
    assert works.get(uid).finished_at == works.clock.now()
    assert works.pipelines.find_open() == ()


def test_what_depends_on_a_failure_is_not_run(works: Works) -> None:
    """Directly or not; the others go on, and only then it is over."""
    nodes = (works.node(1), works.node(2, 1), works.node(3, 2, 4), works.node(4))
    uid = works.begin(*nodes)
    works.end(uid, 1, fails=True)
    assert works.states(uid) == {1: F, 2: F, 3: F, 4: P}
    assert works.get(uid).finished_at is None
    works.end(uid, 4)
    assert works.get(uid).state is F
    failures = [run.failure for run in works.get(uid).nodes]
    assert failures == [
        "broken",
        "not run because node 1 failed",
        "not run because node 2 failed",
        "",
    ]
    assert works.begun(uid) == {1, 4}


def test_a_cancelled_node_is_a_failed_one(works: Works) -> None:
    """Although its run may go on for others."""
    uid = works.begin(works.node(1), works.node(2, 1))
    works.submissions.cancel(works.author, works.run(uid, 1).uid)
    works.pipelines.advance(uid)
    assert works.states(uid) == {1: F, 2: F}
    assert "cancelled" in works.run(uid, 1).failure


def test_a_node_that_is_refused_has_failed(works: Works) -> None:
    """Rights count when it begins: here somebody loses his in between."""
    uid = works.begin(works.node(1), works.node(2, 1), works.node(3, 2))
    works.store.update_data_source(replace(works.source, grants={}))
    works.end(uid, 1)
    assert works.states(uid) == {1: C, 2: F, 3: F}
    assert "groups" in works.run(uid, 2).failure
    assert works.get(uid).state is F


def test_nothing_runs_for_a_disabled_user(works: Works) -> None:
    """What he asked for before ends there."""
    uid = works.begin(works.node(1), works.node(2, 1), who=works.bob)
    assert works.bob.user_id is not None
    bob = works.store.get_user(works.bob.user_id)
    works.store.update_user(replace(bob, is_disabled=True))
    works.end(uid, 1)
    assert works.states(uid) == {1: C, 2: F}


def test_what_was_left_half_way_is_carried_on(works: Works) -> None:
    """A pipeline that was stored, and a node whose end nobody has noted."""
    uid = works.pipelines.add(works.author, (works.node(1), works.node(2, 1)))
    assert works.pipelines.find_moved() == ()
    assert works.pipelines.find_open() == (uid,)
    works.pipelines.advance(uid)
    works.finish(works.run(uid, 1).submission)
    assert works.begun(uid) == {1}
    assert works.pipelines.find_moved() == (uid,)
    works.pipelines.advance(uid)
    assert works.begun(uid) == {1, 2}


def test_nothing_begins_twice_whoever_advances(works: Works) -> None:
    """Many at the same time begin each node once."""
    nodes = tuple(works.node(number) for number in range(10))
    uid = works.pipelines.add(works.author, nodes)
    barrier = Barrier(4)

    def advance() -> None:
        barrier.wait()
        works.pipelines.advance(uid)

    threads = [Thread(target=advance) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert works.begun(uid) == set(range(10))
    held = {run.submission.id for run in works.get(uid).nodes if run.submission}
    assert works.store.count_states()["queued"] == len(held) == 10


@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_graph_runs_each_node_after_what_it_needs(works: Works, data: st.DataObject) -> None:
    """Whatever order runs end in, and whichever fail; nothing is begun twice or left behind."""
    size = data.draw(st.integers(1, 7))
    needs = [data.draw(st.sets(st.integers(0, max(0, n - 1)))) if n else set() for n in range(size)]
    order = data.draw(st.permutations(range(size)))
    uid = works.begin(*(works.node(n, *sorted(needs[n])) for n in order))
    ended: dict[int, bool] = {}
    while under_way := sorted(works.begun(uid) - ended.keys()):
        for number in under_way:
            assert all(ended.get(each) for each in needs[number])
        number = data.draw(st.sampled_from(under_way))
        fails = data.draw(st.booleans())
        works.end(uid, number, fails=fails)
        ended[number] = not fails
    expected: dict[int, NodeState] = {}
    for number in range(size):
        is_free = all(expected[each] is C for each in needs[number])
        assert (number in ended) is is_free
        expected[number] = C if is_free and ended[number] else F
    assert works.states(uid) == expected
    assert works.get(uid).finished_at is not None


def test_a_graph_is_checked_before_anything_runs(works: Works) -> None:
    """Rights, values and the order of nodes; keys with a closed reach have no pipelines."""
    bad = replace(works.node(1), values={"n": "many"})
    with pytest.raises(ParameterInvalid):
        works.pipelines.check(works.author, (bad,))
    with pytest.raises(NotFound):
        works.pipelines.check(works.author, (replace(bad, query_id=QueryId(999)),))
    with pytest.raises(FieldInvalid):
        works.pipelines.check(works.author, (works.node(1, 2), works.node(2, 1)))
    stranger = works.member(works.add_user("Eve"))
    with pytest.raises(NotAllowed):
        works.pipelines.check(stranger, (works.node(1),))
    with pytest.raises(UserNeeded):
        works.pipelines.check(works.key_of(works.counting), (works.node(1),))


def test_a_pipeline_is_its_callers_alone(works: Works) -> None:
    """Even administrators do not see those of others."""
    uid = works.begin(works.node(1))
    assert works.pipelines.get(works.author, uid).uid == uid
    for other in (works.bob, works.admin):
        with pytest.raises(NotFound):
            works.pipelines.get(other, uid)


def names(nodes: Sequence[Node]) -> list[tuple[str, tuple[int, ...]]]:
    """Return what each node refreshes, and what it waits for."""
    return [(node.view.name if node.view else "", node.dependencies) for node in nodes]


def test_views_are_refreshed_before_what_reads_them(works: Works) -> None:
    """Also those that views read; each once, however many read it."""
    works.view("select 1 as a", "result_low")
    works.view("select a from dune.ada.result_low", "result_left")
    works.view("select * from dune.ada.result_low", "result_right")
    query = works.query(
        "select * from dune.ada.result_left, dune.ada.result_right, dune.ada.result_low"
    )
    graph = works.pipelines.graph_of(works.author, query, {})
    assert names(graph) == [
        ("result_low", ()),
        ("result_left", (1,)),
        ("result_right", (1,)),
        ("", (1, 2, 3)),
    ]
    uid = works.begin(*graph)
    assert works.begun(uid) == {1}
    for number in (1, 2, 3, 4):
        works.end(uid, number)
    assert works.get(uid).state is C


def test_views_of_others_are_read_as_they_are(works: Works) -> None:
    """Only their owner refreshes them, and administrators."""
    view = works.view("select 1 as a", "result_low")
    query = works.query("select * from dune.ada.result_low", works.bob)
    assert names(works.pipelines.graph_of(works.bob, query, {})) == [("", ())]
    assert names(works.pipelines.graph_of(works.admin, query, {})) == [
        ("result_low", ()),
        ("", (1,)),
    ]
    place = Node(id=1, query_id=QueryId(0))
    with pytest.raises(NotAllowed):
        works.pipelines.view_node(works.bob, ("ada", "result_low"), place)
    node = works.pipelines.view_node(works.author, (None, "result_low"), place)
    assert (node.query_id, node.view and node.view.full_name) == (view.query_id, view.full_name)


def test_a_view_that_reads_itself_is_refreshed_once(works: Works) -> None:
    """Its rows of before are what it reads."""
    view = works.view("select 1 as a", "result_self")
    sql = "select a + 1 as a from dune.ada.result_self"
    works.queries.edit(works.author, view.query_id, {"sql": sql})
    query = works.query("select * from dune.ada.result_self")
    graph = works.pipelines.graph_of(works.author, query, {})
    assert names(graph) == [("result_self", ()), ("", (1,))]


def test_a_view_is_refreshed_after_what_its_node_waits_for(works: Works) -> None:
    """A refresh that had begun before is none: it may have read what was there before."""
    view = works.view("select 1 as a", "result_low")
    node = works.pipelines.view_node(works.author, (None, "result_low"), works.node(2, 1))
    uid = works.begin(works.node(1), node)
    early = works.views.refresh(works.author, None, "result_low")
    claim = works.store.claim("w", works.clock.now(), 60.0, early.execution.id)
    assert claim is not None
    works.end(uid, 1)
    started = works.run(uid, 2).submission
    assert started is not None
    assert started.execution.id != early.execution.id
    assert works.store.get_view(view.id).table.row_count == 0

"""Materialised views as their users meet them: rights, refreshes, and statements over them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.connectors.duckdb import read_rows
from tests.contracts.house import LEASE, NOW, at
from tests.support.services import Stage

from standpipe.core.errors import (
    Conflict,
    ExecutionFailed,
    FieldInvalid,
    FieldMissing,
    NameTaken,
    NotAllowed,
    NotFound,
    ParameterMissing,
    SourceFailed,
    SourceNotAllowed,
    SourcePaused,
    UserNeeded,
)
from standpipe.core.executions import Submission, error_of
from standpipe.core.freshness import ANY_AGE, MUST_RUN
from standpipe.core.ids import ExecutionId, GroupId
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.principals import DEFAULT_PERMISSIONS, Permission, Principal
from standpipe.core.queries import Query, Visibility
from standpipe.core.results import Result
from standpipe.core.tables import BodyFormat, TableColumn
from standpipe.core.workspaces import Group, User
from standpipe.services.materialized_views import ViewAsk
from standpipe.services.queries import QueryDraft
from standpipe.services.query_saving import AUTO_LIMIT_FLAG
from standpipe.services.run import Runner
from standpipe.services.submit import StatementAsk
from standpipe.services.uploads import Rows, TableAsk

COLUMNS = (TableColumn(name="id", type="bigint"),)


class Desk(Stage):
    """A stage whose runs are really run, with two authors and an administrator."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.runner = Runner(
            self.store,
            connectors=self.connectors,
            artifacts=self.artifacts,
            clock=self.clock,
            observe=lambda _: None,
            lease_seconds=LEASE,
        )
        self.authors = self.group("authors", *DEFAULT_PERMISSIONS)
        self.source = self.store.update_data_source(
            replace(self.source, grants={self.authors: False})
        )
        chief = self.group("chiefs", *DEFAULT_PERMISSIONS, Permission.ADMIN)
        self.author = self.member(self.user, self.authors)
        self.bob = self.member(self.add_user("Bob"), self.authors)
        self.admin = self.member(self.add_user("Chief"), chief)

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
        """Let a user be in these groups alone."""
        changed = replace(user, group_ids=groups)
        return self.keys.principal_of(self.store.update_user(changed))

    def query(self, sql: str, who: Principal | None = None, **draft: Any) -> Query:
        made = QueryDraft(name="Q", sql=sql, data_source_id=self.source.id, **draft)
        return self.queries.create(who or self.author, made)

    def make(
        self, sql: str | Query, name: str = "result_x", who: Principal | None = None, **ask: Any
    ) -> MaterializedView:
        """Make a view of a statement, not yet refreshed."""
        query = sql if isinstance(sql, Query) else self.query(sql, who)
        asked = ViewAsk(name=name, query_id=query.id, **ask)
        return self.views.upsert(who or self.author, asked)[0]

    def fresh(self, *args: Any, **ask: Any) -> MaterializedView:
        """Make a view and let its refresh run to its end."""
        view = self.make(*args, **ask)
        assert view.execution_id is not None
        self.finish_run(view.execution_id)
        return self.store.get_view(view.id)

    def refresh(self, who: Principal | None = None, name: str = "result_x") -> Submission:
        return self.views.refresh(who or self.author, "ada", name)

    def finish_run(self, execution_id: ExecutionId) -> Result:
        """Let a run run to its end; raises the error of one that fails."""
        claim = self.store.claim("w", self.clock.now(), LEASE, execution_id)
        assert claim is not None
        self.runner.run(claim)
        execution = self.store.get_execution(execution_id)
        error = error_of(execution)
        if error is not None:
            raise error
        assert execution.result_id is not None
        return self.store.get_result(execution.result_id)

    def rows(
        self, sql: str = "from dune.ada.result_x", who: Principal | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a new run of a statement."""
        ask = StatementAsk(data_source_id=self.source.id, sql=sql, values={}, freshness=MUST_RUN)
        submission = self.submit.statement(who or self.author, ask)
        assert isinstance(submission, Submission)
        result = self.finish_run(submission.execution.id)
        return read_rows(self.artifacts.local_path(result.artifact.key))

    def upload(self, name: str, *ids: int, who: Principal | None = None, **ask: Any) -> None:
        person = who or self.author
        table = self.uploads.create(person, TableAsk(name=name, **ask), COLUMNS)
        self.insert(name, *ids, who=person, namespace=table.namespace)

    def insert(
        self, name: str, *ids: int, who: Principal | None = None, namespace: str = "ada"
    ) -> None:
        body = self.folder / "body"
        body.write_text("".join(["id\n", *(f"{id}\n" for id in ids)]))
        rows = Rows(body, BodyFormat.CSV)
        self.uploads.insert(who or self.author, namespace, name, rows)


@pytest.fixture(scope="module")
def desk_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: its engine has to be started."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.close()


@pytest.fixture
def desk(desk_of_all: Desk) -> Iterator[Desk]:
    """A desk without tables."""
    desk_of_all.clock.at = NOW
    yield desk_of_all
    for table in desk_of_all.uploads.find(desk_of_all.admin, limit=99).items:
        desk_of_all.store.delete_table(table.id, NOW)


def test_a_view_is_read_once_it_was_refreshed(desk: Desk) -> None:
    """Not before: then a statement says why; names have any case."""
    view = desk.make("select 1 as a, 'x' as b")
    assert (view.full_name, view.is_under_way) == ("dune.ada.result_x", True)
    with pytest.raises(SourceFailed, match=r"dune\.ada\.result_x has no rows yet"):
        desk.rows()
    assert view.execution_id is not None
    desk.finish_run(view.execution_id)
    assert desk.rows('select * from DUNE."Ada".Result_X') == [(1, "x")]
    assert desk.rows(who=desk.bob) == [(1, "x")]


def test_types_are_those_of_the_query(desk: Desk) -> None:
    """Whatever a result can hold, and however it is stored."""
    kinds = {
        "170141183460469231731687303715884105727::hugeint": "HUGEINT",
        "340282366920938463463374607431768211455::uhugeint": "UHUGEINT",
        "'9'::bignum": "BIGNUM",
        "interval '1 month 2 days 3 seconds'": "INTERVAL",
        "1.50::decimal(9,2)": "DECIMAL(9,2)",
        "date '2024-01-01'": "DATE",
        "timestamptz '2024-01-01 00:00:00+00'": "TIMESTAMP WITH TIME ZONE",
        "timestamp_ns '2024-01-01 00:00:00.123456789'": "TIMESTAMP_NS",
        "'\\xAA'::blob": "BLOB",
        "uuid '00000000-0000-0000-0000-000000000001'": "UUID",
        "[1, 2]": "INTEGER[]",
        "{'a': 1, 'b': ['x']}": "STRUCT(a INTEGER, b VARCHAR[])",
        "map {'k': 1.5::double}": "MAP(VARCHAR, DOUBLE)",
        "'{\"a\": 1}'::json": "JSON",
    }
    names = [f"c{number}" for number in range(len(kinds))]
    columns = ", ".join(f"{text} AS {name}" for text, name in zip(kinds, names, strict=True))
    desk.fresh(f"select {columns}")
    types = ", ".join(f"typeof({name})" for name in names)
    assert desk.rows(f"select {types} from dune.ada.result_x") == [tuple(kinds.values())]
    same = ", ".join(f"{name} = {text}" for text, name in zip(kinds, names, strict=True))
    assert set(desk.rows(f"select {same} from dune.ada.result_x")[0]) == {True}


def test_columns_get_names_of_their_own(desk: Desk) -> None:
    """Where the query gives the same name twice, or one that only case tells apart."""
    view = desk.fresh('select 1 as a, 2 as "A", 3 as "x y", count(*)')
    names = [column.name for column in view.table.columns]
    assert (names[0], names[2]) == ("a", "x y")
    assert len({name.lower() for name in names}) == len(names)
    assert desk.rows() == [(1, 2, 3, 1)]


def test_a_view_without_rows_is_there(desk: Desk) -> None:
    """With its columns."""
    desk.fresh("select 1 as a where false")
    assert desk.rows("select count(*), count(a) from dune.ada.result_x") == [(0, 0)]


def test_a_view_has_all_rows(desk: Desk) -> None:
    """Also those that the editor's limit keeps from people who look at the query."""
    desk.fresh(desk.query("select * from range(1500)", flags=frozenset({AUTO_LIMIT_FLAG})))
    assert desk.rows("select count(*) from dune.ada.result_x") == [(1500,)]


def test_a_refresh_replaces_the_rows(desk: Desk) -> None:
    """Also by other columns, when its query was edited; statements over it run anew."""
    query = desk.query("select 1 as a")
    desk.fresh(query)
    sql = "from dune.ada.result_x"
    assert desk.rows(sql) == [(1,)]
    desk.queries.edit(desk.author, query.id, {"sql": "select 2 as b, 3 as c"})
    ask = StatementAsk(data_source_id=desk.source.id, sql=sql, values={}, freshness=ANY_AGE)
    assert isinstance(desk.submit.statement(desk.author, ask), Result)
    desk.finish_run(desk.refresh().execution.id)
    assert isinstance(desk.submit.statement(desk.author, ask), Submission)
    assert desk.rows("select b, c from dune.ada.result_x") == [(2, 3)]


def test_a_view_may_read_itself(desk: Desk) -> None:
    """A refresh reads the rows of before."""
    query = desk.query("select 1 as a")
    desk.fresh(query)
    desk.queries.edit(desk.author, query.id, {"sql": "select a + 1 as a from dune.ada.result_x"})
    for expected in (2, 3):
        desk.finish_run(desk.refresh().execution.id)
        assert desk.rows() == [(expected,)]


def test_a_failed_refresh_leaves_the_rows(desk: Desk) -> None:
    """And is told like that of any run."""
    desk.upload("numbers", 1)
    query = desk.query("select 1 / id as a from dune.ada.numbers")
    desk.fresh(query)
    desk.queries.edit(desk.author, query.id, {"sql": "select error('no') as a"})
    with pytest.raises(ExecutionFailed, match="no"):
        desk.finish_run(desk.refresh().execution.id)
    assert desk.rows() == [(1.0,)]


def test_a_refresh_that_is_under_way_is_joined(desk: Desk) -> None:
    """By its owner, by an administrator, and by an upsert that changes nothing."""
    query = desk.query("select 1 as a")
    view = desk.make(query)
    again = desk.refresh()
    assert again.execution.id == view.execution_id
    assert desk.refresh(desk.admin).uid == again.uid
    assert desk.make(query).runs == view.runs == (again.uid,)
    desk.finish_run(again.execution.id)
    other = desk.refresh()
    assert other.execution.id != again.execution.id
    assert desk.views.get(desk.author, None, "result_x").runs == (other.uid, again.uid)
    desk.finish_run(other.execution.id)


def test_a_view_is_made_of_a_query_of_ones_own(desk: Desk) -> None:
    """Others could write into theirs what runs with the rights of the view's owner."""
    of_bob = desk.query("select 1 as a", desk.bob)
    hidden = desk.query("select 1 as a", desk.bob, visibility=Visibility.PRIVATE)
    for who in (desk.author, desk.admin):
        with pytest.raises(NotAllowed, match="somebody else's"):
            desk.make(of_bob, who=who)
    with pytest.raises(NotFound, match="There is no query"):
        desk.make(hidden)
    made = desk.make(of_bob, "dune.bob.result_x", desk.admin)
    assert made.table.owner_id == desk.bob.user_id
    assert desk.views.find(desk.author, 9).total == 1


def test_only_owners_change_views(desk: Desk) -> None:
    """Others are told so, or that there is none, if it is private."""
    view = desk.fresh("select 1 as a", "dune.default.result_x")
    place = ("default", "result_x")
    calls = (desk.views.refresh, desk.views.delete)
    for call in calls:
        with pytest.raises(NotAllowed):
            call(desk.bob, *place)
    with pytest.raises(NotAllowed):
        desk.make("select 2 as a", "dune.default.result_x", desk.bob)
    desk.make(desk.store.get_query(view.query_id), "dune.default.result_x", is_private=True)
    for call in (*calls, desk.views.get):
        with pytest.raises(NotFound):
            call(desk.bob, *place)
    assert desk.views.find(desk.bob, 9).total == 0
    with pytest.raises(ExecutionFailed):
        desk.rows("from dune.default.result_x", desk.bob)
    with pytest.raises(NotAllowed, match="is not yours"):
        desk.make("select 1 as a", "dune.ada.result_x", desk.bob)
    assert desk.views.get(desk.author, None, "RESULT_X").id == view.id
    desk.views.delete(desk.admin, *place)
    assert desk.views.find(desk.admin, 9).total == 0


def test_who_may_not_create_queries_makes_no_views(desk: Desk) -> None:
    """And a key of a query reaches none."""
    viewer = replace(desk.author, permissions=frozenset({Permission.VIEW_QUERY}))
    query = desk.query("select 1 as a")
    with pytest.raises(NotAllowed):
        desk.make(query, who=viewer)
    key = desk.key_of(query)
    with pytest.raises(UserNeeded):
        desk.make(query, who=key)
    with pytest.raises(UserNeeded):
        desk.views.find(key, 9)


def test_what_was_read_from_private_tables_stays_private(desk: Desk) -> None:
    """A public view of them is there for their owner alone, and those of others are not read."""
    desk.upload("secret", 42, is_private=True)
    view = desk.fresh("select id from dune.ada.secret")
    assert (view.is_private, view.table.is_private) == (False, True)
    assert desk.rows() == [(42,)]
    with pytest.raises(NotFound):
        desk.views.get(desk.bob, "ada", "result_x")
    with pytest.raises(ExecutionFailed):
        desk.rows(who=desk.bob)
    with pytest.raises(NotAllowed, match=r"dune\.ada\.secret, which is private"):
        desk.make("select id from dune.ada.secret", who=desk.admin)
    with pytest.raises(ExecutionFailed):
        desk.fresh("select id from dune.ada.secret", who=desk.bob)


def test_names_are_for_uploads_and_views_alike(desk: Desk) -> None:
    """Who comes later is told, and rows are never written into a view."""
    desk.upload("result_y", 1)
    with pytest.raises(NameTaken):
        desk.make("select 1 as a", "result_y")
    desk.fresh("select 1 as a")
    with pytest.raises(NameTaken):
        desk.uploads.create(desk.author, TableAsk(name="result_x"), COLUMNS)
    body = desk.folder / "body"
    with pytest.raises(Conflict, match="materialised view"):
        desk.uploads.upload_csv(desk.author, TableAsk(name="result_x"), body)
    for call in (desk.uploads.clear, desk.uploads.delete):
        with pytest.raises(Conflict, match="materialised view"):
            call(desk.author, "ada", "result_x")
    with pytest.raises(Conflict, match="materialised view"):
        desk.insert("result_x", 1)
    with pytest.raises(NotFound):
        desk.views.get(desk.author, "ada", "result_y")
    assert desk.rows() == [(1,)]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", FieldMissing),
        ("x", FieldInvalid),
        ("result_", FieldInvalid),
        ("result_ä", FieldInvalid),
        ("ada.result_x", FieldInvalid),
        ("dune..result_x", FieldInvalid),
        ("dune.ada.result_x.y", FieldInvalid),
        ("result_" + "x" * 200, FieldInvalid),
    ],
)
def test_a_name_that_cannot_be_is_refused(desk: Desk, name: str, error: type[Exception]) -> None:
    """Before anything is made."""
    with pytest.raises(error):
        desk.make("select 1 as a", name)
    assert desk.views.find(desk.author, 9).total == 0


def test_a_query_that_cannot_run_makes_no_view(desk: Desk) -> None:
    """And changes none; what is wrong is told at once."""
    needy = desk.query("select {{ n }}", parameters=(Parameter(name="n", kind=ParameterKind.TEXT),))
    with pytest.raises(ParameterMissing):
        desk.make(needy)
    assert desk.views.find(desk.author, 9).total == 0
    view = desk.fresh("select 1 as a")
    with pytest.raises(FieldInvalid, match="past"):
        desk.make("select 2 as a", expires_at=NOW)
    with pytest.raises(ParameterMissing):
        desk.make(needy)
    assert desk.store.get_view(view.id) == view


def test_a_refresh_says_why_it_cannot_begin(desk: Desk) -> None:
    """Whatever was taken from its owner or its query since; the rows stay, and who may read."""
    view = desk.fresh("select 1 as a")
    query = desk.store.get_query(view.query_id)
    user = desk.store.get_user(desk.user.id)
    desk.store.update_user(replace(user, is_disabled=True))
    with pytest.raises(NotAllowed, match="is disabled"):
        desk.refresh(desk.admin)
    desk.member(user)
    with pytest.raises(NotAllowed):
        desk.refresh(desk.admin)
    desk.member(user, desk.group("poor", Permission.VIEW_QUERY, Permission.EXECUTE_QUERY))
    with pytest.raises((NotAllowed, SourceNotAllowed)):
        desk.refresh(desk.admin)
    desk.member(user, desk.authors)
    desk.store.update_data_source(replace(desk.source, is_paused=True, pause_reason="Night"))
    with pytest.raises(SourcePaused):
        desk.refresh()
    desk.store.update_data_source(desk.source)
    desk.store.update_query(replace(query, owner_id=desk.bob.user_id), author_id=None)
    with pytest.raises(NotAllowed, match="somebody else's"):
        desk.refresh()
    desk.store.update_query(replace(query, is_archived=True), author_id=None)
    with pytest.raises(Conflict, match="archived"):
        desk.refresh()
    assert desk.rows(who=desk.bob) == [(1,)]


def test_an_expired_view_is_not_refreshed(desk: Desk) -> None:
    """Its rows stay until it is swept away."""
    desk.fresh("select 1 as a", expires_at=at(60))
    desk.clock.pass_seconds(61)
    with pytest.raises(Conflict, match="has expired"):
        desk.refresh()
    assert desk.rows() == [(1,)]
    assert desk.make("select 2 as a").expires_at is None


def test_the_views_that_a_query_reads_are_found(desk: Desk) -> None:
    """Those that its owner may read, in any spelling; not uploads, nor what stands in strings."""
    first = desk.fresh("select 1 as a", "result_x")
    second = desk.fresh("select 1 as a", "result_y", is_private=True)
    desk.upload("numbers", 1)
    sql = """select 'dune.ada.result_z' from Dune."ada".RESULT_Y y, dune.ada.result_x x,
        dune.ada.numbers n, dune.ada.nothing where x.a = {{ a }} -- dune.ada.result_z"""
    a = Parameter(name="a", kind=ParameterKind.NUMBER, default=1)
    assert desk.views.find_read_by(desk.query(sql, parameters=(a,))) == (first, second)
    assert desk.views.find_read_by(desk.query(sql, desk.bob, parameters=(a,))) == (first,)
    assert desk.views.find_read_by(desk.query("select 1")) == ()

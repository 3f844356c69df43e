"""Uploaded tables as their users meet them: rights, whole uploads, and statements over them."""

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.contracts.connectors.duckdb import children_of, read_rows
from tests.contracts.house import LEASE, NOW
from tests.support.services import AUTHORS, Stage

from standpipe.core.errors import (
    ExecutionFailed,
    FieldInvalid,
    NameTaken,
    NotAllowed,
    NotFound,
    ResultNotCached,
    SourceFailed,
    UserNeeded,
)
from standpipe.core.executions import Submission, error_of
from standpipe.core.freshness import ANY_AGE, MUST_RUN, Freshness
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.permissions import TableReader, table_reader
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.core.tables import (
    BodyFormat,
    NamedTable,
    TableColumn,
    TableColumnType,
    UploadedTable,
)
from standpipe.services.live import Answered, Awaited, LiveAsk
from standpipe.services.named_tables import check_still_there
from standpipe.services.run import Runner
from standpipe.services.submit import QueryAsk, StatementAsk
from standpipe.services.uploads import Rows, TableAsk

COLUMNS = (
    TableColumn(name="id", type=TableColumnType.BIGINT, is_nullable=False),
    TableColumn(name="name", type=TableColumnType.VARCHAR),
)
NUMBER = Parameter(name="n", kind=ParameterKind.NUMBER)
RATES = "select id, name from dune.ada.rates order by id"


class Desk(Stage):
    """A stage whose runs are really run, and short ways to upload."""

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
        self.admin = replace(
            self.other(AUTHORS), permissions=self.author.permissions | {Permission.ADMIN}
        )
        self.bob = self.person(self.add_user("Bob").id, AUTHORS)

    def body(self, data: bytes) -> Path:
        path = self.folder / f"{uuid4().hex}.body"
        path.write_bytes(data)
        return path

    def create(
        self, who: Principal | None = None, name: str = "rates", **ask: Any
    ) -> UploadedTable:
        return self.uploads.create(who or self.author, TableAsk(name=name, **ask), COLUMNS)

    def insert(self, *rows: tuple[int, str], who: Principal | None = None) -> UploadedTable:
        body = self.body("".join(["id,name\n", *(f"{id},{name}\n" for id, name in rows)]).encode())
        asked = (who or self.author, "ada", "rates", Rows(body, BodyFormat.CSV))
        return self.uploads.insert(*asked).table

    def upload(self, data: bytes, who: Principal | None = None, **ask: Any) -> UploadedTable:
        table = TableAsk(name=ask.pop("name", "rates"), **ask)
        return self.uploads.upload_csv(who or self.author, table, self.body(data)).table

    def ask(
        self,
        sql: str = RATES,
        who: Principal | None = None,
        freshness: Freshness = ANY_AGE,
    ) -> Result | Submission:
        ask = StatementAsk(data_source_id=self.source.id, sql=sql, values={}, freshness=freshness)
        return self.submit.statement(who or self.author, ask)

    def ask_query(self, query: Query, who: Principal | None = None) -> Result | Submission:
        return self.submit.query(who or self.author, QueryAsk(query_id=query.id, values={}))

    def run(self, asked: Result | Submission) -> Result:
        """Let a submission run to its end; raises the error of one that fails."""
        assert isinstance(asked, Submission)
        claim = self.store.claim("w", self.clock.now(), LEASE, asked.execution.id)
        assert claim is not None
        self.runner.run(claim)
        execution = self.store.get_execution(asked.execution.id)
        error = error_of(execution)
        if error is not None:
            raise error
        assert execution.result_id is not None
        return self.store.get_result(execution.result_id)

    def rows(self, asked: Result | Submission) -> list[tuple[Any, ...]]:
        """Return the rows of a run."""
        return read_rows(self.artifacts.local_path(self.run(asked).artifact.key))


@pytest.fixture(scope="module")
def desk_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: its engine has to be started."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.close()


@pytest.fixture
def desk(desk_of_all: Desk) -> Iterator[Desk]:
    """A desk without tables."""
    yield desk_of_all
    for table in desk_of_all.uploads.find(desk_of_all.admin, limit=99).items:
        desk_of_all.store.delete_table(table.id, NOW)


def test_a_table_can_be_filled_and_read(desk: Desk) -> None:
    """From an empty one on, in both formats; names in statements have any case."""
    table = desk.create(description="Rates")
    assert table.full_name == "dune.ada.rates"
    assert desk.rows(desk.ask()) == []
    desk.insert((1, "one"))
    body = desk.body(b'{"id": 2, "name": "two"}\n{"id": 3}')
    done = desk.uploads.insert(desk.author, "Ada", "RATES", Rows(body, BodyFormat.NDJSON))
    assert (done.row_count, done.byte_count) == (2, 34)
    assert desk.uploads.get(desk.author, "ada", "rates") == done.table
    assert done.table.row_count == 3
    assert desk.rows(desk.ask('from DUNE."Ada".Rates')) == [(1, "one"), (2, "two"), (3, None)]


def test_an_upload_makes_or_replaces_a_table(desk: Desk) -> None:
    """With the columns that its rows have; the one before stays until all is written."""
    first = desk.upload(b"a,b\n1,x\n", description="First")
    assert [(each.name, each.type) for each in first.columns] == [("a", "bigint"), ("b", "varchar")]
    with pytest.raises(FieldInvalid, match="Row 1"):
        desk.upload(b"a\n1,2\n")
    assert desk.uploads.get(desk.author, "ada", "rates") == first
    second = desk.upload(b"c\n1.5\n", is_private=True)
    assert (second.id, second.is_private, second.row_count) == (first.id, True, 1)
    assert desk.rows(desk.ask("from dune.ada.rates")) == [(1.5,)]


def test_a_row_that_cannot_be_refuses_all(desk: Desk) -> None:
    """Nothing is left of those before it, neither in the table nor on the disk."""
    before = desk.create()
    stored = set(desk.artifacts.find_keys(-1))
    body = desk.body(b"id,name\n1,a\n2,b\nx,c\n")
    with pytest.raises(FieldInvalid, match="Row 3, column 'id'"):
        desk.uploads.insert(desk.author, "ada", "rates", Rows(body, BodyFormat.CSV))
    assert desk.uploads.get(desk.author, "ada", "rates") == before
    assert set(desk.artifacts.find_keys(-1)) == stored
    assert desk.artifacts.sweep_slots(-1) == 0


def test_a_killed_child_adds_nothing(desk: Desk) -> None:
    """A kill -9 in the middle of an insert is told, and leaves the table as it was."""
    before = desk.create()
    stored = set(desk.artifacts.find_keys(-1))
    body = desk.body(b"id,name\n" + b"1,x\n" * 20_000_000)
    caught: list[ExecutionFailed] = []

    def insert() -> None:
        try:
            desk.uploads.insert(desk.author, "ada", "rates", Rows(body, BodyFormat.CSV))
        except ExecutionFailed as error:
            caught.append(error)

    thread = threading.Thread(target=insert)
    thread.start()
    scratch = desk.folder / "artifacts" / "scratch"
    while not list(scratch.rglob("result-*.parquet")):
        thread.join(0.01)
        assert thread.is_alive()
    nursery = desk.connectors.get("duckdb")._crew._nursery  # type: ignore[attr-defined]
    for child in children_of(nursery.process_id):
        os.kill(child, signal.SIGKILL)
    thread.join()
    assert "process died" in str(caught[0])
    assert desk.uploads.get(desk.author, "ada", "rates") == before
    assert set(desk.artifacts.find_keys(-1)) == stored


def test_a_body_without_rows_changes_nothing(desk: Desk) -> None:
    """What is stored stays fresh."""
    table = desk.create()
    assert desk.insert() == table
    body = desk.body(b"\n\n")
    done = desk.uploads.insert(desk.author, "ada", "rates", Rows(body, BodyFormat.NDJSON))
    assert (done.table, done.row_count, done.byte_count) == (table, 0, 2)
    assert desk.store.find_parts(table.id) == ()


def test_writers_at_once_all_arrive(desk: Desk) -> None:
    """Two threads that insert twenty times each."""
    desk.create()

    def insert(start: int) -> None:
        for number in range(20):
            desk.insert((start + number, "x"))

    threads = [threading.Thread(target=insert, args=(start,)) for start in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [(start + number, "x") for start in (0, 100) for number in range(20)]
    assert desk.rows(desk.ask()) == expected


def test_a_cleared_table_is_empty_and_a_deleted_one_unknown(desk: Desk) -> None:
    """At once, for every statement that is asked for."""
    desk.create()
    desk.insert((1, "one"))
    assert desk.uploads.clear(desk.author, "ada", "rates").row_count == 0
    assert desk.rows(desk.ask()) == []
    desk.insert((2, "two"))
    assert desk.rows(desk.ask()) == [(2, "two")]
    desk.uploads.delete(desk.author, "ada", "rates")
    with pytest.raises(NotFound, match=r"dune\.ada\.rates"):
        desk.uploads.get(desk.author, "ada", "rates")
    with pytest.raises(SourceFailed):
        desk.run(desk.ask())


def test_names_are_checked_field_by_field(desk: Desk) -> None:
    """The error names the field, what is allowed, and where it can a name that would do."""
    with pytest.raises(FieldInvalid, match=r"table_name: 'My Rates'.*my_rates"):
        desk.create(name="My Rates")
    ask = TableAsk(name="rates")
    for names, field in ((("a", "1b"), r"schema\[1\].name: '1b'"), (("a", "A"), "there twice")):
        columns = [TableColumn(name=name, type=TableColumnType.DATE) for name in names]
        with pytest.raises(FieldInvalid, match=field):
            desk.uploads.create(desk.author, ask, columns)
    desk.create()
    with pytest.raises(NameTaken, match=r"dune\.ada\.rates"):
        desk.create()


def test_a_table_is_made_where_one_may(desk: Desk) -> None:
    """In one's own namespace and the team's; an administrator also makes others their tables."""
    assert desk.uploads.namespaces(desk.bob) == ("bob", "default")
    assert desk.create(desk.bob, namespace="Default").owner_id == desk.bob.user_id
    with pytest.raises(NotAllowed, match="namespace: 'ada' is not yours"):
        desk.create(desk.bob, namespace="ada")
    assert desk.create(desk.admin, namespace="ada").owner_id == desk.author.user_id
    with pytest.raises(NotAllowed):
        desk.create(desk.admin, namespace="nobody")


def test_only_its_owner_changes_a_table(desk: Desk) -> None:
    """And administrators; others read it unless it is private, which is not there for them."""
    desk.create()
    for is_hidden in (False, True):
        if is_hidden:
            desk.upload(b"id,name\n1,x\n", is_private=True)
        error = NotFound if is_hidden else NotAllowed
        with pytest.raises(error):
            desk.insert((1, "one"), who=desk.bob)
        for change in (desk.uploads.clear, desk.uploads.delete):
            with pytest.raises(error):
                change(desk.bob, "ada", "rates")
    with pytest.raises(NotFound):
        desk.uploads.get(desk.bob, "ada", "rates")
    assert desk.insert((2, "two"), who=desk.admin).row_count == 2
    assert desk.uploads.find(desk.bob, limit=9).total == 0
    assert desk.uploads.find(desk.admin, limit=9).total == 1
    nobody = replace(desk.author, permissions=frozenset())
    with pytest.raises(NotAllowed, match="create_query"):
        desk.uploads.clear(nobody, "ada", "rates")
    with pytest.raises(UserNeeded):
        desk.uploads.find(desk.key_of(desk.save("select 1")), limit=9)


def test_a_replaced_table_of_the_team_stays_its_owners(desk: Desk) -> None:
    """Nobody else replaces it by an upload of the same name."""
    desk.upload(b"a\n1\n", namespace="default")
    with pytest.raises(NotAllowed):
        desk.upload(b"a\n2\n", desk.bob, namespace="default")


def test_tables_are_listed_by_full_name(desk: Desk) -> None:
    """A page at a time."""
    for who, name in ((desk.bob, "b"), (desk.author, "z"), (desk.author, "a")):
        desk.create(who, name)
    found = desk.uploads.find(desk.author, limit=2)
    assert (found.total, [each.full_name for each in found.items]) == (
        3,
        ["dune.ada.a", "dune.ada.z"],
    )
    rest = desk.uploads.find(desk.author, limit=2, offset=2)
    assert [each.full_name for each in rest.items] == ["dune.bob.b"]


def test_a_stored_result_is_not_fresh_after_an_insert(desk: Desk) -> None:
    """Of a statement and of a query; without a change it is given again."""
    desk.create()
    query = desk.save("select count(*) as n from dune.ada.rates")
    for count in range(3):
        assert desk.rows(desk.ask_query(query)) == [(count,)]
        assert isinstance(desk.ask_query(query), Result)
        asked = desk.ask()
        assert len(desk.rows(asked)) == count
        assert isinstance(desk.ask(), Result)
        desk.insert((count, "x"))


def test_the_latest_result_of_a_query_follows_its_tables(desk: Desk) -> None:
    """As it does where dates move; also in what is answered live."""
    desk.create()
    query = desk.save("select count(*) as n from dune.ada.rates")
    for _ in range(2):
        result = desk.run(desk.ask_query(query))
        assert desk.read.latest(desk.author, query.id).result == result
        answered = desk.live.look(desk.author, LiveAsk(query_id=query.id))
        assert isinstance(answered, Answered)
        assert answered.result == result
        desk.insert((1, "x"))
        assert isinstance(desk.live.ask(desk.author, LiveAsk(query_id=query.id)), Awaited)
    edited = desk.edit(query, name="Other")
    assert edited.latest_result_id == result.id


def test_what_was_stored_before_a_change_is_still_there(desk: Desk) -> None:
    """For whoever asks for what is stored, at any age; the newest one."""
    desk.create()
    query = desk.save("select count(*) + {{ n }} as n from dune.ada.rates", NUMBER)
    ask = QueryAsk(query_id=query.id, values={"n": 5})
    for _ in range(2):
        result = desk.run(desk.submit.query(desk.author, ask))
        desk.clock.pass_seconds(1)
        desk.insert((1, "x"))
        assert desk.submit.stored(desk.author, ask).result == result
    with pytest.raises(ResultNotCached):
        desk.submit.stored(desk.author, replace(ask, freshness=Freshness(3600)))
    with pytest.raises(ResultNotCached):
        desk.submit.stored(desk.author, replace(ask, values={"n": 6}))


def test_a_run_reads_what_is_there_when_it_starts(desk: Desk) -> None:
    """What was inserted after it was asked for too; a later caller makes a run of his own."""
    desk.create()
    first = desk.ask()
    desk.insert((1, "one"))
    second = desk.ask()
    assert isinstance(first, Submission)
    assert isinstance(second, Submission)
    assert first.execution.id != second.execution.id
    assert desk.rows(first) == [(1, "one")]


def test_a_private_table_is_not_there_for_others(desk: Desk) -> None:
    """They fail where it would be missing, and never meet what its owner has read."""
    desk.upload(b"id,name\n1,secret\n", is_private=True)
    result = desk.run(desk.ask())
    assert result.private_to == (desk.author.user_id,)
    other = desk.ask(who=desk.bob)
    assert isinstance(other, Submission)
    assert other.execution.tables == ()
    with pytest.raises(SourceFailed):
        desk.run(other)
    with pytest.raises(NotFound):
        desk.read.get(desk.bob, result.id)
    with pytest.raises(NotFound):
        desk.read.by_uid(desk.bob, result.uid)
    assert desk.read.get(desk.author, result.id) == result
    assert desk.ask(who=desk.admin) == result
    assert desk.read.get(desk.admin, result.id) == result


def test_a_query_over_a_private_table_gives_others_nothing(desk: Desk) -> None:
    """Neither its latest result nor its history, nor a run; its key reads for its owner."""
    desk.upload(b"id,name\n1,secret\n", is_private=True)
    query = desk.save(RATES)
    result = desk.run(desk.ask_query(query))
    assert desk.read.latest(desk.author, query.id).result == result
    key = desk.key_of(query)
    assert desk.read.latest(key, query.id).result == result
    assert desk.ask_query(query, key) == result
    with pytest.raises(ResultNotCached):
        desk.read.latest(desk.bob, query.id)
    assert desk.history.of_query(desk.bob, query.id, limit=9) == ()
    assert desk.history.of_query(desk.author, query.id, limit=9) == (result,)
    with pytest.raises(ResultNotCached):
        desk.dropdowns.items(query.id)
    stored = QueryAsk(query_id=query.id, values={})
    assert desk.submit.stored(desk.author, stored).result == result
    with pytest.raises(ResultNotCached):
        desk.submit.stored(desk.bob, stored)
    with pytest.raises(SourceFailed):
        desk.run(desk.ask_query(query, desk.bob))
    assert desk.store.get_query(query.id).default_fingerprint == result.fingerprint
    assert desk.read.latest(desk.author, query.id).result == result


def test_a_key_never_reads_as_an_administrator(desk: Desk) -> None:
    """It stands for the owner of its query, and only for that query."""
    query = desk.save("select 1")
    key = desk.key_of(query)
    assert table_reader(key, query) == TableReader(desk.author.user_id)
    assert table_reader(key) == TableReader(None)
    assert table_reader(key, desk.save("select 2")) == TableReader(None)


def test_a_table_that_became_private_is_not_read(desk: Desk) -> None:
    """By a run that was asked for when it was not."""
    desk.upload(b"id,name\n1,x\n")
    asked = desk.ask(who=desk.bob)
    desk.upload(b"id,name\n2,secret\n", is_private=True)
    with pytest.raises(SourceFailed, match="become private"):
        desk.run(asked)


def test_a_table_that_is_gone_is_named(desk: Desk) -> None:
    """Deleted before the run, or with rows that are lost."""
    desk.create()
    desk.insert((1, "x"))
    asked = desk.ask()
    for key in desk.artifacts.find_keys(-1):
        desk.artifacts.delete(key)
    with pytest.raises(SourceFailed, match=r"rows of the table dune\.ada\.rates are gone"):
        desk.run(asked)
    asked = desk.ask()
    desk.uploads.delete(desk.author, "ada", "rates")
    with pytest.raises(SourceFailed, match=r"dune\.ada\.rates was deleted"):
        desk.run(asked)


def test_rows_that_vanish_under_a_run_are_told(tmp_path: Path) -> None:
    """With the table rather than the file."""
    table = NamedTable(namespace="ada", name="rates", columns=COLUMNS, files=(tmp_path,))
    check_still_there([table])
    gone = replace(table, files=(tmp_path, tmp_path / "gone.parquet"))
    with pytest.raises(SourceFailed, match=r"rows of the table dune\.ada\.rates were removed"):
        check_still_there([table, gone])


def test_a_removed_part_is_read_by_runs_that_have_begun(desk: Desk) -> None:
    """A clear takes no file away from under them."""
    desk.create()
    desk.insert((1, "x"))
    (part,) = desk.store.find_parts(desk.uploads.get(desk.author, "ada", "rates").id)
    desk.uploads.clear(desk.author, "ada", "rates")
    assert desk.artifacts.local_path(part.artifact.key).exists()


def test_a_plan_knows_uploaded_tables(desk: Desk) -> None:
    """With their columns."""
    desk.create()
    ask = StatementAsk(data_source_id=desk.source.id, sql=RATES, values={}, freshness=MUST_RUN)
    plan = desk.planning.statement(desk.author, ask)
    assert plan.verdict is None
    assert [each.name for each in plan.columns] == ["id", "name"]
    assert desk.planning.statement(desk.bob, ask).is_allowed
    desk.upload(b"id,name\n1,x\n", is_private=True)
    assert isinstance(desk.planning.statement(desk.bob, ask).verdict, SourceFailed)

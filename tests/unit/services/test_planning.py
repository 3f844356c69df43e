"""Dry runs: what would be run and what it would give, without running it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.services import NOBODIES, VIEWERS, Stage

from standpipe.core.errors import (
    FieldMissing,
    NotAllowed,
    NotFound,
    ParameterMissing,
    SourceFailed,
    SourceMissing,
    SourceNotAllowed,
    SourcePaused,
    StandpipeError,
    StatementRefused,
    UserNeeded,
)
from standpipe.core.executions import ExecutionState, Statement
from standpipe.core.freshness import ANY_AGE
from standpipe.core.ids import DataSourceId
from standpipe.core.parameters import Parameter, ParameterKind
from standpipe.core.principals import Principal
from standpipe.core.queries import Query, Visibility
from standpipe.services.planning import Plan
from standpipe.services.submit import QueryAsk, StatementAsk

NUMBER = Parameter(name="n", kind=ParameterKind.NUMBER)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage for all: its engine has to be started."""
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture
def query(stage: Stage) -> Query:
    """A query that needs a number."""
    return stage.save("select i, 'x' || {{ n }} as t from range(7) r(i)", NUMBER)


def plan(stage: Stage, query: Query, who: Principal | None = None, **values: Any) -> Plan:
    """Plan a run of the query."""
    return stage.planning.query(who or stage.author, QueryAsk(query_id=query.id, values=values))


def plan_sql(stage: Stage, sql: str, who: Principal | None = None, **values: Any) -> Plan:
    """Plan SQL that is not saved."""
    ask = StatementAsk(data_source_id=stage.source.id, sql=sql, values=values, freshness=ANY_AGE)
    return stage.planning.statement(who or stage.author, ask)


def test_a_plan_says_what_would_be_run_and_what_it_gives(stage: Stage, query: Query) -> None:
    """Statement, identity, columns with their types, the engine's plan and its guess."""
    found = plan(stage, query, n=5)
    assert found.is_allowed
    assert found.parameters == (NUMBER,)
    assert found.statement == Statement(
        text="select i, 'x' || $p1 as t from range(7) r(i)",
        values={"p1": 5},
        display="select i, 'x' || 5 as t from range(7) r(i)",
    )
    columns = [(column.name, column.logical_type) for column in found.columns]
    assert columns == [("i", "integer"), ("t", "text")]
    assert "range" in found.text.lower()
    assert found.estimated_rows == 7
    assert found.stored is None


def test_nothing_is_run_for_a_plan(stage: Stage, query: Query) -> None:
    """No run is queued, and a statement that would never end is planned at once."""
    before = stage.store.count_states()
    endless = "select count(*) from range(1000000000) a, range(1000000000) b, range(1000000000) c"
    assert plan_sql(stage, endless).is_allowed
    assert plan(stage, query, n=5).is_allowed
    assert stage.store.count_states() == before


def test_a_plan_names_the_stored_result(stage: Stage, query: Query) -> None:
    """The one that a run would be answered with at any age."""
    asked = stage.submit.query(stage.author, QueryAsk(query_id=query.id, values={"n": 3}))
    result = stage.finish(asked)  # type: ignore[arg-type]
    found = plan(stage, query, n=3)
    assert (found.stored, found.fingerprint) == (result, result.fingerprint)


@pytest.mark.parametrize(
    ("sql", "error", "said"),
    [
        ("select nope from range(3)", SourceFailed, "nope"),
        ("select 1\nfrom\nnowhere", SourceFailed, "LINE 3"),
        ("delete from things", StatementRefused, "DELETE"),
        ("explain select 1", StatementRefused, "EXPLAIN"),
        ("select 1; select 2", StatementRefused, "2 statements"),
        ("with x as (insert into t values (1)) select 1", StatementRefused, "changes"),
        ("select {{ x }}", ParameterMissing, "x"),
        ("  ", FieldMissing, "no SQL"),
    ],
)
def test_the_verdict_is_the_error_of_a_run(
    stage: Stage, sql: str, error: type[StandpipeError], said: str
) -> None:
    """Told in the plan rather than raised."""
    found = plan_sql(stage, sql)
    assert type(found.verdict) is error
    assert said in str(found.verdict)
    assert (found.is_allowed, found.columns) == (False, ())


def test_a_plan_goes_as_far_as_the_run_would(stage: Stage, query: Query) -> None:
    """Without values there is no statement; a paused source is not asked for anything."""
    found = plan(stage, query)
    assert isinstance(found.verdict, ParameterMissing)
    assert (found.parameters, found.statement) == ((NUMBER,), None)
    paused = stage.store.update_data_source(replace(stage.source, is_paused=True))
    try:
        found = plan(stage, query, n=5)
        assert isinstance(found.verdict, SourcePaused)
        assert found.text == ""
    finally:
        stage.store.update_data_source(replace(paused, is_paused=False))


def test_a_plan_of_sql_lists_its_placeholders(stage: Stage) -> None:
    """As the text parameters that they would be."""
    found = plan_sql(stage, "select {{ x }}, {{ y }}", x="1")
    assert [parameter.name for parameter in found.parameters] == ["x", "y"]
    assert isinstance(found.verdict, ParameterMissing)


def test_a_query_without_a_source_cannot_run(stage: Stage) -> None:
    """As the run would say to an administrator."""
    admin = replace(stage.author, permissions=frozenset({"admin"}))
    detached = stage.save("select 1")
    stage.store.update_query(replace(detached, data_source_id=None), author_id=None)
    assert isinstance(plan(stage, detached, admin).verdict, SourceMissing)


def test_without_the_right_to_run_nothing_is_shown(stage: Stage, query: Query) -> None:
    """Neither the statement nor what the source makes of it."""
    nobody, viewer = stage.other(NOBODIES), stage.other(VIEWERS)
    found = plan(stage, query, nobody, n=5)
    assert isinstance(found.verdict, NotAllowed)
    assert (found.statement, found.columns, found.stored) == (None, (), None)
    assert plan(stage, query, viewer, n=5).is_allowed
    assert isinstance(plan_sql(stage, "select 1", viewer).verdict, SourceNotAllowed)


def test_a_query_key_plans_nothing(stage: Stage, query: Query) -> None:
    """A plan shows the text of the query, which is for users."""
    found = plan(stage, query, stage.key_of(query), n=5)
    assert isinstance(found.verdict, UserNeeded)
    assert replace(found, verdict=None) == Plan()


def test_what_is_hidden_has_no_plan(stage: Stage, query: Query) -> None:
    """A private query of somebody else, another query's key, a data source elsewhere."""
    viewer = stage.person(stage.add_user("Vera").id, VIEWERS)
    key = stage.key_of(stage.save("select 1"))
    stage.edit(query, visibility=Visibility.PRIVATE)
    for stranger in (viewer, key):
        with pytest.raises(NotFound):
            plan(stage, query, stranger, n=5)
    ask = StatementAsk(
        data_source_id=DataSourceId(99), sql="select 1", values={}, freshness=ANY_AGE
    )
    with pytest.raises(NotFound):
        stage.planning.statement(stage.author, ask)


def test_files_outside_of_the_source_stay_closed(stage: Stage, tmp_path: Path) -> None:
    """Planning happens in the same locked child as running."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    found = plan_sql(stage, f"select * from read_csv('{secret}')")
    assert isinstance(found.verdict, SourceFailed)
    assert stage.store.count_states()[ExecutionState.RUNNING] == 0

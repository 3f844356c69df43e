"""Contract of the port Connector, on every implementation."""

from collections.abc import Iterator

import pytest
from tests.contracts.connectors.duckdb import DuckDBLab

from standpipe.core.datasources import ConnectorKind
from standpipe.core.errors import (
    ExecutionCancelled,
    FieldInvalid,
    ResultTooLarge,
    SourceFailed,
    SourceTimedOut,
    StatementRefused,
)
from standpipe.core.executions import RunLimits

LABS = {"duckdb": DuckDBLab}
BOUND = {"number": 5, "text": "x"}


@pytest.fixture(scope="module", params=LABS)
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DuckDBLab]:
    lab = LABS[request.param](tmp_path_factory.mktemp(request.param))
    yield lab
    lab.close()


def test_a_connector_names_its_kind(lab: DuckDBLab) -> None:
    """The kind carries the name under which the connector is registered."""
    assert isinstance(lab.connector.kind, ConnectorKind)
    assert lab.connector.kind.name == lab.facts.kind


def test_a_run_gives_columns_and_rows(lab: DuckDBLab) -> None:
    """The outcome names the columns and counts the rows that stand in the file."""
    columns, rows = lab.run(lab.facts.one_row)
    assert [column.name for column in columns] == ["a", "b"]
    assert rows == [(1, "x")]


def test_a_run_without_rows_gives_a_valid_file(lab: DuckDBLab) -> None:
    """No rows are a result too, with its columns."""
    columns, rows = lab.run(lab.facts.no_rows)
    assert [column.name for column in columns] == ["a"]
    assert rows == []


def test_a_run_keeps_the_order_of_rows(lab: DuckDBLab) -> None:
    """ORDER BY survives into the artifact, across row groups."""
    _, rows = lab.run(lab.facts.ordered_rows)
    assert rows == [(n,) for n in range(1, 20001)]


def test_values_are_bound_and_never_become_sql(lab: DuckDBLab) -> None:
    """Quotes and semicolons in a value are only text."""
    hostile = "'; DROP TABLE things; --"
    _, rows = lab.run(lab.facts.bound, {"number": 5, "text": hostile})
    assert rows == [(5, hostile)]


def test_progress_ends_with_rows_and_bytes(lab: DuckDBLab) -> None:
    """When a run is over, its progress counts what was stored."""
    run, into = lab.start(lab.facts.ordered_rows)
    run.outcome()
    assert run.progress().rows == 20000
    assert run.progress().bytes == into.stat().st_size


def test_an_error_of_the_source_comes_as_it_is(lab: DuckDBLab) -> None:
    """The engine's message reaches the author."""
    statement, message = lab.facts.wrong
    with pytest.raises(SourceFailed, match=message):
        lab.run(statement)


def test_a_statement_that_changes_something_is_refused(lab: DuckDBLab) -> None:
    """Only one reading statement can be run; the refusal names what was found."""
    with pytest.raises(StatementRefused, match="DELETE"):
        lab.run(lab.facts.changing)


def test_cancel_ends_a_run(lab: DuckDBLab) -> None:
    """A cancelled run is over within a second, leaves no file, and says that it was cancelled."""
    run, into = lab.start(lab.facts.endless)
    assert not run.wait(0.3)
    run.cancel()
    assert run.wait(1.0)
    with pytest.raises(ExecutionCancelled):
        run.outcome()
    assert not into.exists()


def test_cancel_before_the_beginning_ends_a_run(lab: DuckDBLab) -> None:
    """A cancel that comes before the engine has begun is not lost."""
    run, _ = lab.start(lab.facts.endless)
    run.cancel()
    assert run.wait(1.5)
    with pytest.raises(ExecutionCancelled):
        run.outcome()


def test_a_cancel_that_comes_too_late_changes_nothing(lab: DuckDBLab) -> None:
    """The next run on the same engine is not hit by the cancel of the one before."""
    run, _ = lab.start(lab.facts.one_row)
    run.outcome()
    run.cancel()
    assert run.outcome()[1] == 1
    assert len(lab.run(lab.facts.ordered_rows)[1]) == 20000


def test_the_time_limit_ends_a_run(lab: DuckDBLab) -> None:
    """A run beyond its time limit fails with the limit in the text."""
    with pytest.raises(SourceTimedOut, match=r"time limit of 0\.5 s"):
        lab.run(lab.facts.endless, limits=RunLimits(seconds=0.5))


def test_a_result_beyond_the_limit_is_refused(lab: DuckDBLab) -> None:
    """A result larger than allowed leaves nothing behind."""
    run, into = lab.start(lab.facts.ordered_rows, limits=RunLimits(artifact_bytes=1000))
    with pytest.raises(ResultTooLarge, match="1,000 bytes"):
        run.outcome()
    assert not into.exists()


def test_tables_name_what_can_be_queried(lab: DuckDBLab) -> None:
    """Every table is listed under a name that works in a statement."""
    names = [table.name for table in lab.connector.tables(lab.source)]
    assert lab.facts.table in names
    for name in names:
        lab.run(f"SELECT * FROM {name} LIMIT 1")


def test_ping_answers_for_a_source_that_works(lab: DuckDBLab) -> None:
    """A ping of a working source returns."""
    lab.connector.ping(lab.source)


def test_unknown_settings_are_refused(lab: DuckDBLab) -> None:
    """A setting nobody knows is named in the refusal."""
    with pytest.raises(FieldInvalid, match="'nonsense'"):
        lab.connector.check_settings({"nonsense": 1})


def test_a_plan_has_the_columns_of_the_run(lab: DuckDBLab) -> None:
    """The same ones, in the same order and types, and a text for people."""
    for statement, values in ((lab.facts.one_row, {}), (lab.facts.bound, BOUND)):
        columns, _ = lab.run(statement, values)
        plan = lab.explain(statement, values)
        assert plan.columns == columns
        assert plan.text


def test_a_plan_runs_nothing(lab: DuckDBLab) -> None:
    """A statement without an end is planned."""
    assert lab.explain(lab.facts.endless).columns


def test_a_plan_meets_the_errors_of_a_run(lab: DuckDBLab) -> None:
    """What the source cannot understand, and what does more than read."""
    statement, message = lab.facts.wrong
    with pytest.raises(SourceFailed, match=message):
        lab.explain(statement)
    with pytest.raises(StatementRefused, match="DELETE"):
        lab.explain(lab.facts.changing)


def test_a_plan_leaves_the_source_as_it_was(lab: DuckDBLab) -> None:
    """The next run is not disturbed by it."""
    lab.explain(lab.facts.ordered_rows)
    assert len(lab.run(lab.facts.ordered_rows)[1]) == 20000

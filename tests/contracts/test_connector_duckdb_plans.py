"""What is particular to plans of the duckdb connector."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contracts.connectors.duckdb import DuckDBLab

from standpipe.core.datasources import SourcePlan
from standpipe.core.errors import MemoryExceeded, SourceFailed, SourceTimedOut, StatementRefused
from standpipe.core.executions import RunLimits


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBLab]:
    lab = DuckDBLab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


def test_a_plan_guesses_how_many_rows_there_will_be(lab: DuckDBLab) -> None:
    """As the engine does for the last step of the statement."""
    assert lab.explain("FROM things").estimated_rows == 10
    assert lab.explain("FROM things LIMIT 3").estimated_rows == 3


def test_a_plan_reads_no_data(lab: DuckDBLab) -> None:
    """A value that cannot be converted is only met by a run."""
    failing = "SELECT CAST(name AS INTEGER) AS n FROM things"
    assert [column.name for column in lab.explain(failing).columns] == ["n"]
    with pytest.raises(SourceFailed, match="thing 0"):
        lab.run(failing)


def test_columns_that_stand_in_the_data_are_not_known(lab: DuckDBLab) -> None:
    """A PIVOT finds its columns by reading, so nothing is planned; written ones are known."""
    pivot = "PIVOT things ON name USING count(*)"
    assert lab.explain(pivot) == SourcePlan()
    columns = lab.explain("PIVOT things ON name IN ('thing 1') USING count(*) GROUP BY id").columns
    assert [column.name for column in columns] == ["id", "thing 1"]


@pytest.mark.parametrize(
    "statement",
    [
        "WITH x AS (INSERT INTO things VALUES (1, 'x')) SELECT 1",
        "SET memory_limit = '1TB'",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT 1) TO '/tmp/out.csv'; --",
    ],
)
def test_a_plan_is_fenced_like_a_run(lab: DuckDBLab, statement: str) -> None:
    """What could do more than read is not even planned."""
    with pytest.raises((StatementRefused, SourceFailed)):
        lab.explain(statement)


def test_a_plan_opens_no_other_file(lab: DuckDBLab, tmp_path: Path) -> None:
    """Finding out the columns of a file would read it."""
    secret = tmp_path / "secret.csv"
    secret.write_text("password\nhunter2\n")
    with pytest.raises(SourceFailed, match="disabled") as caught:
        lab.explain(f"SELECT * FROM read_csv('{secret}')")
    assert "password" not in str(caught.value)


def test_planning_has_the_limits_of_a_run(lab: DuckDBLab) -> None:
    """What the engine works out while it plans ends like a run that takes too long or too much."""
    folded = "SELECT len(list_transform(range(30000000), lambda x: md5(x::varchar))) AS n"
    with pytest.raises((SourceTimedOut, MemoryExceeded)):
        lab.explain(folded, limits=RunLimits(seconds=0.5, memory_bytes=128 * 1024**2))
    assert lab.explain("SELECT 1 AS a").columns


def test_names_that_repeat_are_kept(lab: DuckDBLab) -> None:
    """As the run would store them."""
    assert [column.name for column in lab.explain("SELECT 1 AS a, 2 AS a").columns] == ["a", "a"]

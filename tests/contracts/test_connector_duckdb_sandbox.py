"""What a hostile statement cannot do, and what a child process does not know."""

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from tests.contracts.connectors.duckdb import DuckDBLab

from standpipe.core.errors import (
    ExecutionFailed,
    MemoryExceeded,
    SourceFailed,
    SourceTimedOut,
    StatementRefused,
)
from standpipe.core.executions import RunLimits

REFUSED = [
    "ATTACH '/tmp/standpipe-test.db'",
    "CALL pragma_version()",
    "CHECKPOINT",
    "COPY things TO '{data}/new.csv'",
    "COPY (PIVOT things ON id USING count(*)) TO '{data}/new.csv'",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE t AS PIVOT things ON id USING count(*)",
    "DELETE FROM things",
    "DETACH memory",
    "EXPLAIN ANALYZE DELETE FROM things",
    "EXPLAIN SELECT 1",
    "EXPORT DATABASE '{data}'",
    "INSERT INTO things VALUES (1, 'x')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "PRAGMA database_list",
    "PREPARE p AS SELECT 1",
    "RESET threads",
    "SELECT 1; DROP VIEW things",
    "SET enable_external_access = true",
    "SET search_path = 'memory.main'",
    "USE memory",
    "WITH gone AS (DELETE FROM things RETURNING *) SELECT * FROM gone",
    "WITH new AS (INSERT INTO things VALUES (1, 'x') RETURNING *) SELECT * FROM new",
    "WITH new AS (COPY things TO '{data}/new.csv') SELECT 1",
    "",
    "-- nothing",
]

FAILING = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd.csv'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM glob('{data}/*')",
    "SELECT * FROM read_text('{data}/private.env')",
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_parquet('{data}/*.parquet')",
    "SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT * FROM read_duckdb('/etc/passwd', table_name = 't')",
    "SELECT * FROM 'http://127.0.0.1:9/x.parquet'",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT getenv('HOME')",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{data}/log')",
    "SELECT * FROM enable_profiling(save_location = '{data}/profile.json')",
    "SELECT * FROM query('COPY things TO ''{data}/new.csv''')",
    "SELECT * FROM json_execute_serialized_sql('DROP VIEW things')",
    "SELECT * FROM os",
    "SELECT * FROM sys.modules",
    "SELECT 1) TO '{data}/new.csv' --",
    "SELECT 1) UNION (SELECT 2",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBLab]:
    lab = DuckDBLab(tmp_path_factory.mktemp("sandbox"))
    (lab.data / "private.env").write_text("SECRET=1")
    yield lab
    lab.close()


@pytest.mark.parametrize("statement", REFUSED)
def test_a_statement_that_does_more_than_read_is_refused(lab: DuckDBLab, statement: str) -> None:
    """The fence lets exactly one reading statement pass; the data folder stays as it was."""
    before = sorted(lab.data.iterdir())
    with pytest.raises(StatementRefused, match=r"found|empty"):
        lab.run(statement.format(data=lab.data))
    assert sorted(lab.data.iterdir()) == before
    assert len(lab.run("FROM things")[1]) == 10


@pytest.mark.parametrize("statement", FAILING)
def test_a_statement_cannot_leave_its_source(lab: DuckDBLab, statement: str) -> None:
    """Other files, the network, the environment and the engine's own writers are out of reach."""
    before = sorted(lab.data.iterdir())
    with pytest.raises(SourceFailed):
        lab.run(statement.format(data=lab.data))
    assert sorted(lab.data.iterdir()) == before


def test_a_named_file_of_the_source_can_be_read_by_path(lab: DuckDBLab) -> None:
    """The files of the source itself are not hidden from functions that read files."""
    _, rows = lab.run(f"SELECT count(*) FROM read_parquet('{lab.data}/things.parquet')")
    assert rows == [(10,)]


def test_no_secret_is_there_to_be_used(lab: DuckDBLab) -> None:
    """A session that runs statements knows no credentials."""
    assert lab.run("SELECT * FROM duckdb_secrets()")[1] == []


def test_a_statement_leaves_no_trace_for_the_next(lab: DuckDBLab) -> None:
    """The runs of a source share an engine, but no file of one is left for the next."""
    lab.run("SELECT 'private' AS v")
    with pytest.raises(SourceFailed):
        lab.run("SELECT * FROM read_parquet(current_setting('allowed_paths')[1])")
    assert not list(lab.scratch.glob("crew-*/*/*.parquet"))


def test_a_statement_leaves_no_word_for_the_next(lab: DuckDBLab) -> None:
    """What a SELECT can register in its engine is gone with it."""
    for _ in range(3):
        lab.run("FROM register_external_resource('kind', 'word', MAP {'v': 'private'})")
        assert lab.run("FROM duckdb_external_resources()")[1] == []


def test_a_child_knows_neither_environment_nor_descriptors(
    lab: DuckDBLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the worker knows and holds open does not reach the child."""
    monkeypatch.setenv("STANDPIPE_TEST_SECRET", "s3cret")
    with (lab.folder / "open-in-the-worker").open("wb") as file:
        os.set_inheritable(file.fileno(), True)
        other = DuckDBLab(lab.folder / "other")
        try:
            other.run("FROM things")
            for child_id in other.child_ids():
                environment = Path(f"/proc/{child_id}/environ").read_bytes()
                assert b"s3cret" not in environment
                descriptors = Path(f"/proc/{child_id}/fd").iterdir()
                assert "open-in-the-worker" not in "".join(str(fd.readlink()) for fd in descriptors)
        finally:
            other.close()


def test_a_database_file_is_opened_read_only(lab: DuckDBLab, tmp_path: Path) -> None:
    """Several engines can hold one database, and none can write to it."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS id")
    before = path.read_bytes()
    source = lab.new_source([path], number=2)
    assert lab.run("SELECT * FROM shop.orders", source=source)[1] == [(1,)]
    with pytest.raises(ExecutionFailed):
        lab.run("INSERT INTO shop.orders VALUES (2)", source=source)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_large_allocation_is_a_clear_error(lab: DuckDBLab) -> None:
    """A single value beyond the memory limit fails at once and names the limit."""
    with pytest.raises(MemoryExceeded, match="memory limit of 512 MiB"):
        lab.run("SELECT list(range(200000000))")


def test_memory_that_the_engine_does_not_count_is_still_limited(lab: DuckDBLab) -> None:
    """Memory outside the engine's own book-keeping is found by size, and the child is killed."""
    limits = RunLimits(seconds=30.0, memory_bytes=200 * 1024**2)
    with pytest.raises(MemoryExceeded, match="memory limit of 200 MiB"):
        lab.run(
            "SELECT len(list_transform(range(20000000), lambda x: x::VARCHAR || repeat('x', 20)))",
            limits=limits,
        )


def test_a_statement_that_hears_no_interrupt_is_killed(lab: DuckDBLab) -> None:
    """The time limit holds for one long scalar call, which ignores interrupts."""
    statement = "SELECT levenshtein(repeat('a', 500000), repeat('b', 500000))"
    with pytest.raises(SourceTimedOut, match=r"0\.3 s"):
        lab.run(statement, limits=RunLimits(seconds=0.3))


def test_spilling_is_allowed_and_cleaned_up(lab: DuckDBLab) -> None:
    """A sort larger than memory uses the child's own folder and leaves no rows there."""
    limits = RunLimits(seconds=60.0, memory_bytes=64 * 1024**2)
    statement = "SELECT md5(i::VARCHAR) AS h FROM range(2000000) t(i) ORDER BY h"
    run, _ = lab.start(statement, limits=limits)
    assert run.outcome()[1] == 2_000_000
    assert sum(file.stat().st_size for file in lab.scratch.glob("crew-*/*/spill/*")) < 1000

"""What files and folders are called as tables, and what is refused."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.contracts.connectors.duckdb import DuckDBLab

from standpipe.connectors.duckdb.catalog import describe
from standpipe.connectors.duckdb.connector import DuckDBConnector
from standpipe.core.errors import ConfigurationInvalid, FieldInvalid, SourceFailed

Write = Callable[[str, "str | bytes"], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the test's folder."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def describe_shortly(*paths: Path) -> dict[str, str]:
    """Return table names with their column names and types in one line."""
    return {
        table.name: ", ".join(f"{name} {kind}" for name, kind in table.columns)
        for table in describe(paths)
    }


def make_database(path: Path) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER)")
        connection.execute("CREATE SCHEMA archive; CREATE TABLE archive.old (id INTEGER)")
    return path


def test_a_folder_of_different_files_opens_them_all(write: Write, tmp_path: Path) -> None:
    """Every file is a table of its name; other files are passed over."""
    write("a.csv", "n,m\n1,x\n")
    write("b.csv.gz", gzip.compress(b"p\n1.5\n"))
    write("c.ndjson", '{"k": 1}\n{"k": 2}\n')
    write("d.json", '[{"j": true}]')
    write("e.tsv", "s\tt\n1\t2\n")
    write("README.md", "about")
    assert describe_shortly(tmp_path) == {
        "a": "n BIGINT, m VARCHAR",
        "b": "p DOUBLE",
        "c": "k BIGINT",
        "d": "j BOOLEAN",
        "e": "s BIGINT, t BIGINT",
    }


def test_a_folder_of_parts_is_one_table(write: Write, tmp_path: Path) -> None:
    """Files of one format with the same columns are parts; types that differ are widened."""
    write("parts/1.csv", "n,m\n1,2024-01-01\n")
    write("parts/2.csv", "n,m\n1.5,2024-01-02\n")
    assert describe_shortly(tmp_path / "parts") == {"parts": "n DOUBLE, m DATE"}


def test_a_partitioned_folder_is_one_table(write: Write, tmp_path: Path) -> None:
    """Folders called key=value add their key as a column, even around a single file."""
    write("visits/year=2012/part.csv", "n\n1\n")
    assert describe_shortly(tmp_path / "visits") == {"visits": "n BIGINT, year BIGINT"}


def test_a_folder_in_a_folder_is_a_table_or_a_schema(write: Write, tmp_path: Path) -> None:
    """Parts become a table; different files become tables of a schema."""
    write("data/top.csv", "t\n1\n")
    write("data/parts/1.csv", "n\n1\n")
    write("data/parts/2.csv", "n\n2\n")
    write("data/sales/orders.csv", "o\n1\n")
    write("data/sales/items.csv", "i\n1\n")
    assert describe_shortly(tmp_path / "data") == {
        "parts": "n BIGINT",
        "top": "t BIGINT",
        "sales.items": "i BIGINT",
        "sales.orders": "o BIGINT",
    }


def test_a_database_file_is_a_schema_of_its_name(tmp_path: Path) -> None:
    """The tables of shop.duckdb are shop.orders and so on."""
    path = make_database(tmp_path / "shop.duckdb")
    assert describe_shortly(path) == {
        "shop.archive.old": "id INTEGER",
        "shop.orders": "id INTEGER",
    }


def test_odd_names_are_quoted(write: Write, tmp_path: Path) -> None:
    """Any file name works; the printed name is what a statement must write."""
    write("data/select.csv", "a\n1\n")
    write("data/we\"i'rd [x]* ?.csv", "b\n2\n")
    assert set(describe_shortly(tmp_path / "data")) == {'"select"', '"we""i\'rd [x]* ?"'}
    lab = DuckDBLab(tmp_path / "lab")
    source = lab.new_source([tmp_path / "data"])
    assert lab.run('FROM "we""i\'rd [x]* ?", "select"', source=source)[1] == [(2, 1)]
    lab.close()


def test_reserved_names_get_a_tail(write: Write, tmp_path: Path) -> None:
    """A database or schema that DuckDB needs for itself is called otherwise."""
    make_database(tmp_path / "memory.duckdb")
    write("main/a.csv", "a\n1\n")
    write("main/b.csv", "b\n1\n")
    assert "memory_.orders" in describe_shortly(tmp_path)
    assert "main_.a" in describe_shortly(tmp_path)


def test_a_clash_of_names_names_both_files(write: Write) -> None:
    """Two files of one name, whatever its case, are an error at start."""
    first, second = write("one/Flights.csv", "a\n1\n"), write("two/flights.csv", "b\n1\n")
    with pytest.raises(ConfigurationInvalid) as caught:
        describe([first, second])
    assert str(first) in str(caught.value)
    assert str(second) in str(caught.value)


def test_the_same_file_named_twice_is_no_clash(write: Write, tmp_path: Path) -> None:
    """A folder and a file in it may both be named."""
    path = write("a.csv", "a\n1\n")
    assert describe_shortly(path, tmp_path, path) == {"a": "a BIGINT"}


def test_an_empty_folder_has_no_tables(tmp_path: Path) -> None:
    """Nothing there is fine."""
    assert describe([tmp_path]) == ()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.parquet", b"PAR1 this is not Parquet"),
        ("bad.json", b'{"a": '),
        ("bad.csv", b'\xff\xfe\x00"'),
        ("bad.duckdb", b"not a database"),
        ("half.duckdb", b"01234567DUCK and then nothing"),
    ],
)
def test_a_broken_file_is_named(write: Write, tmp_path: Path, name: str, content: bytes) -> None:
    """A file that cannot be read is an error with its path."""
    write("good.csv", "a\n1\n")
    path = write(name, content)
    with pytest.raises(ConfigurationInvalid, match=str(path)):
        describe([tmp_path])


@pytest.mark.parametrize("name", ["missing.csv", "notes.txt"])
def test_a_path_that_cannot_be_opened_is_refused(write: Write, tmp_path: Path, name: str) -> None:
    """A missing file, or one of an unknown kind, is refused when it is named."""
    write("notes.txt", "words")
    with pytest.raises(ConfigurationInvalid, match=name):
        describe([tmp_path / name])


def test_foreign_db_files_in_a_folder_are_passed_over(write: Write, tmp_path: Path) -> None:
    """Many programs call their files .db."""
    write("thumbs.db", "SQLite format 3")
    assert describe([tmp_path]) == ()


def test_links_out_of_a_folder_are_not_followed(write: Write, tmp_path: Path) -> None:
    """A link in a data folder cannot publish a file from elsewhere, nor lead in circles."""
    secret = write("elsewhere/secret.csv", "a\n1\n")
    write("data/own.csv", "b\n1\n")
    (tmp_path / "data/secret.csv").symlink_to(secret)
    (tmp_path / "data/loop").symlink_to(tmp_path / "data")
    assert describe_shortly(tmp_path / "data") == {"own": "b BIGINT"}


def test_a_data_file_whose_name_is_no_text_is_named(write: Write, tmp_path: Path) -> None:
    """The error shows which bytes they are; other files may be called as they like."""
    write("a.csv", "n\n1\n")
    write(os.fsdecode(b"\xff.jpg"), "")
    assert describe_shortly(tmp_path) == {"a": "n BIGINT"}
    write(os.fsdecode(b"\xff.csv"), "n\n1\n")
    with pytest.raises(ConfigurationInvalid, match=r"xff\.csv' is not UTF-8"):
        describe([tmp_path])


def test_hidden_folders_are_never_opened(write: Write, tmp_path: Path) -> None:
    """The server's own folder inside a data folder is no data."""
    write("home/artifacts/x.csv", "a\n1\n")
    write(".cache/y.csv", "a\n1\n")
    write("own.csv", "b\n1\n")
    assert [table.name for table in describe([tmp_path], hidden=[tmp_path / "home"])] == ["own"]
    connector = DuckDBConnector(tmp_path / "scratch", hidden=(tmp_path / "home",))
    with pytest.raises(FieldInvalid, match="outside"):
        connector.check_settings({"paths": [str(tmp_path / "home/artifacts")]})


def test_paths_outside_the_allowed_folders_are_refused(write: Write, tmp_path: Path) -> None:
    """Whoever makes a data source through the API reaches only the folders the operator allows."""
    inside, outside = write("data/a.csv", "a\n1\n"), write("b.csv", "b\n1\n")
    (tmp_path / "data/link.csv").symlink_to(outside)
    connector = DuckDBConnector(tmp_path / "s", allowed_roots=(tmp_path / "data",))
    assert connector.check_settings({"paths": [str(inside)]})["paths"] == [str(inside)]
    for path in (outside, tmp_path / "data/../b.csv", tmp_path / "data/link.csv"):
        with pytest.raises(FieldInvalid, match="outside the folders"):
            connector.check_settings({"paths": [str(path)]})
        with pytest.raises(FieldInvalid, match="outside the folders"):
            connector.check_settings({"dbpath": str(path)})


@pytest.mark.parametrize(
    "settings",
    [
        {"paths": ["/nowhere/at-all.csv"]},
        {"paths": [5]},
        {"paths": 5},
        {"paths": ["a\0b"]},
        {"dbpath": "/nowhere/at-all.duckdb"},
        {"dbpath": 5},
        {"extensions": "httpfs"},
    ],
)
def test_wrong_settings_are_refused(tmp_path: Path, settings: dict[str, object]) -> None:
    """Every wrong value is named before anything is stored."""
    with pytest.raises(FieldInvalid, match=r"paths|dbpath|extensions"):
        DuckDBConnector(tmp_path).check_settings(settings)


def test_settings_are_completed(tmp_path: Path) -> None:
    """Nothing given is an empty database in memory."""
    assert DuckDBConnector(tmp_path).check_settings({}) == {"paths": [], "dbpath": ":memory:"}


def test_tables_of_dbpath_need_no_prefix(write: Write, tmp_path: Path) -> None:
    """A database named as dbpath is the one that statements speak of, beside the files."""
    lab = DuckDBLab(tmp_path / "lab")
    path = make_database(tmp_path / "shop.duckdb")
    source = lab.new_source([write("a.csv", "a\n1\n")], dbpath=path)
    assert [table.name for table in lab.connector.tables(source)] == ["a", "archive.old", "orders"]
    assert lab.run("SELECT count(*) FROM orders, a, archive.old", source=source)[1] == [(0,)]
    lab.close()


def test_a_source_whose_file_is_gone_says_so(tmp_path: Path) -> None:
    """Run, ping and tables name the file that is missing."""
    lab = DuckDBLab(tmp_path)
    lab.write("gone.parquet", "SELECT 1 AS a")
    source = lab.new_source([lab.data / "gone.parquet"])
    (lab.data / "gone.parquet").unlink()
    with pytest.raises(SourceFailed, match=r"gone\.parquet"):
        lab.run("FROM gone", source=source)
    with pytest.raises(SourceFailed, match=r"gone\.parquet"):
        lab.connector.ping(source)
    lab.close()


def test_a_broken_file_fails_runs_and_ping_with_its_name(tmp_path: Path) -> None:
    """A file that breaks while the server runs is named by the next run."""
    lab = DuckDBLab(tmp_path)
    lab.run("FROM things")
    (lab.data / "things.parquet").write_bytes(b"broken")
    with pytest.raises(SourceFailed, match=r"things\.parquet"):
        lab.run("FROM things")
    with pytest.raises(SourceFailed, match=r"things\.parquet"):
        lab.connector.ping(lab.source)
    lab.close()

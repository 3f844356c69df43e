"""What a reader promises for facets: every type, counted exactly, told as text."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.contracts.artifacts import column, cut, write_artifact

from standpipe.core.columns import LogicalType
from standpipe.core.windows import (
    Facet,
    FacetValue,
    Sample,
    WindowAsk,
    parse_aggregates,
    parse_filter,
    parse_group,
    parse_sort,
)
from standpipe.readers.duckdb import DuckDBReader


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


def facet(reader: DuckDBReader, root: Path, select: str, limit: int = 10) -> Facet:
    path = root / f"{uuid4().hex}.parquet"
    columns = write_artifact(path, select)
    (found,) = reader.facets(path, cut(columns), columns, limit)
    return found


def test_values_come_by_frequency_then_by_text(reader: DuckDBReader, root: Path) -> None:
    """The most frequent values come first; ties in the order of their texts, null last."""
    found = facet(reader, root, "SELECT unnest(['b', NULL, 'a', 'c', 'c', 'b', NULL, '']) AS v", 4)
    assert found.values == (
        FacetValue("b", 2),
        FacetValue("c", 2),
        FacetValue(None, 2),
        FacetValue("", 1),
    )
    assert (found.distinct_count, found.null_count) == (4, 2)
    assert (found.lowest, found.highest) == ("", "c")


@pytest.mark.parametrize(
    ("values", "texts", "lowest", "highest"),
    [
        ("[10, 9]", {"10", "9"}, "9", "10"),
        ("[0.5::DECIMAL(2,2), -0.25]", {"0.50", "-0.25"}, "-0.25", "0.50"),
        ("[2.5::DOUBLE, 'nan', '-inf']", {"2.5", "NaN", "-Infinity"}, "-Infinity", "NaN"),
        ("[-0.0::DOUBLE]", {"0.0"}, "0.0", "0.0"),
        ("[2.5::DOUBLE, NULL]", {"2.5", None}, "2.5", "2.5"),
        ("[NULL::FLOAT]", {None}, None, None),
        ("[TIMESTAMP '0044-03-15 (BC) 12:00:00', NULL]",
         {"0044-03-15 (BC)T12:00:00", None}, *["0044-03-15 (BC)T12:00:00"] * 2),
        ("[TIMESTAMPTZ '0044-03-15 (BC) 12:00:00+00', 'infinity', NULL]",
         {"0044-03-15 (BC)T12:00:00Z", "infinity", None}, "0044-03-15 (BC)T12:00:00Z", "infinity"),
        ("[true, false]", {"true", "false"}, "false", "true"),
        ("[DATE '2024-01-02', DATE '0044-03-15 (BC)']",
         {"2024-01-02", "0044-03-15 (BC)"}, "0044-03-15 (BC)", "2024-01-02"),
        ("[TIMESTAMP '2024-01-02 03:04:05.5']",
         {"2024-01-02T03:04:05.5"}, "2024-01-02T03:04:05.5", "2024-01-02T03:04:05.5"),
        ("[TIMESTAMPTZ '2024-01-02 03:04+01']",
         {"2024-01-02T02:04:00Z"}, "2024-01-02T02:04:00Z", "2024-01-02T02:04:00Z"),
        ("[TIME '03:04:00']", {"03:04:00"}, "03:04:00", "03:04:00"),
        (r"['\xFF'::BLOB]", {"/w=="}, "/w==", "/w=="),
        ("['00000000-0000-0000-0000-000000000001'::UUID]",
         {"00000000-0000-0000-0000-000000000001"}, *["00000000-0000-0000-0000-000000000001"] * 2),
        ("['{\"a\": 1}'::JSON]", {'{"a": 1}'}, None, None),
        ("[[1, 2], [1]]", {"[1, 2]", "[1]"}, None, None),
        ("[{'a': 1}]", {"{'a': 1}"}, None, None),
        ("[MAP {'a': 1}]", {"{a=1}"}, None, None),
    ],
)  # fmt: skip
def test_values_of_every_type_have_texts(
    reader: DuckDBReader,
    root: Path,
    *,
    values: str,
    texts: set[str | None],
    lowest: str | None,
    highest: str | None,
) -> None:
    """Texts are exact; types without an order have no ends."""
    found = facet(reader, root, f"SELECT v FROM (SELECT unnest({values}) AS v)")
    assert {value.text for value in found.values} == texts
    assert found.distinct_count == len(texts - {None})
    assert (found.lowest, found.highest) == (lowest, highest)


@pytest.mark.parametrize("logical", [LogicalType.INTEGER, LogicalType.DECIMAL])
def test_numbers_kept_as_text_have_the_order_of_numbers(
    reader: DuckDBReader, root: Path, logical: LogicalType
) -> None:
    """The lowest of them is the least number, not the first text."""
    path = root / f"{logical}.parquet"
    write_artifact(path, f"SELECT unnest(['10', '9', '-1{'0' * 40}', '9', NULL]) AS v")
    columns = (column("v", "VARCHAR", logical),)
    (found,) = reader.facets(path, cut(columns), columns, 2)
    assert found.values == (FacetValue("9", 2), FacetValue(f"-1{'0' * 40}", 1))
    assert (found.lowest, found.highest) == (f"-1{'0' * 40}", "10")
    assert (found.distinct_count, found.null_count) == (3, 1)


@pytest.mark.parametrize("limit", [0, 5])
def test_a_column_without_values_has_no_ends(reader: DuckDBReader, root: Path, limit: int) -> None:
    """Nulls are counted; a facet of no rows is empty."""
    found = facet(reader, root, "SELECT NULL::INTEGER AS v FROM range(3)", limit)
    assert found.values == ((FacetValue(None, 3),) if limit else ())
    assert (found.distinct_count, found.null_count, found.lowest) == (0, 3, None)
    found = facet(reader, root, "SELECT 1 AS v WHERE false", limit)
    assert (found.values, found.distinct_count, found.null_count) == ((), 0, 0)
    assert found.highest is None


def test_facets_are_of_the_rows_of_the_window(reader: DuckDBReader, root: Path) -> None:
    """A filter, a sample, a grouping or a page says which rows are counted."""
    path = root / "window.parquet"
    columns = write_artifact(path, "SELECT i % 3 AS k, i AS n FROM range(300) t(i)")

    def counts(ask: WindowAsk) -> list[int]:
        window = cut(columns, ask)
        chosen = window.columns[:1] if window.group else columns[:1]
        (found,) = reader.facets(path, window, chosen, 10)
        return [value.count for value in found.values]

    assert counts(WindowAsk(where=parse_filter("n < 30 and k > 0"), columns=("n",))) == [10, 10]
    assert sum(counts(WindowAsk(sample=Sample(rows=50)))) == 50
    assert counts(WindowAsk(order_by=parse_sort("k, n"), limit=150)) == [100, 50]
    group = WindowAsk(group_by=parse_group("k"), aggregates=parse_aggregates("count(*)"))
    assert counts(group) == [1, 1, 1]

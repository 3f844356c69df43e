"""What a reader promises for the difference of two results: added, removed and changed rows."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contracts.artifacts import column, cut, read_all, write_artifact

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ColumnUnknown, FieldInvalid, ResultExpired
from standpipe.core.windows import (
    Difference,
    DifferenceCounts,
    Sample,
    WindowAsk,
    difference_of,
    parse_filter,
    parse_sort,
)
from standpipe.formats.json import JsonRows
from standpipe.readers.duckdb import DuckDBReader

EARLIER = (
    "SELECT * FROM (VALUES (1, 'a', 1.5), (2, 'b', 2.5), (NULL, 'c', 3.5), (4, 'd', NULL))"
    " t(id, name, price)"
)
LATER = (
    "SELECT * FROM (VALUES (5, 'e', 5.5), (NULL, 'c', 3.5), (2, 'B', 2.5), (4, 'd', 0.0))"
    " t(id, name, price)"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


class Pair:
    """Two artifacts made of statements."""

    def __init__(self, root: Path, earlier: str, later: str) -> None:
        self.before, self.after = root / "before.parquet", root / "after.parquet"
        self.before_columns = write_artifact(self.before, earlier)
        self.after_columns = write_artifact(self.after, later)

    def difference(self, *keys: str) -> Difference:
        return difference_of(self.before, self.after, self.before_columns, self.after_columns, keys)


@pytest.fixture
def pair(tmp_path: Path, root: Path) -> Pair:
    folder = root / tmp_path.name
    folder.mkdir()
    return Pair(folder, EARLIER, LATER)


def rows(
    reader: DuckDBReader, difference: Difference, ask: WindowAsk | None = None
) -> list[list[object]]:
    window = cut(difference.columns, ask or WindowAsk())
    body = read_all(reader.encode(difference, window, JsonRows(shape="arrays")))
    found: list[list[object]] = json.loads(body)
    return found


CHANGES = [
    ["removed", 1, None, "a", None, 1.5],
    ["changed", 2, "B", "b", 2.5, 2.5],
    ["changed", 4, "d", "d", 0.0, None],
    ["added", 5, "e", None, 5.5, None],
]


def test_rows_that_differ_come_in_the_order_of_their_keys(reader: DuckDBReader, pair: Pair) -> None:
    """Each row that is not the same tells what happened, and its values after and before."""
    difference = pair.difference("id")
    names = ["change", "id", "name", "name before", "price", "price before"]
    assert [each.name for each in difference.columns] == names
    assert rows(reader, difference) == CHANGES
    expected = DifferenceCounts(added=1, removed=1, changed=2, unchanged=1)
    assert reader.count_difference(difference) == expected


def test_a_difference_is_read_like_a_result(reader: DuckDBReader, pair: Pair) -> None:
    """It can be filtered, sorted, sampled, paged, counted and summed up in facets."""
    difference = pair.difference("id")
    ask = WindowAsk(
        columns=("id", "change"),
        where=parse_filter("change != 'added' and name is not null"),
        order_by=parse_sort("id desc"),
    )
    assert rows(reader, difference, ask) == [[4, "changed"], [2, "changed"]]
    assert reader.count(difference, cut(difference.columns, ask)) == 2
    assert rows(reader, difference, WindowAsk(offset=1, limit=2)) == CHANGES[1:3]
    ordered = [row for row in CHANGES if row in rows(reader, difference, sampled(3))]
    assert len(ordered) == 3
    assert rows(reader, difference, sampled(3)) == ordered
    (facet,) = reader.facets(difference, cut(difference.columns), difference.columns[:1], limit=5)
    assert [(value.text, value.count) for value in facet.values] == [
        ("changed", 2),
        ("added", 1),
        ("removed", 1),
    ]


def sampled(count: int) -> WindowAsk:
    return WindowAsk(sample=Sample(rows=count, seed=1))


def test_without_keys_whole_rows_come_and_go_as_often_as_they_occur(
    reader: DuckDBReader, pair: Pair
) -> None:
    """Equal rows are counted on both sides, and nulls are equal."""
    again = "SELECT unnest(['x', 'x', NULL, NULL, 'y']) AS v"
    write_artifact(pair.before, again)
    pair.before_columns = pair.after_columns = write_artifact(
        pair.after, "SELECT unnest(['x', NULL, NULL, NULL, 'z']) AS v"
    )
    difference = pair.difference()
    assert [each.name for each in difference.columns] == ["change", "v"]
    expected = [["removed", "x"], ["removed", "y"], ["added", "z"], ["added", None]]
    assert rows(reader, difference) == expected
    counts = DifferenceCounts(added=2, removed=2, changed=0, unchanged=3)
    assert reader.count_difference(difference) == counts


def test_the_same_result_twice_has_no_difference(reader: DuckDBReader, pair: Pair) -> None:
    """What did not change is counted and not shown."""
    columns = pair.before_columns
    for keys in ((), ("id",), ("id", "name", "price")):
        difference = difference_of(pair.before, pair.before, columns, columns, keys)
        assert rows(reader, difference) == []
        expected = DifferenceCounts(added=0, removed=0, changed=0, unchanged=4)
        assert reader.count_difference(difference) == expected


@pytest.mark.parametrize("side", ["earlier", "later"])
def test_keys_that_repeat_are_refused_with_an_example(
    reader: DuckDBReader, root: Path, side: str
) -> None:
    """Rows that a key does not tell apart cannot be compared by it."""
    folder = root / side
    folder.mkdir()
    repeated = "SELECT * FROM (VALUES (1, NULL), (1, NULL), (2, 'b'), (2, 'b'), (3, 'c')) t(a, b)"
    single = "SELECT 1 AS a, 'x' AS b"
    pair = Pair(folder, *((repeated, single) if side == "earlier" else (single, repeated)))
    difference = pair.difference("a", "b")
    with pytest.raises(FieldInvalid) as caught:
        rows(reader, difference)
    assert caught.value.message == f"The {side} result has 2 keys in more than one row."
    assert caught.value.detail in {"One of them: a = 1, b = NULL.", "One of them: a = 2, b = b."}
    with pytest.raises(FieldInvalid, match="more than one row"):
        reader.count_difference(difference)
    with pytest.raises(FieldInvalid, match="more than one row"):
        reader.count(difference, cut(difference.columns))


def test_columns_of_other_types_are_compared_as_what_holds_both(
    reader: DuckDBReader, root: Path
) -> None:
    """Numbers and dates are compared in the wider type, everything else as text."""
    folder = root / "types"
    folder.mkdir()
    pair = Pair(
        folder,
        "SELECT 1::INTEGER AS id, 1.50::DECIMAL(4,2) AS price, DATE '2024-01-01' AS at,"
        " 5::BIGINT AS word, 1::UTINYINT AS flag",
        "SELECT 1::DECIMAL(38,0) AS id, 1.5::DECIMAL(38,1) AS price,"
        " TIMESTAMP '2024-01-01' AS at, '5' AS word, 2::TINYINT AS flag",
    )
    assert rows(reader, pair.difference("id")) == [
        ["changed", 1, 1.5, 1.5, "2024-01-01T00:00:00", "2024-01-01", "5", 5, 2, 1]
    ]
    assert rows(reader, pair.difference("id"), WindowAsk(where=parse_filter("flag = 9"))) == []
    assert reader.count_difference(pair.difference("id", "price", "at", "word")).changed == 1
    whole = pair.difference()
    assert rows(reader, whole) == [
        ["removed", 1, 1.5, "2024-01-01T00:00:00", "5", 1],
        ["added", 1, 1.5, "2024-01-01T00:00:00", "5", 2],
    ]


def test_large_integers_kept_as_text_meet_small_ones(reader: DuckDBReader, root: Path) -> None:
    """A key that outgrew its type is still the same number."""
    folder = root / "grown"
    folder.mkdir()
    pair = Pair(
        folder,
        "SELECT unnest([9, 10]) AS id",
        f"SELECT unnest(['10', '1{'0' * 40}', '9']) AS id",
    )
    pair.after_columns = (column("id", "VARCHAR", LogicalType.INTEGER),)
    assert rows(reader, pair.difference("id")) == [["added", 10**40]]
    assert rows(reader, pair.difference()) == [["added", 10**40]]


def test_names_decide_what_is_compared(reader: DuckDBReader, root: Path) -> None:
    """Columns may move, come and go; repeated names are compared in their order."""
    folder = root / "names"
    folder.mkdir()
    pair = Pair(
        folder,
        "SELECT 1 AS change, 2 AS old, 3 AS a, 4 AS a_1",
        "SELECT 5 AS a, 3 AS a_1, 6 AS new, 1 AS change",
    )
    pair.before_columns = renamed(pair.before_columns, "change", "old", "a", "a")
    pair.after_columns = renamed(pair.after_columns, "a", "a", "new", "change")
    difference = pair.difference("change")
    stored = ["change", "change_1", "a", "a before", "a_1", "a before_1"]
    assert [each.stored_name for each in difference.columns] == stored
    assert rows(reader, difference) == [["changed", 1, 5, 3, 3, 4]]


def renamed(columns: tuple[Column, ...], *names: str) -> tuple[Column, ...]:
    pairs = zip(columns, names, strict=True)
    return tuple(replace(each, name=name) for each, name in pairs)


def test_a_key_must_be_a_column_of_both(pair: Pair) -> None:
    """A name that is nearly right is told; so is one that only one of the results has."""
    with pytest.raises(ColumnUnknown, match="no column") as caught:
        pair.difference("nane")
    assert "name" in caught.value.hint
    pair.before_columns = pair.before_columns[1:]
    with pytest.raises(ColumnUnknown, match="Only the later result"):
        pair.difference("id")
    pair.before_columns, pair.after_columns = pair.after_columns, pair.before_columns
    with pytest.raises(ColumnUnknown, match="Only the earlier result"):
        pair.difference("id")
    pair.before_columns = renamed(pair.before_columns, "x", "y", "z")
    with pytest.raises(FieldInvalid, match="no column in common"):
        pair.difference()


def test_a_result_that_is_gone_is_expired(reader: DuckDBReader, pair: Pair) -> None:
    """The difference to a result that was removed says so."""
    difference = pair.difference("id")
    pair.before.unlink()
    with pytest.raises(ResultExpired):
        rows(reader, difference)
    with pytest.raises(ResultExpired):
        reader.count_difference(difference)

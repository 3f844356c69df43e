"""What a reader makes of windows that nobody would ask for in good faith: an answer, or words."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tests.contracts.artifacts import cut, read_all, write_artifact

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import WindowInvalid
from standpipe.core.windows import WindowAsk, parse_columns, parse_filter
from standpipe.formats.json import JsonRows
from standpipe.readers.duckdb import DuckDBReader

SELECT = """
    SELECT i, i % 2 = 0 AS b, 'häuser'::VARCHAR AS s, i::VARCHAR || '.' || repeat('5', 40) AS t
    FROM (VALUES (0::BIGINT), (3), (-2), (-4294967297), (9223372036854775807), (NULL)) v(i)
"""

Ask = Callable[..., list[list[object]]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    root = tmp_path_factory.mktemp("artifacts")
    path = root / "rows.parquet"
    columns = tuple(map(meant, write_artifact(path, SELECT)))
    reader = DuckDBReader(root)

    def rows(where: str, shown: str = "i") -> list[list[object]]:
        asked = WindowAsk(columns=parse_columns(shown), where=parse_filter(where))
        encoding = JsonRows(shape="arrays")
        found: list[list[object]] = json.loads(
            read_all(reader.encode(path, cut(columns, asked), encoding))
        )
        return found

    yield rows
    reader.close()


def meant(column: Column) -> Column:
    """Return the column of long numbers as what it means."""
    return replace(column, logical_type=LogicalType.DECIMAL) if column.name == "t" else column


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("substr(s, i) = 'häuser'", [0, -4294967297]),
        ("substr(s, i) = ''", [9223372036854775807]),
        ("substr(s, i, 99999999999999999999) = 'er'", [-2]),
        ("substr(s, 2, i) = 'äus'", [3]),
        (f"substr(s, 1, 1{'0' * 60}) = s and i = 3", [3]),
        ("substr(s, length(substr(s, length(substr(s, i))))) = 'user' and i = 3", [3]),
    ],
)
def test_places_in_a_text_may_lie_anywhere(ask: Ask, condition: str, expected: list[int]) -> None:
    """The start and the length of substr are any integers, as if the text went on for ever."""
    assert ask(condition) == [[i] for i in expected]


@pytest.mark.parametrize(
    "deeper",
    [
        "({}) between false and b",
        "({}) in (b, (b = b))",
        "({}) not in ((b is null), b)",
    ],
)
def test_conditions_inside_of_conditions_are_refused_in_time(ask: Ask, deeper: str) -> None:
    """What grows with each level is refused before it is planned, however deep it is."""
    condition = "b"
    for _ in range(40):
        condition = deeper.format(condition)
    with pytest.raises(WindowInvalid, match="BETWEEN and IN"):
        ask(condition)


@pytest.mark.parametrize(
    "deeper",
    ["coalesce(t, cast(({}) as integer)) = t", "substr(s, length(cast(({}) as text))) = s"],
)
def test_long_numbers_and_places_are_worked_out_once(ask: Ask, deeper: str) -> None:
    """Terms that are used many times in SQL may stand inside of each other."""
    condition = "b"
    for _ in range(12):
        condition = deeper.format(condition)
    assert isinstance(ask(condition), list)

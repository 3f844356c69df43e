"""Whatever window is asked for: its answer is what plain SQL, written here, says of the same rows.

Every term exists twice: as a caller writes it in the filter language, and as the author of a test
writes it in SQL. Both run over the same rows, one through the reader, one through a bare DuckDB.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from standpipe.core.columns import Column
from standpipe.core.ports import WindowRows
from standpipe.core.stored_types import parse_stored_type
from standpipe.core.windows import (
    Difference,
    Sample,
    Window,
    WindowAsk,
    check_window,
    difference_of,
    parse_aggregates,
    parse_filter,
    parse_group,
    parse_sort,
)
from standpipe.readers.duckdb import DuckDBReader
from standpipe.readers.engines import Room
from standpipe.readers.relations import Source, WindowSql
from standpipe.readers.spelling import Values

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ODD = """odd "name", it's; DROP TABLE data; --"""
HOSTILE = [
    "",
    "'",
    "''; DROP TABLE data; --",
    '" OR 1=1',
    "$1",
    "?",
    "a%",
    "_",
    "\\",
    "\0",
    "é",
    "🦆",
]
WORDS = [*HOSTILE, "a", "A", "abc", "b", " b ", "12", "-1.5", "true", "2024-01-01"]


FLOATS = [0.0, -0.0, 0.1, 1.5, -2.0, math.inf, -math.inf, math.nan]
DAYS = [date(2024, 1, 1), date(2023, 12, 31), date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)]
MOMENTS = [
    datetime.fromisoformat(text)
    for text in (
        "2024-01-01",
        "2023-12-31 23:59:59.999999",
        "2024-01-01 12:30",
        "2024-01-02",
    )
]
FAR = [datetime.fromisoformat(text) for text in ("0001-01-01", "9999-12-31 23:59:59.999999")]
CENTS = [*map(Decimal, ("0", "0.01", "-2.5", "1.00", "2.55", "-9999999999.99", "9999999999.99"))]

# name -> type in plain DuckDB, values
TYPES: dict[str, tuple[str, list[Any]]] = {
    "small": ("INTEGER", [-2, -1, 0, 1, 2, 5, -(2**31), 2**31 - 1]),
    "tiny": ("UTINYINT", [0, 1, 2, 5, 255]),
    "big": ("BIGINT", [-2, 0, 1, 5, -(2**63), 2**63 - 1]),
    "huge": ("BIGNUM", [*map(str, (0, 5, -5, 10**40, -(10**40), 10**18))]),
    "price": ("DECIMAL(12,2)", CENTS),
    "exact": ("DECIMAL(38,10)", [*CENTS, Decimal("0.0000000001"), Decimal(9 * 10**27)]),
    "f": ("DOUBLE", [*FLOATS, 1e300]),
    "r": ("FLOAT", FLOATS),
    "s": ("VARCHAR", WORDS),
    ODD: ("INTEGER", [0, 1, 2]),
    "day": ("DATE", DAYS),
    "at": ("TIMESTAMP", [*MOMENTS, *FAR]),
    "ns": ("TIMESTAMP_NS", MOMENTS),
    "zoned": ("TIMESTAMP WITH TIME ZONE", [f"{at.isoformat()}+00" for at in (*MOMENTS, *FAR)]),
    "clock": ("TIME", [time(0), time(12, 30), time(23, 59, 59, 999999)]),
    "flag": ("BOOLEAN", [True, False]),
    "id": ("UUID", [UUID(int=n) for n in range(3)]),
    "raw": ("BLOB", [b"", b"\x00", b"a'", b"\xff"]),
}


def random_rows(seed: int, count: int) -> list[tuple[Any, ...]]:
    """Return rows full of repeated and odd values; every sixth value is null."""
    chance = Random(seed)
    pools = [[*values, *[None] * max(1, len(values) // 5)] for _, values in TYPES.values()]
    return [tuple(chance.choice(pool) for pool in pools) for _ in range(count)]


ROWS = st.builds(random_rows, st.integers(0, 1000), st.sampled_from([0, 1, 30, 30, 30]))


@dataclass(frozen=True)
class Term:
    """The same thing in the filter language and in SQL."""

    text: str
    sql: str


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def columns(*names: str) -> st.SearchStrategy[Term]:
    return st.sampled_from([Term(name(each), name(each)) for each in names])


def both(template: str, sql: str, *terms: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    """Put terms into the places ``{0}``, ``{1}`` of a template of each kind."""

    def made(found: tuple[Term, ...]) -> Term:
        return Term(
            template.format(*(term.text for term in found)),
            sql.format(*(term.sql for term in found)),
        )

    return st.tuples(*terms).map(made)


def same(template: str, *terms: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    return both(template, template, *terms)


NUMBER_TEXTS = [
    "0",
    "1",
    "-2",
    "2.5",
    "-1.005",
    "3000000000",
    "-99999999999999999999",
    "1e2",
    "0.01",
]
TEXTS = st.sampled_from([Term(quoted(word), quoted(word)) for word in WORDS])
NUMBERS = st.sampled_from(
    [Term(text, f"CAST('{text}' AS DECIMAL(38,10))") for text in NUMBER_TEXTS]
)
INTEGERS = st.sampled_from(
    [Term(str(n), f"CAST('{n}' AS BIGNUM)") for n in (0, 5, 10**40, -(10**40))]
)
DOUBLES = st.sampled_from(
    [
        *(Term(text, f"CAST('{text}' AS DOUBLE)") for text in NUMBER_TEXTS),
        *(Term(f"'{word}'", f"CAST('{word}' AS DOUBLE)") for word in ("NaN", "Infinity", "-inf")),
    ]
)
SINGLES = DOUBLES.map(lambda term: Term(term.text, f"CAST({term.sql} AS FLOAT)"))
DATE_TEXTS = ["2024-01-01", "2023-12-31", "0001-01-01", "9999-12-31"]
MOMENT_TEXTS = [*DATE_TEXTS, "2024-01-01 12:30", "2024-01-01T00:00:00.000001"]
DATES = st.sampled_from(
    [
        *(Term(quoted(text), f"TIMESTAMP '{text}'") for text in MOMENT_TEXTS),
        Term("date '2024-01-01'", "DATE '2024-01-01'"),
        Term("today - 731 days", "TIMESTAMP '2024-01-01'"),
    ]
)
ZONED = st.sampled_from(
    [
        *(Term(quoted(text), f"TIMESTAMPTZ '{text}+00'") for text in DATE_TEXTS),
        Term("'2024-01-01 13:30+01:00'", "TIMESTAMPTZ '2024-01-01 12:30+00'"),
        Term("now - 2 years", "TIMESTAMPTZ '2024-01-01 12:00+00'"),
    ]
)
TIMES = st.sampled_from([Term(quoted(t), f"TIME '{t}'") for t in ("00:00:00", "12:30:00")])
UUIDS = st.integers(0, 3).map(
    lambda n: Term(quoted(str(UUID(int=n))), f"CAST('{UUID(int=n)}' AS UUID)")
)
BYTES = st.sampled_from([Term("0x00", r"'\x00'::BLOB"), Term("0xff", r"'\xFF'::BLOB")])

WHOLE = "CAST({0} AS HUGEINT)"
INTEGER_VALUES = st.one_of(
    columns("small", "tiny", "big", ODD),
    both("abs({0})", f"abs({WHOLE})", columns("small", "big", "tiny")),
    both("round({0}, -1)", f"round({WHOLE}, -1)", columns("small", "tiny")),
    same("length({0})", columns("s")),
    same("date_part('year', {0})", columns("day", "at", "zoned", "ns")),
    same("date_part('dow', {0})", columns("day", "at")),
    same("coalesce({0}, {1})", columns("small"), columns("tiny")),
    both("coalesce({0}, 7)", "coalesce({0}, 7)", columns("small")),
)
EXACT_VALUES = st.one_of(
    INTEGER_VALUES,
    columns("price", "exact"),
    same("abs({0})", columns("price", "exact")),
    same("round({0}, 1)", columns("price")),
    same("round({0})", columns("price")),
    both("cast({0} as integer)", "TRY_CAST({0} AS DECIMAL(38,0))", columns("s", "f", "price")),
    both("cast({0} as decimal)", "TRY_CAST({0} AS DECIMAL(38,10))", columns("s", "f", "small")),
)
TEXT_VALUES = st.recursive(
    columns("s"),
    lambda inner: st.one_of(
        same("lower({0})", inner),
        same("upper({0})", inner),
        same("trim({0})", inner),
        same("substr({0}, 2)", inner),
        same("substr({0}, 1, 2)", inner),
        same("coalesce({0}, {1})", inner, TEXTS),
        both("{0}::text", "CAST({0} AS VARCHAR)", columns("small", "day", "flag", "id", "price")),
    ),
    max_leaves=3,
)
FLOAT_VALUES = st.one_of(
    columns("f"),
    same("abs({0})", columns("f")),
    same("round({0}, 1)", columns("f")),
    both("cast({0} as double)", "TRY_CAST({0} AS DOUBLE)", columns("s", "price", "small")),
)
DATE_VALUES = st.one_of(
    columns("day", "at"),
    both("date_trunc('month', {0})", "CAST(date_trunc('month', {0}) AS DATE)", columns("day")),
    same("date_trunc('hour', {0})", columns("at")),
    both("cast({0} as date)", "TRY_CAST({0} AS DATE)", columns("at", "s")),
)
ZONED_VALUES = columns("zoned") | same("date_trunc('day', {0})", columns("zoned"))
FAMILIES: list[tuple[st.SearchStrategy[Term], st.SearchStrategy[Term]]] = [
    (EXACT_VALUES, NUMBERS | EXACT_VALUES),
    (columns("huge"), INTEGERS | columns("huge", "small", "tiny")),
    (FLOAT_VALUES, DOUBLES | FLOAT_VALUES),
    (FLOAT_VALUES, columns("small", "price")),
    (columns("r"), SINGLES | columns("r", "f")),
    (TEXT_VALUES, TEXTS | TEXT_VALUES),
    (DATE_VALUES, DATES | DATE_VALUES),
    (columns("ns"), DATES.filter(lambda term: "0001" not in term.sql and "9999" not in term.sql)),
    (ZONED_VALUES, ZONED | ZONED_VALUES | columns("day", "at")),
    (columns("clock"), TIMES | columns("clock")),
    (columns("id"), UUIDS | columns("id")),
    (columns("raw"), BYTES | columns("raw")),
]
NULLS = st.just(Term("null", "NULL"))
OPERATORS = [
    ("=", "="),
    ("!=", "<>"),
    ("<>", "<>"),
    ("<", "<"),
    ("<=", "<="),
    (">", ">"),
    (">=", ">="),
]


def comparisons(left: st.SearchStrategy[Term], right: st.SearchStrategy[Term]) -> list[Any]:
    compared = [both(f"{{0}} {o} {{1}}", f"({{0}} {s} {{1}})", left, right) for o, s in OPERATORS]
    mirrored = [both(f"{{1}} {o} {{0}}", f"({{1}} {s} {{0}})", left, right) for o, s in OPERATORS]
    member = right | NULLS
    return [
        *compared,
        *mirrored,
        both("{0} in ({1})", "({0} IN ({1}))", left, member),
        both("{0} in ({1}, {2}, {3})", "({0} IN ({1}, {2}, {3}))", left, right, member, right),
        both("{0} not in ({1}, {2})", "({0} NOT IN ({1}, {2}))", left, right, member),
        both("{0} between {1} and {2}", "({0} >= {1} AND {0} <= {2})", left, member, right),
        both(
            "{0} not between {1} and {2}", "(NOT ({0} >= {1} AND {0} <= {2}))", left, right, member
        ),
        same("{0} = {1}", left, NULLS),
        same("({0} is null)", left),
        same("({0} is not null)", left),
    ]


PATTERNS = st.lists(
    st.sampled_from(["%", "_", "a", "A", "b", "'", "é", "!%", "!_", "!!"]), max_size=4
)


def likeness(word: str) -> st.SearchStrategy[Term]:
    def made(found: tuple[Term, list[str]]) -> Term:
        pattern = quoted("".join(found[1]))
        return Term(
            f"{found[0].text} {word} {pattern} escape '!'",
            f"({found[0].sql} {word} {pattern} ESCAPE '!')",
        )

    return st.tuples(TEXT_VALUES, PATTERNS).map(made)


LEAVES = st.one_of(
    *(each for family in FAMILIES for each in comparisons(*family)),
    *(likeness(word) for word in ("like", "not like", "ilike", "not ilike")),
    columns("flag"),
    both("{0} is not true", "({0} IS NOT TRUE)", columns("flag")),
    both("{0} is false", "({0} IS FALSE)", columns("flag")),
    same(
        "({0} = {1})",
        columns("flag"),
        st.sampled_from([Term("true", "TRUE"), Term("false", "FALSE")]),
    ),
    same("({0} is null)", columns(*TYPES)),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        same("({0} and {1})", inner, inner),
        same("({0} or {1} or {2})", inner, inner, inner),
        same("(not {0})", inner.map(lambda term: Term(f"({term.text})", f"({term.sql})"))),
    ),
    max_leaves=5,
)
SORTED = st.one_of(
    columns(*TYPES), EXACT_VALUES, TEXT_VALUES, FLOAT_VALUES, DATE_VALUES, ZONED_VALUES
)


@st.composite
def sorts(draw: st.DrawFn) -> list[Term]:
    terms = []
    for term in draw(st.lists(SORTED, min_size=1, max_size=3)):
        direction = draw(st.sampled_from(["", " asc", " desc"]))
        nulls = draw(st.sampled_from(["", " nulls first", " nulls last"]))
        terms.append(
            Term(f"{term.text}{direction}{nulls}", f"{term.sql}{direction}{nulls or ' nulls last'}")
        )
    return terms


class Table:
    """Random rows: in a table of a bare DuckDB, in their order, and in a file for the reader."""

    def __init__(self, root: Path, rows: Sequence[tuple[Any, ...]]) -> None:
        self.database = duckdb.connect()
        self.database.execute("SET GLOBAL timezone = 'UTC'")
        types = ", ".join(f"{name(column)} {kind}" for column, (kind, _) in TYPES.items())
        self.database.execute(f"CREATE TABLE data (row_position BIGINT, {types})")
        if rows:
            places = ", ".join("?" for _ in range(len(TYPES) + 1))
            self.database.executemany(
                f"INSERT INTO data VALUES ({places})",
                [(number, *row) for number, row in enumerate(rows)],
            )
        self.path = root / f"{uuid4().hex}.parquet"
        self.database.execute(
            "COPY (SELECT * EXCLUDE row_position FROM data ORDER BY row_position)"
            f" TO '{self.path}' (FORMAT parquet)"
        )
        self.columns = tuple(stored(column, kind) for column, (kind, _) in TYPES.items())

    def ask(self, sql: str) -> list[list[str | None]]:
        """Return the rows of plain SQL, every value as DuckDB's text."""
        try:
            relation = self.database.sql(sql)
            texts = ", ".join(f"CAST(#{n} AS VARCHAR)" for n in range(1, len(relation.columns) + 1))
            return [list(row) for row in relation.project(texts).fetchall()]
        except (duckdb.OutOfRangeException, duckdb.ConversionException):
            assume(False)
            raise

    def close(self) -> None:
        self.database.close()
        self.path.unlink()


def stored(column: str, kind: str) -> Column:
    """Return a column as a worker would have stored it: large integers as text."""
    return Column(
        name=column,
        stored_name=column,
        logical_type=parse_stored_type(kind).logical_type,
        stored_type="VARCHAR" if kind == "BIGNUM" else kind,
        source_type=kind,
    )


class Texts:
    """Every value as DuckDB's text, a row at a time."""

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        cells = ", ".join(f'CAST("{column.stored_name}" AS VARCHAR)' for column in rows.columns)
        for _, text in rows.texts(f"CAST(to_json([{cells}]) AS VARCHAR) || chr(10)"):
            yield text


def unique(rows: list[tuple[Any, ...]], keys: list[str]) -> list[tuple[Any, ...]]:
    """Return the rows without those whose keys repeat; all of them if there are no keys."""
    places = [list(TYPES).index(key) for key in keys]
    found = {repr([row[place] for place in places]).replace("-0.0", "0.0"): row for row in rows}
    return list(found.values()) if keys else rows


def changes_of(before: "Table", after: "Table", keys: list[str]) -> tuple[int, int, int, int]:
    """Return what was added, removed, changed and kept, counted in Python over texts of values."""
    earlier, later = (
        [
            tuple(cell and cell.replace("-0.0", "0.0") for cell in row)
            for row in table.ask(EVERYTHING)
        ]
        for table in (before, after)
    )
    if not keys:
        old, new = Counter(earlier), Counter(later)
        return (new - old).total(), (old - new).total(), 0, (old & new).total()
    places = [list(TYPES).index(key) for key in keys]
    old_rows, new_rows = (
        {tuple(row[place] for place in places): row for row in rows} for rows in (earlier, later)
    )
    both = old_rows.keys() & new_rows.keys()
    changed = sum(old_rows[key] != new_rows[key] for key in both)
    added, removed = len(new_rows) - len(both), len(old_rows) - len(both)
    return added, removed, changed, len(both) - changed


EVERYTHING = f"SELECT {', '.join(name(column) for column in TYPES)} FROM data"


def read_difference(
    reader: DuckDBReader, difference: Difference, window: Window
) -> list[list[str | None]]:
    body = b"".join(reader.encode(difference, window, Texts()))
    return [json.loads(line) for line in body.decode().splitlines() if line]


def read(reader: DuckDBReader, table: Table, window: Window) -> list[list[str | None]]:
    body = b"".join(reader.encode(table.path, window, Texts()))
    return [json.loads(line) for line in body.decode().splitlines() if line]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="module")
def reader(root: Path) -> Iterator[DuckDBReader]:
    reader = DuckDBReader(root)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def single(root: Path) -> Iterator[DuckDBReader]:
    """A reader of one thread."""
    reader = DuckDBReader(root, room=Room(threads=1))
    yield reader
    reader.close()


def thorough(examples: int) -> settings:
    return settings(deadline=None, max_examples=examples, suppress_health_check=list(HealthCheck))


def listed(columns: Sequence[str]) -> str:
    return ", ".join(name(column) for column in columns)


@thorough(100)
@given(
    rows=ROWS,
    conditions=st.lists(CONDITIONS, min_size=1, max_size=6),
    order=st.one_of(st.just([]), sorts()),
    chosen=st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4),
    offset=st.integers(0, 4),
    limit=st.one_of(st.none(), st.integers(0, 20)),
)
def test_filters_sorts_and_pages_are_those_of_sql(
    reader: DuckDBReader,
    root: Path,
    *,
    rows: list[tuple[Any, ...]],
    conditions: list[Term],
    order: list[Term],
    chosen: list[str],
    offset: int,
    limit: int | None,
) -> None:
    """Rows, their order and their number are what plain SQL says; ties keep the stored order."""
    table = Table(root, rows)
    try:
        for condition in conditions:
            ask = WindowAsk(
                columns=tuple(chosen),
                where=parse_filter(condition.text),
                order_by=parse_sort(", ".join(term.text for term in order)) if order else (),
                offset=offset,
                limit=limit,
            )
            window = check_window(ask, table.columns, now=NOW)
            by = ", ".join([*(term.sql for term in order), "row_position"])
            paged = "" if limit is None else f" LIMIT {limit}"
            source = f"FROM data WHERE {condition.sql}"
            expected = table.ask(
                f"SELECT {listed(chosen)} {source} ORDER BY {by}{paged} OFFSET {offset}"
            )
            assert read(reader, table, window) == expected, (condition, order)
            assert [[str(reader.count(table.path, window))]] == table.ask(
                f"SELECT count(*) {source}"
            )
    finally:
        table.close()


GROUP_KEYS = st.one_of(
    columns("small", "tiny", "huge", "price", "f", "s", "day", "flag", "id", ODD),
    both("date_trunc('month', {0})", "CAST(date_trunc('month', {0}) AS DATE)", columns("day")),
    same("date_trunc('month', {0})", columns("at")),
    same("lower({0})", columns("s")),
    same("date_part('year', {0})", columns("at")),
    both(
        "date_trunc('day', at_zone('America/Sao_Paulo', {0}))",
        "date_trunc('day', timezone('America/Sao_Paulo', CAST({0} AS TIMESTAMPTZ)))",
        columns("at", "zoned"),
    ),
    both("round({0}, 1)", "round({0}, 1)", columns("price")),
)
AGGREGATES = st.one_of(
    st.just(Term("count(*)", "count(*)")),
    same("count({0})", columns("s", "small", "f", "huge")),
    same("count(distinct {0})", columns("s", "f", "huge", "price", "day", "raw")),
    same("sum({0})", columns("small", "big", "tiny", "price", "f", "r")),
    same("avg({0})", columns("small", "big", "price", "f")),
    # Sums of so many digits could overflow: they are floats (docs/reference/windows.md).
    both("avg({0})", "avg(CAST({0} AS DOUBLE))", columns("exact")),
    both("median({0})", "median(CAST({0} AS DOUBLE))", columns("small", "price", "f")),
    both("stddev({0})", "stddev_samp(CAST({0} AS DOUBLE))", columns("small", "tiny", "price")),
    both("stddev_pop({0})", "stddev_pop(CAST({0} AS DOUBLE))", columns("small", "price")),
    both("variance({0})", "var_samp(CAST({0} AS DOUBLE))", columns("small", "tiny", "price")),
    both("var_pop({0})", "var_pop(CAST({0} AS DOUBLE))", columns("tiny", "price")),
    same("min({0})", columns("s", "small", "huge", "price", "day", "at", "zoned", "id", "f")),
    same("max({0})", columns("s", "small", "huge", "price", "day", "at", "zoned", "id", "f")),
    same("round(avg({0}), 2)", columns("small", "tiny")),
    same("coalesce(min({0}), 0)", columns("small", "price")),
)


# What 30 values of up to 10^10 may lose where they cancel out: engines add them in any order.
ROUNDED_OFF = 30 * 1e10 * sys.float_info.epsilon


def alike(found: str | None, expected: str | None) -> bool:
    """Whether two texts say the same number, as far as floats may differ, or are the same."""
    if found == expected or found is None or expected is None:
        return found == expected
    try:
        return math.isclose(float(found), float(expected), rel_tol=1e-9, abs_tol=ROUNDED_OFF)
    except ValueError:
        return False


@thorough(100)
@given(
    rows=ROWS,
    condition=st.one_of(st.none(), CONDITIONS),
    keys=st.lists(GROUP_KEYS, max_size=2),
    aggregates=st.lists(AGGREGATES, min_size=1, max_size=3),
)
def test_groups_are_those_of_sql(
    reader: DuckDBReader,
    root: Path,
    rows: list[tuple[Any, ...]],
    condition: Term | None,
    keys: list[Term],
    aggregates: list[Term],
) -> None:
    """Every group comes once, in the order of its keys, with the values that SQL computes."""
    table = Table(root, rows)
    try:
        ask = WindowAsk(
            where=None if condition is None else parse_filter(condition.text),
            group_by=parse_group(", ".join(term.text for term in keys)) if keys else (),
            aggregates=parse_aggregates(", ".join(term.text for term in aggregates)),
        )
        window = check_window(ask, table.columns, now=NOW)
        places = ", ".join(str(place) for place in range(1, len(keys) + 1))
        # -0.0 and 0.0 are one group, which is written as 0.0.
        grouped = [f"{term.sql} + 0" if term.sql == '"f"' else term.sql for term in keys]
        expected = table.ask(
            f"SELECT {', '.join([*grouped, *(term.sql for term in aggregates)])} FROM data"
            + ("" if condition is None else f" WHERE {condition.sql}")
            + (f" GROUP BY {places} ORDER BY {places}" if keys else "")
        )
        found = read(reader, table, window)
        assert len(found) == len(expected) == reader.count(table.path, window)
        for pair in zip(found, expected, strict=True):
            assert all(alike(*cells) for cells in zip(*pair, strict=True)), pair
    finally:
        table.close()


RUNNING = [
    Term("running_sum(small)", "sum(sum(CAST(small AS HUGEINT))) OVER w"),
    Term("running_sum(price)", "sum(sum(price)) OVER w"),
    Term(
        "running_avg(tiny)",
        "CAST(sum(sum(tiny)) OVER w AS DOUBLE) / nullif(sum(count(tiny)) OVER w, 0)",
    ),
    Term("running_min(huge)", "min(min(huge)) OVER w"),
    Term("running_max(day)", "max(max(day)) OVER w"),
    Term("running_max(s)", "max(max(s)) OVER w"),
]


@thorough(60)
@given(
    rows=ROWS,
    condition=st.one_of(st.none(), CONDITIONS),
    running=st.lists(st.sampled_from(RUNNING), min_size=1, max_size=3, unique=True),
    is_descending=st.booleans(),
)
def test_running_aggregates_are_those_of_sql(
    reader: DuckDBReader,
    root: Path,
    *,
    rows: list[tuple[Any, ...]],
    condition: Term | None,
    running: list[Term],
    is_descending: bool,
) -> None:
    """Each group has the value of its own rows and those of all groups before it in the sort."""
    table = Table(root, rows)
    try:
        way = "desc" if is_descending else "asc"
        ask = WindowAsk(
            where=None if condition is None else parse_filter(condition.text),
            group_by=parse_group("id, flag"),
            aggregates=parse_aggregates(", ".join(("count(*)", *(each.text for each in running)))),
            order_by=parse_sort(f"count(*) {way}, id {way} nulls first"),
        )
        window = check_window(ask, table.columns, now=NOW)
        order = f"count(*) {way}, id {way} NULLS FIRST, flag NULLS LAST"
        expected = table.ask(
            f"SELECT id, flag, count(*), {', '.join(each.sql for each in running)} FROM data"
            + ("" if condition is None else f" WHERE {condition.sql}")
            + " GROUP BY id, flag"
            + f" WINDOW w AS (ORDER BY {order} ROWS UNBOUNDED PRECEDING) ORDER BY {order}"
        )
        found = read(reader, table, window)
        assert len(found) == len(expected) == reader.count(table.path, window)
        for pair in zip(found, expected, strict=True):
            assert all(alike(*cells) for cells in zip(*pair, strict=True)), pair
    finally:
        table.close()


@thorough(40)
@given(
    rows=ROWS,
    condition=st.one_of(st.none(), CONDITIONS),
    size=st.integers(0, 40),
    seed=st.integers(),
)
def test_samples_are_exact_and_repeat(
    reader: DuckDBReader,
    single: DuckDBReader,
    root: Path,
    *,
    rows: list[tuple[Any, ...]],
    condition: Term | None,
    size: int,
    seed: int,
) -> None:
    """A sample has as many rows as asked for, out of the filtered ones, in their order."""
    table = Table(root, rows)
    try:
        where = None if condition is None else parse_filter(condition.text)
        ask = WindowAsk(where=where, sample=Sample(rows=size, seed=seed))
        window = check_window(ask, table.columns, now=NOW)
        whole = read(reader, table, check_window(WindowAsk(where=where), table.columns, now=NOW))
        found = read(reader, table, window)
        assert len(found) == min(size, len(whole)) == reader.count(table.path, window)
        assert found == read(single, table, window)
        remaining = iter(whole)
        assert all(row in remaining for row in found)
    finally:
        table.close()


@thorough(40)
@given(
    earlier=ROWS, later=ROWS, keys=st.sampled_from([[], ["small"], ["s", "f"], ["huge", "zoned"]])
)
def test_differences_are_those_of_counted_rows(
    reader: DuckDBReader,
    root: Path,
    earlier: list[tuple[Any, ...]],
    later: list[tuple[Any, ...]],
    keys: list[str],
) -> None:
    """Added and removed rows lead from the older result to the newer one, whatever is in them."""
    before, after = Table(root, unique(earlier, keys)), Table(root, unique(later, keys))
    try:
        difference = difference_of(before.path, after.path, before.columns, after.columns, keys)
        counts = reader.count_difference(difference)
        window = check_window(WindowAsk(), difference.columns, now=NOW)
        changes = [row[0] for row in read_difference(reader, difference, window)]
        expected = changes_of(before, after, keys)
        assert (counts.added, counts.removed, counts.changed, counts.unchanged) == expected
        assert tuple(map(changes.count, ("added", "removed", "changed"))) == expected[:3]
    finally:
        before.close()
        after.close()


@thorough(60)
@given(text=st.text(min_size=6).filter(lambda text: text.isprintable() and not text.isalnum()))
def test_no_text_of_a_caller_gets_into_sql(text: str) -> None:
    """Values and patterns are parameters, wherever they stand."""
    columns = [stored("s", "VARCHAR")]
    value = quoted(text)
    conditions = (
        f"s = {value}",
        f"lower(s) in ({value}, 'x', null)",
        f"s between {value} and coalesce(s, {value})",
        f"not (s like {value} or s ilike {value})",
    )
    for condition in conditions:
        ask = WindowAsk(
            where=parse_filter(condition), group_by=parse_group(f"coalesce(s, {value}) as k")
        )
        values = Values()
        window = check_window(ask, columns, now=NOW)
        sql = WindowSql(Source("data", ()), window, values)
        assert text not in sql.page("*")
        assert text in (values.bound or [])

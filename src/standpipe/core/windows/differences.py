"""What changed from one result to another: what is compared, and which columns tell of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from standpipe.core.columns import Column, LogicalType
from standpipe.core.errors import ColumnUnknown, FieldInvalid
from standpipe.core.stored_types import StoredType, parse_stored_type
from standpipe.core.windows.kinds import NUMBERS, STORED_TYPES, promote, value_type
from standpipe.core.windows.names import ColumnNames
from standpipe.core.windows.tokens import shown

PART: Final = "key"

# How many digits integers have at most.
_WIDTHS = {
    "TINYINT": 3,
    "SMALLINT": 5,
    "INTEGER": 10,
    "BIGINT": 19,
    "UTINYINT": 3,
    "USMALLINT": 5,
    "UINTEGER": 10,
    "UBIGINT": 20,
}
_MAX_WIDTH = 38


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedColumn:
    """A column that both artifacts have, and as what its values are compared.

    ``common`` has the stored type that holds the values of both: the type itself where it is the
    same, the wider one of numbers and of dates, text for everything else.
    """

    before: Column
    after: Column
    common: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Two artifacts to compare, read like one: a row for each one that is not the same in both.

    Its columns (``columns``) are ``change`` ("added", "removed", "changed"), the keys, and for
    every other column its value after and, as ``<name> before``, its value before. Rows are the
    same when their keys are equal, null to null. Without keys whole rows are compared, as often as
    they occur: then nothing is "changed", and each column comes out once. Rows are in the order of
    their keys, without keys of all their columns.
    """

    before: Path
    after: Path
    keys: tuple[ComparedColumn, ...]
    values: tuple[ComparedColumn, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceCounts:
    """How many rows were added, removed, changed, and are the same."""

    added: int
    removed: int
    changed: int
    unchanged: int


def difference_of(
    before: Path,
    after: Path,
    before_columns: Sequence[Column],
    after_columns: Sequence[Column],
    keys: Sequence[str],
) -> Difference:
    """Return the difference of two artifacts over the columns whose names both have.

    Of repeated names the first is compared with the first. ColumnUnknown for a key that is not in
    both, FieldInvalid if nothing can be compared.
    """
    compared = list(_pairs(before_columns, after_columns))
    if not compared:
        raise FieldInvalid(
            "The two results have no column in common.",
            detail="Columns are compared by their names.",
        )
    chosen = _find_keys(keys, before_columns, after_columns, compared)
    values = tuple(each for each in compared if each not in chosen)
    return Difference(
        before=before,
        after=after,
        keys=chosen,
        values=values,
        columns=tuple(_unique(_output_columns(chosen, values))),
    )


def _pairs(before: Sequence[Column], after: Sequence[Column]) -> Iterator[ComparedColumn]:
    earlier: dict[str, list[Column]] = defaultdict(list)
    for column in reversed(before):
        earlier[column.name].append(column)
    for column in after:
        if earlier[column.name]:
            other = earlier[column.name].pop()
            yield ComparedColumn(before=other, after=column, common=_common(other, column))


def _find_keys(
    names: Sequence[str],
    before: Sequence[Column],
    after: Sequence[Column],
    compared: Sequence[ComparedColumn],
) -> tuple[ComparedColumn, ...]:
    by_column = {each.after.stored_name: each for each in compared}
    found: dict[str, ComparedColumn] = {}
    for name in names:
        column = _find_key(name, before, after)
        if column.stored_name not in by_column:
            raise _in_one_only(name, "later")
        found.setdefault(column.stored_name, by_column[column.stored_name])
    return tuple(found.values())


def _find_key(name: str, before: Sequence[Column], after: Sequence[Column]) -> Column:
    try:
        return ColumnNames(after).get(name, part=PART)
    except ColumnUnknown:
        if any(column.name == name for column in before):
            raise _in_one_only(name, "earlier") from None
        raise


def _in_one_only(name: str, which: str) -> ColumnUnknown:
    return ColumnUnknown(
        f"Only the {which} result has the column {shown(name)}.",
        part=PART,
        detail="A key is a column of both results.",
    )


def _output_columns(
    keys: Sequence[ComparedColumn], values: Sequence[ComparedColumn]
) -> Iterator[Column]:
    yield Column(
        name="change",
        stored_name="change",
        logical_type=LogicalType.TEXT,
        stored_type="VARCHAR",
        source_type="VARCHAR",
    )
    if not keys:
        yield from (each.common for each in values)
        return
    yield from (each.common for each in keys)
    for each in values:
        yield each.after
        yield replace(each.before, name=f"{each.after.name} before")


def _unique(columns: Iterable[Column]) -> Iterator[Column]:
    """Store columns under their names, numbered where these repeat in any case."""
    taken: set[str] = set()
    for column in columns:
        name, number = column.name or "column", 0
        while name.casefold() in taken:
            number += 1
            name = f"{column.name or 'column'}_{number}"
        taken.add(name.casefold())
        yield replace(column, stored_name=name)


def _common(before: Column, after: Column) -> Column:
    if before.stored_type == after.stored_type:
        return after
    meant = promote(value_type(before), value_type(after))
    if meant is None or meant not in STORED_TYPES:
        meant = LogicalType.TEXT
    stored = _common_number(before, after, meant) if meant in NUMBERS else STORED_TYPES[meant]
    return replace(after, logical_type=meant, stored_type=stored, source_type=stored)


def _common_number(before: Column, after: Column, meant: LogicalType) -> str:
    if meant is LogicalType.FLOAT:
        return STORED_TYPES[meant]
    sizes = [_size(parse_stored_type(column.stored_type)) for column in (before, after)]
    scale = max(scale for _, scale in sizes)
    width = max(width for width, _ in sizes) + scale
    return f"DECIMAL({width},{scale})" if width <= _MAX_WIDTH else "VARCHAR"


def _size(kind: StoredType) -> tuple[int, int]:
    """Return how many digits stand before the point and behind it, at most."""
    if kind.name == "DECIMAL":
        width, scale = kind.numbers
        return width - scale, scale
    return _WIDTHS.get(kind.name, _MAX_WIDTH + 1), 0

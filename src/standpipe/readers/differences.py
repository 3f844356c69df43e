"""The difference of two artifacts as SQL: a full join over null-safe keys.

Without keys equal rows are counted on both sides; what remains of a count came or went.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from standpipe.core.columns import Column
from standpipe.core.errors import FieldInvalid
from standpipe.core.windows import Difference
from standpipe.core.windows.differences import ComparedColumn
from standpipe.readers.calls import keep
from standpipe.readers.kinds import Sql, convert, order_text
from standpipe.readers.relations import Source, meant, scan
from standpipe.readers.spelling import quote_name
from standpipe.readers.texts import text_of

_BEFORE, _AFTER = "before", "after"
_SHOWN_CHARACTERS = 200


def difference_source(difference: Difference) -> Source:
    """Return the rows that are not the same in both artifacts."""
    change, *others = difference.columns
    if difference.keys:
        sql, ordered = _joined_rows(difference), others[: len(difference.keys)]
    else:
        sql, ordered = _counted_rows(difference), [*others, change]
    order = tuple(order_text(meant(column)) for column in ordered)
    return Source(f"({sql})", order, is_sorted=False)


def counts_sql(difference: Difference) -> str:
    """Return the SELECT of how many rows were added, removed, changed and are the same."""
    if difference.keys:
        kinds = ("'added'", "'removed'", "'changed'", "'unchanged'")
        counts = ", ".join(f"count(*) FILTER (WHERE change = {kind})" for kind in kinds)
        changes = f"SELECT {_change(difference)} AS change FROM {_join(difference)}"
        return f"SELECT {counts} FROM ({changes})"
    sums = (
        *("sum(greatest(came - went, 0))", "sum(greatest(went - came, 0))", "0"),
        "sum(least(came, went))",
    )
    counts = ", ".join(f"CAST(coalesce({each}, 0) AS BIGINT)" for each in sums)
    return f"SELECT {counts} FROM ({_counted(difference)})"


def require_unique_keys(difference: Difference, ask: Callable[[str], tuple[Any, ...]]) -> None:
    """FieldInvalid if a key repeats in one of the artifacts; ``ask`` returns a statement's row."""
    for artifact, columns, which in (
        (difference.before, [key.before for key in difference.keys], "earlier"),
        (difference.after, [key.after for key in difference.keys], "later"),
    ):
        count, example = ask(_repeated_sql(artifact, columns))
        if count:
            raise _repeated(which, count, [column.name for column in columns], example)


def _repeated_sql(artifact: Path, columns: Sequence[Column]) -> str:
    values = [meant(column) for column in columns]
    texts = ", ".join(f"any_value({text_of(value)})" for value in values)
    groups = (
        f"SELECT [{texts}] AS example FROM {scan(artifact)} AS source"
        f" GROUP BY {', '.join(order_text(value) for value in values)} HAVING count(*) > 1"
    )
    return f"SELECT count(*), min(example) FROM ({groups})"


def _repeated(
    which: str, count: int, names: Sequence[str], example: Sequence[str | None]
) -> FieldInvalid:
    pairs = zip(names, example, strict=True)
    shown = ", ".join(f"{name} = {_shown(text)}" for name, text in pairs)
    keys = "1 key" if count == 1 else f"{count:,} keys"
    return FieldInvalid(
        f"The {which} result has {keys} in more than one row.",
        detail=f"One of them: {shown}.",
        hint="Name columns that together tell all rows apart, or none to compare whole rows.",
    )


def _shown(text: str | None) -> str:
    if text is None:
        return "NULL"
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _joined_rows(difference: Difference) -> str:
    columns = iter(difference.columns)
    selected = [f"{_change(difference)} AS {_stored(next(columns))}"]
    for number, key in enumerate(difference.keys):
        sides = [keep(_side(key, side, f"key {number}"), key.common.stored_type) for side in _SIDES]
        either = f"CASE WHEN {_AFTER}.present THEN {sides[1]} ELSE {sides[0]} END"
        selected.append(f"{either} AS {_stored(next(columns))}")
    for number in range(len(difference.values)):
        for side in (_AFTER, _BEFORE):
            name = quote_name(f"value {number}")
            selected.append(f"{side}.{name} AS {_stored(next(columns))}")
    rows = f"SELECT {', '.join(selected)} FROM {_join(difference)}"
    return f"{rows} WHERE {_change(difference)} <> 'unchanged'"


_SIDES = (_BEFORE, _AFTER)


def _join(difference: Difference) -> str:
    matches = (
        _same(key, f"key {number}", "IS NOT DISTINCT FROM")
        for number, key in enumerate(difference.keys)
    )
    before = _named(difference.before, _pairs(difference, lambda each: each.before))
    after = _named(difference.after, _pairs(difference, lambda each: each.after))
    return f"{before} AS before FULL OUTER JOIN {after} AS after ON {' AND '.join(matches)}"


def _pairs(
    difference: Difference, side: Callable[[ComparedColumn], Column]
) -> Iterator[tuple[Column, str]]:
    """Yield columns of an artifact and the names that they have in the join."""
    for number, key in enumerate(difference.keys):
        yield side(key), f"key {number}"
    for number, value in enumerate(difference.values):
        yield side(value), f"value {number}"


def _named(artifact: Path, columns: Iterator[tuple[Column, str]]) -> str:
    selected = "".join(f"{_stored(column)} AS {quote_name(name)}, " for column, name in columns)
    return f"(SELECT {selected}TRUE AS present FROM {scan(artifact)})"


def _change(difference: Difference) -> str:
    tests = (
        _same(value, f"value {number}", "IS DISTINCT FROM")
        for number, value in enumerate(difference.values)
    )
    return (
        f"CASE WHEN {_BEFORE}.present IS NULL THEN 'added'"
        f" WHEN {_AFTER}.present IS NULL THEN 'removed'"
        f" WHEN {' OR '.join(tests) or 'FALSE'} THEN 'changed' ELSE 'unchanged' END"
    )


def _same(column: ComparedColumn, name: str, operator: str) -> str:
    before, after = (order_text(_side(column, side, name)) for side in _SIDES)
    return f"({before} {operator} {after})"


def _side(column: ComparedColumn, side: str, name: str) -> Sql:
    """Return the value of one side of the join, as what both are compared."""
    own = column.before if side == _BEFORE else column.after
    return _as_common(column, meant(replace(own, stored_name=name), side))


def _as_common(column: ComparedColumn, value: Sql) -> Sql:
    if column.before.stored_type == column.after.stored_type:
        return value
    return convert(value, meant(column.common).kind)


def _counted_rows(difference: Difference) -> str:
    change, *others = difference.columns
    names = "".join(f", {quote_name(f'value {n}')} AS {_stored(c)}" for n, c in enumerate(others))
    repeated = (
        "SELECT *, came > went AS is_added, unnest(range(abs(came - went))) AS number"
        f" FROM ({_counted(difference)}) WHERE came <> went"
    )
    changes = f"CASE WHEN is_added THEN 'added' ELSE 'removed' END AS {_stored(change)}"
    return f"SELECT {changes}{names} FROM ({repeated})"


def _counted(difference: Difference) -> str:
    """Return the different rows of both artifacts, and how often each has them."""
    names = ", ".join(quote_name(f"value {number}") for number in range(len(difference.values)))
    before = _tally(difference, difference.before, _BEFORE)
    after = _tally(difference, difference.after, _AFTER)
    return (
        f"SELECT {names}, CAST(sum(came) AS BIGINT) AS came, CAST(sum(went) AS BIGINT) AS went"
        f" FROM ({after} UNION ALL {before}) GROUP BY {names}"
    )


def _tally(difference: Difference, artifact: Path, side: str) -> str:
    values = []
    for number, column in enumerate(difference.values):
        own = column.before if side == _BEFORE else column.after
        value = keep(_as_common(column, meant(own)), column.common.stored_type)
        values.append(f"{value} AS {quote_name(f'value {number}')}")
    came = int(side == _AFTER)
    counts = f"{came} AS came, {1 - came} AS went"
    return f"SELECT {', '.join(values)}, {counts} FROM {scan(artifact)} AS source"


def _stored(column: Column) -> str:
    return quote_name(column.stored_name)

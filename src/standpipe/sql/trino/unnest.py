"""UNNEST: Trino's takes maps, rows and several arrays; DuckDB's takes one array.

A subquery beside the tables before it sees their columns, so it can stand where UNNEST stood.
"""

from collections.abc import Sequence

from sqlglot import exp

from standpipe.sql.trino.kinds import is_map, is_rows
from standpipe.sql.trino.templates import fill

__all__ = ["rewrite_unnest"]

_ZIPPED, _PLACE = "_zipped", "_place"


def rewrite_unnest(unnest: exp.Unnest) -> exp.Expr:
    """Return the same node where DuckDB reads it as Trino does, else a subquery."""
    alias = unnest.args.get("alias")
    names = len(alias.args.get("columns") or ()) if alias else 0
    lists = list(unnest.expressions)
    shapes = [_shape(each, names if len(lists) == 1 else 0) for each in lists]
    if not shapes or shapes == ["list"]:
        return unnest
    place = unnest.args.get("offset")
    if place and len(lists) > 1:
        select = _zipped(lists)
    elif place:
        select = _numbered(lists[0], shapes[0])
    else:
        select = exp.select(*(_spread(*each) for each in zip(lists, shapes, strict=True)))
    return exp.Subquery(this=select, alias=_with_place(alias, place))


def _shape(given: exp.Expr, names: int) -> str:
    """Return what it is: ``map``, ``rows`` (more than one column each) or ``list``.

    A column that this statement defines is what it is defined as. Of others, two columns mean a
    map and more of them rows.
    """
    shown = _definition(given)
    if is_map(shown):
        return "map"
    if names < 2:
        return "list"
    return "map" if names == 2 and not is_rows(shown) else "rows"


def _definition(given: exp.Expr) -> exp.Expr:
    if not isinstance(given, exp.Column):
        return given
    for found in given.root().find_all(exp.Alias, exp.TableAlias):
        if isinstance(found, exp.Alias) and found.alias == given.name:
            defined: exp.Expr = found.this
            return defined
        values = found.parent
        if isinstance(found, exp.TableAlias) and isinstance(values, exp.Values):
            return _value(values, found, given.name) or given
    return given


def _value(values: exp.Values, alias: exp.TableAlias, name: str) -> exp.Expr | None:
    names = [column.name for column in alias.args.get("columns") or ()]
    row = values.expressions[0]
    if name not in names or not isinstance(row, exp.Tuple):
        return None
    place = names.index(name)
    members: list[exp.Expr] = row.expressions
    return members[place] if place < len(members) else None


def _spread(given: exp.Expr, shape: str) -> exp.Expr:
    if shape == "list":
        return fill("UNNEST(_1)", given)
    return fill("UNNEST(_1, max_depth := 2)", _entries(given, shape))


def _entries(given: exp.Expr, shape: str) -> exp.Expr:
    return fill("map_entries(_1)", given) if shape == "map" else given


def _numbered(given: exp.Expr, shape: str) -> exp.Select:
    return _from(_entries(given, shape), [fill(f"UNNEST({_ZIPPED})")])


def _zipped(lists: Sequence[exp.Expr]) -> exp.Select:
    together = exp.Anonymous(this="list_zip", expressions=list(lists))
    return _from(together, [fill(f"{_ZIPPED}[{n + 1}]") for n in range(len(lists))])


def _from(given: exp.Expr, columns: list[exp.Expr]) -> exp.Select:
    names = [exp.to_identifier(_ZIPPED)]
    table = exp.Unnest(
        expressions=[given],
        alias=exp.TableAlias(this=exp.to_identifier("_unnested"), columns=names),
        offset=exp.to_identifier(_PLACE),
    )
    return exp.select(*columns, exp.column(_PLACE)).from_(table)


def _with_place(alias: exp.Expr | None, place: exp.Expr | bool | None) -> exp.Expr | None:
    if alias is not None and isinstance(place, exp.Identifier):
        alias.append("columns", place)
    return alias

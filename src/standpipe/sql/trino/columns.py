"""Names for columns that have none, as Trino gives them, and quotes for words DuckDB reserves."""

from sqlglot import exp

__all__ = ["name_columns"]


def name_columns(tree: exp.Expr) -> exp.Expr:
    """Call the columns without a name ``_col`` and their place, from 0.

    Behind a ``*`` the places are not known, and the names stay DuckDB's.
    """
    query = tree
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if isinstance(query, exp.Values):
        return _named_values(tree, query)
    if isinstance(query, exp.Select):
        _name_all(query)
    return tree


def _name_all(query: exp.Select) -> None:
    for place, column in enumerate(query.expressions):
        if column.is_star:
            return
        if not _has_name(column):
            alias = exp.Alias(this=column.copy(), alias=exp.to_identifier(f"_col{place}"))
            column.replace(alias)


def _has_name(column: exp.Expr) -> bool:
    bare = column.unnest()
    if isinstance(bare, exp.Column):
        return not bare.name.startswith("$")
    return isinstance(bare, exp.Alias | exp.Aliases | exp.Dot | exp.PropertyEQ)


def _named_values(tree: exp.Expr, values: exp.Values) -> exp.Expr:
    first = values.expressions[0] if values.expressions else None
    if first is None or values.args.get("alias"):
        return tree
    width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
    columns = [exp.to_identifier(f"_col{place}") for place in range(width)]
    named = exp.Values(
        expressions=values.expressions,
        alias=exp.TableAlias(this=exp.to_identifier("_values"), columns=columns),
    )
    ends = {key: values.args.get(key) for key in ("order", "limit", "offset", "with_")}
    select = exp.Select(expressions=[exp.Star()], from_=exp.From(this=named), **ends)
    if values is tree:
        return select
    values.replace(select)
    return tree

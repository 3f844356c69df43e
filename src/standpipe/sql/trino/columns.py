"""Names for columns that have none, as Trino gives them."""

from sqlglot import exp

__all__ = ["name_columns"]


def name_columns(tree: exp.Expr) -> exp.Expr:
    """Call the columns without a name ``_col`` and their place, from 0.

    Behind a ``*`` the places are not known, and the names stay DuckDB's.
    """
    if isinstance(tree, exp.Values):
        return _around(tree)
    query = tree
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if isinstance(query, exp.Select):
        _name_all(query)
    return tree


def _name_all(query: exp.Select) -> None:
    for place, column in enumerate(query.expressions):
        if column.is_star:
            _name_values(query)
            return
        if not _has_name(column):
            alias = exp.Alias(this=column.copy(), alias=exp.to_identifier(f"_col{place}"))
            column.replace(alias)


def _has_name(column: exp.Expr) -> bool:
    bare = column.unnest()
    if isinstance(bare, exp.Column):
        return not bare.name.startswith("$")
    return isinstance(bare, exp.Alias | exp.Aliases | exp.Dot | exp.PropertyEQ)


def _name_values(query: exp.Select) -> None:
    """Name the columns of ``SELECT * FROM (VALUES ...)``, which is also how VALUES is read."""
    source = query.args.get("from_")
    values = source.this if source else None
    if isinstance(values, exp.Values) and not values.alias_column_names:
        alias = values.args.get("alias")
        values.set("alias", _alias(values, alias.this if alias else exp.to_identifier("_values")))


def _around(values: exp.Values) -> exp.Expr:
    ends = {key: values.args.get(key) for key in ("order", "limit", "offset", "with_")}
    named = exp.Values(expressions=values.expressions)
    named.set("alias", _alias(named, exp.to_identifier("_values")))
    return exp.Select(expressions=[exp.Star()], from_=exp.From(this=named), **ends)


def _alias(values: exp.Values, name: exp.Expr) -> exp.TableAlias:
    rows = values.expressions
    width = len(rows[0].expressions) if rows and isinstance(rows[0], exp.Tuple) else 1
    columns = [exp.to_identifier(f"_col{place}") for place in range(width)]
    return exp.TableAlias(this=name, columns=columns)

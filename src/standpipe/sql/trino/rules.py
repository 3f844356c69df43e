"""What Trino means by the parts of its grammar, in DuckDB's: a table of rules, one per node.

Functions are in ``functions.py`` and ``calls.py``. No table is known here, only what is written, so
these differences stay:

* A value has no time zone of its own: ``AT TIME ZONE`` gives the wall clock there.
* A DATE column and an interval make a TIMESTAMP, and two DATE columns apart are a number of days;
  written dates, casts to DATE and ``current_date`` do as in Trino.
* UINT256 and INT256 have 128 bits here, and what is larger is an error.
* DECIMAL / DECIMAL is a DOUBLE.
* ``map_agg`` is an error where a key comes twice.
* A JSON column cast to VARCHAR keeps the quotes of a text; ``json_extract`` and the like do not.
* A column that this statement does not define is unnested as a map under two names, as rows under
  more.
"""

from collections.abc import Callable, Iterator

from sqlglot import exp

from standpipe.sql.trino.calls import CALLS
from standpipe.sql.trino.functions import TEMPLATES
from standpipe.sql.trino.kinds import is_date, is_json, json_path, whole_number
from standpipe.sql.trino.templates import fill
from standpipe.sql.trino.unnest import rewrite_unnest

__all__ = ["rewrite"]

Rule = Callable[..., exp.Expr]

# DuckDB takes them as names only in quotes, Trino without.
_RESERVED = frozenset(
    {
        "ALL",
        "ANALYSE",
        "ANALYZE",
        "ANY",
        "ASYMMETRIC",
        "BOTH",
        "CHECK",
        "COLLATE",
        "COLUMN",
        "DEFAULT",
        "DEFERRABLE",
        "DESCRIBE",
        "DO",
        "FOREIGN",
        "INITIALLY",
        "LAMBDA",
        "LATERAL",
        "LEADING",
        "LIMIT",
        "OFFSET",
        "ONLY",
        "PIVOT",
        "PLACING",
        "PRIMARY",
        "QUALIFY",
        "REFERENCES",
        "RETURNING",
        "SHOW",
        "SOME",
        "SUMMARIZE",
        "SYMMETRIC",
        "TO",
        "TRAILING",
        "UNIQUE",
        "UNPIVOT",
        "VARIADIC",
        "WINDOW",
    }
)


def rewrite(tree: exp.Expr) -> exp.Expr:
    """Return the tree with every rule applied, from the leaves to the root."""
    for node in list(_leaves_first(tree)):
        rule = RULES.get(type(node))
        made = node if rule is None else rule(node)
        if made is node:
            continue
        if node is tree:
            tree = made
        else:
            node.replace(made)
    return tree


def _leaves_first(tree: exp.Expr) -> Iterator[exp.Expr]:
    return iter(list(tree.walk())[::-1])


def _call(node: exp.Anonymous) -> exp.Expr:
    name, given = node.name.upper(), list(node.expressions)
    if call := CALLS.get(name):
        return call(given) or node
    template = TEMPLATES.get((name, len(given)))
    return node if template is None else fill(template, *given)


def _substring(node: exp.Substring) -> exp.Expr:
    """``SUBSTRING(x FROM 2 FOR 3)``."""
    parts = [node.this, node.args.get("start"), node.args.get("length")]
    return CALLS["SUBSTRING"]([part for part in parts if part is not None]) or node


def _division(node: exp.Div) -> exp.Expr:
    """``//`` divides integers to integers, and all other numbers as ``/`` does."""
    if isinstance(node.this.unnest(), exp.Interval):
        return node
    return exp.IntDiv(this=node.this, expression=node.expression)


def _in_zone(node: exp.AtTimeZone) -> exp.Expr:
    """What has no zone is in UTC for Trino; for DuckDB it would be in the new zone."""
    return fill("timezone(_2, CAST(_1 AS TIMESTAMPTZ))", node.this, node.args["zone"])


def _days(node: exp.Binary) -> exp.Expr:
    """A date and days make a date; two dates make an interval."""
    left, right = node.this, node.expression
    if isinstance(node, exp.Sub) and is_date(left) and is_date(right):
        return fill("(CAST(_1 AS TIMESTAMP) - CAST(_2 AS TIMESTAMP))", left, right)
    if is_date(left) and isinstance(right.unnest(), exp.Interval):
        return exp.Cast(this=node.copy(), to=exp.DataType.build("DATE"))
    return node


def _cast(node: exp.Cast) -> exp.Expr:
    """JSON to text is the text in it, and a value to JSON is that value, not its text read."""
    if node.is_type(exp.DType.JSON) and not is_json(node.this):
        return fill("to_json(_1)", node.this)
    if node.is_type(exp.DType.VARCHAR, exp.DType.TEXT) and is_json(node.this):
        return fill("json_extract_string(_1, '$')", node.this)
    return node


def _type(node: exp.DataType) -> exp.Expr:
    kind = node.this
    if kind in (exp.DType.UINT256, exp.DType.INT256):
        return exp.DataType.build("HUGEINT", dialect="duckdb")
    if kind in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIME, exp.DType.TIMETZ):
        node.set("expressions", None)
    if kind == exp.DType.DECIMAL and not node.expressions:
        return exp.DataType.build("DECIMAL(38, 0)", dialect="duckdb")
    return node


def _interval(node: exp.Interval) -> exp.Expr:
    """``'1-2' YEAR TO MONTH`` as months, and ``'1 02:03' DAY TO SECOND`` as DuckDB reads it."""
    unit, text = node.args.get("unit"), node.this.name
    if not isinstance(unit, exp.IntervalSpan):
        return node
    first = unit.this.name.upper()
    sign = -1 if text.startswith("-") else 1
    parts = text.lstrip("+-").split("-" if first == "YEAR" else " ")
    if first == "YEAR":
        months = sign * (int(parts[0]) * 12 + int(parts[-1]) * (len(parts) > 1))
        return exp.Interval(this=exp.Literal.string(str(months)), unit=exp.Var(this="MONTH"))
    minus = "-" if sign < 0 else ""
    days = f"{minus}{int(parts[0])} days " if first == "DAY" else ""
    clock = parts[-1] if first != "DAY" or len(parts) > 1 else "00:00"
    if clock.count(":") == 0:
        clock += ":00"
    if first == "MINUTE":
        clock = f"00:{clock}"
    return exp.Interval(this=exp.Literal.string(f"{days}{minus}{clock}"))


_PARTS = {
    "DOW": "ISODOW",
    "DAY_OF_WEEK": "ISODOW",
    "DAYOFWEEK": "ISODOW",
    "DAY_OF_MONTH": "DAY",
    "DAY_OF_YEAR": "DOY",
    "YEAR_OF_WEEK": "ISOYEAR",
    "YOW": "ISOYEAR",
}


def _extract(node: exp.Extract) -> exp.Expr:
    """Monday is 1 and Sunday 7."""
    part = node.this.name.upper()
    if part in _PARTS:
        node.set("this", exp.Var(this=_PARTS[part]))
    return node


def _extreme(node: exp.Greatest | exp.Least) -> exp.Expr:
    """NULL if any is NULL. As a list: each argument is written once, however deep they nest."""
    choice = "max" if isinstance(node, exp.Greatest) else "min"
    members = exp.Array(expressions=[node.this, *node.expressions])
    return fill(
        f"list_transform([_1], lambda _l: CASE WHEN len(_l) = list_count(_l) THEN list_{choice}(_l)"
        " END)[1]",
        members,
    )


def _row(node: exp.Struct) -> exp.Expr:
    """A row without names, whose fields have numbers."""
    if any(isinstance(each, exp.PropertyEQ | exp.Alias) for each in node.expressions):
        return node
    return exp.Anonymous(this="ROW", expressions=node.expressions)


def _field(node: exp.Bracket) -> exp.Expr:
    """Fields of rows are counted from 1, named or not."""
    row, place = node.this, node.expressions[0]
    is_row = isinstance(row, exp.Anonymous) and row.name == "ROW"
    if (is_row or (isinstance(row, exp.Cast) and row.is_type(exp.DType.STRUCT))) and (
        whole_number(place) is not None
    ):
        return fill("struct_extract_at(_1, _2)", row, place)
    return node


def _json_value(node: exp.JSONValue) -> exp.Expr:
    made = fill(
        "json_extract_string(json_value(_1, _2), '$')", node.this, json_path(node.args["path"])
    )
    kind = node.args.get("returning")
    return exp.Cast(this=made, to=kind) if isinstance(kind, exp.DataType) else made


def _json_query(node: exp.JSONExtract) -> exp.Expr:
    """``x -> 'a'`` is nothing of Trino's, and stays."""
    if not node.args.get("json_query"):
        return node
    return fill("json_extract(_1, _2)", node.this, json_path(node.expression))


def _aggregate(node: exp.Filter | exp.Window) -> exp.Expr:
    """FILTER and OVER belong to the aggregate inside ``map_from_entries(array_agg(...))``."""
    made = node.this
    if not isinstance(made, exp.Anonymous) or made.name != "map_from_entries":
        return node
    node.set("this", made.expressions[0])
    return exp.Anonymous(this=made.name, expressions=[node.copy()])


def _ties(node: exp.Select) -> exp.Expr:
    """FETCH FIRST n ROWS WITH TIES keeps the rows of the n best ranks."""
    fetch, order = node.args.get("limit"), node.args.get("order")
    options = fetch.args.get("limit_options") if isinstance(fetch, exp.Fetch) else None
    if not fetch or not options or not options.args.get("with_ties"):
        return node
    if node.args.get("offset") or not order:
        return node
    if any(isinstance(each.this, exp.Literal) for each in order.expressions):
        return node
    rank = exp.Window(this=exp.Anonymous(this="RANK"), order=order.copy(), over="OVER")
    node.set("qualify", exp.Qualify(this=exp.LTE(this=rank, expression=fetch.args["count"])))
    node.set("limit", None)
    return node


def _name(node: exp.Identifier) -> exp.Expr:
    if not node.quoted and node.name.upper() in _RESERVED:
        node.set("quoted", True)
    return node


RULES: dict[type[exp.Expr], Rule] = {
    exp.Add: _days,
    exp.Anonymous: _call,
    exp.AtTimeZone: _in_zone,
    exp.Bracket: _field,
    exp.Cast: _cast,
    exp.DataType: _type,
    exp.Div: _division,
    exp.Extract: _extract,
    exp.Filter: _aggregate,
    exp.Greatest: _extreme,
    exp.Identifier: _name,
    exp.Interval: _interval,
    exp.JSONExtract: _json_query,
    exp.JSONValue: _json_value,
    exp.Least: _extreme,
    exp.Select: _ties,
    exp.Struct: _row,
    exp.Sub: _days,
    exp.Substring: _substring,
    exp.TryCast: _cast,
    exp.Unnest: rewrite_unnest,
    exp.Window: _aggregate,
}

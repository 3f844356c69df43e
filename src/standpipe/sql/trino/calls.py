"""Functions whose translation depends on what their arguments look like."""

from collections.abc import Callable, Sequence

from sqlglot import exp

from standpipe.sql.trino.formats import from_java, from_mysql, from_printf
from standpipe.sql.trino.keccak import keccak256
from standpipe.sql.trino.kinds import is_date, json_path, whole_number, written_bytes
from standpipe.sql.trino.templates import bracketed, fill

__all__ = ["CALLS"]

Arguments = Sequence[exp.Expr]
Call = Callable[[Arguments], exp.Expr | None]

_LONGEST_MESSAGE = 4000  # bytes: names of events have fewer than 200
_DAYS = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})


def _date_trunc(given: Arguments) -> exp.Expr | None:
    """Dates stay dates."""
    if len(given) != 2:
        return None
    text = "date_trunc(_1, _2)"
    return fill(f"CAST({text} AS DATE)" if is_date(given[1]) else text, *given)


def _date_add(given: Arguments) -> exp.Expr | None:
    """The unit is a word of DuckDB's grammar, so it must be written out."""
    if len(given) != 3 or not isinstance(given[0], exp.Literal):
        return None
    unit = given[0].name.upper()
    count = exp.Interval(this=given[1], unit=exp.Var(this=unit))
    if not unit.isalpha():
        return None
    if not isinstance(given[1], exp.Literal):
        count.set("this", exp.Paren(this=given[1]))
    moved = fill("(_1 + _2)", given[2], exp.Paren(this=count))
    return fill("CAST(_1 AS DATE)", moved) if is_date(given[2]) and unit in _DAYS else moved


def _formatted(names: str, read: Callable[[exp.Expr], exp.Expr | None]) -> Call:
    """Return a call whose second argument is a format, which must be written out."""

    def call(given: Arguments) -> exp.Expr | None:
        written = read(given[1]) if len(given) == 2 else None
        return None if written is None else fill(names, given[0], written)

    return call


def _sequence(given: Arguments) -> exp.Expr | None:
    """Sequences of dates stay dates, and go by days where no step is given."""
    if len(given) not in (2, 3):
        return None
    is_dates = is_date(given[0])
    if len(given) == 3:
        made = fill("generate_series(_1, _2, _3)", *given)
    elif is_dates:
        made = fill("generate_series(_1, _2, INTERVAL 1 DAY)", *given)
    else:
        made = _counted(*given)
    return fill("CAST(_1 AS DATE[])", made) if is_dates else made


def _counted(start: exp.Expr, stop: exp.Expr) -> exp.Expr:
    first, last = whole_number(start), whole_number(stop)
    down = first is not None and last is not None and first > last
    return fill(f"generate_series(_1, _2{', -1' if down else ''})", start, stop)


def _slice(given: Arguments) -> exp.Expr | None:
    """Trino names start and length, DuckDB start and end."""
    if len(given) != 3:
        return None
    start, length = whole_number(given[1]), whole_number(given[2])
    if start is None or length is None:
        return fill("array_slice(_1, _2, _2 + _3 - 1)", *given)
    return fill("array_slice(_1, _2, _3)", given[0], given[1], _number(start + length - 1))


def _substring(given: Arguments) -> exp.Expr | None:
    """A slice where it means the same, since that takes bytes too."""
    numbers = [whole_number(each) for each in given[1:]]
    if len(given) == 3 and None not in numbers and (numbers[0] or 0) > 0:
        return _slice(given)
    names = ", ".join(f"_{number + 1}" for number in range(len(given)))
    return fill(f"substring({names})", *given) if len(given) in (2, 3) else None


def _regexp_replace(given: Arguments) -> exp.Expr | None:
    r"""All matches; groups are ``$1`` in Trino and ``\1`` in DuckDB."""
    if len(given) == 2:
        return fill("regexp_replace(_1, _2, '', 'g')", *given)
    if len(given) != 3 or isinstance(given[2], exp.Lambda):
        return None
    new = given[2]
    if isinstance(new, exp.Literal):
        return fill("regexp_replace(_1, _2, _3, 'g')", *given[:2], _groups(new))
    return fill(r"regexp_replace(_1, _2, regexp_replace(_3, '\$(\d)', '\\\1', 'g'), 'g')", *given)


def _groups(text: exp.Literal) -> exp.Expr:
    changed, rest = "", text.name
    while rest:
        letter, rest = rest[0], rest[1:]
        if letter == "$" and rest[:1].isdigit():
            letter = "\\"
        elif letter == "\\" and rest[:1] == "$":
            letter, rest = "$", rest[1:]
        changed += letter
    return exp.Literal.string(changed)


def _concat(given: Arguments) -> exp.Expr | None:
    """NULL makes it NULL, and arrays and bytes are joined too."""
    if not given:
        return None
    made = given[0]
    for each in given[1:]:
        made = exp.DPipe(this=made, expression=bracketed(each))
    return exp.Paren(this=made)


def _at_path(template: str) -> Call:
    """Return a call whose second argument is a JSON path."""

    def call(given: Arguments) -> exp.Expr | None:
        return fill(template, given[0], json_path(given[1])) if len(given) == 2 else None

    return call


def _reduce(given: Arguments) -> exp.Expr | None:
    """The last function sees the state as the only member of a list."""
    if len(given) != 4 or not isinstance(given[3], exp.Lambda):
        return None
    made = fill("list_reduce(_1, _3, _2)", *given[:3])
    last = given[3]
    if last.this == (last.expressions[0] if last.expressions else None):
        return made
    return fill("list_transform([_1], _2)[1]", made, last)


def _of_pairs(template: str, count: int, fields: tuple[str, str]) -> Call:
    """Return a call with a lambda of two names, which DuckDB gives one pair."""

    def call(given: Arguments) -> exp.Expr | None:
        function = given[-1] if len(given) == count else None
        if not isinstance(function, exp.Lambda) or len(function.expressions) != 2:
            return None
        return fill(template, *given[:-1], _of_one(function, fields))

    return call


def _of_one(function: exp.Lambda, fields: tuple[str, str]) -> exp.Expr:
    """Return the body with ``_pair.key`` or ``_pair[1]`` for its names."""
    body: exp.Expr = exp.Paren(this=function.this)
    for name, field in zip(function.expressions, fields, strict=True):
        for each in list(body.find_all(exp.Identifier)):
            if each.name == name.name and not isinstance(each.parent, exp.Dot):
                target = each.parent if isinstance(each.parent, exp.Column) else each
                target.replace(fill(f"_pair{field}"))
    return body


def _keccak(given: Arguments) -> exp.Expr | None:
    """What stands in the statement is hashed here, since DuckDB has no such function."""
    message = written_bytes(given[0]) if len(given) == 1 else None
    if message is None or len(message) > _LONGEST_MESSAGE:
        return None
    return fill("unhex(_1)", exp.Literal.string(keccak256(message).hex()))


def _number(value: int) -> exp.Expr:
    number = exp.Literal.number(abs(value))
    return exp.Neg(this=number) if value < 0 else number


_ENTRIES = (".key", ".value")

CALLS: dict[str, Call] = {
    "DATE_TRUNC": _date_trunc,
    "DATE_ADD": _date_add,
    "DATE_FORMAT": _formatted("strftime(_1, _2)", from_mysql),
    "DATE_PARSE": _formatted("strptime(_1, _2)", from_mysql),
    "FORMAT_DATETIME": _formatted("strftime(_1, _2)", from_java),
    "PARSE_DATETIME": _formatted("CAST(strptime(_1, _2) AS TIMESTAMPTZ)", from_java),
    "FORMAT": from_printf,
    "SEQUENCE": _sequence,
    "SLICE": _slice,
    "SUBSTR": _substring,
    "SUBSTRING": _substring,
    "REGEXP_REPLACE": _regexp_replace,
    "CONCAT": _concat,
    "JSON_EXISTS": _at_path("json_exists(_1, _2)"),
    "JSON_EXTRACT": _at_path("json_extract(_1, _2)"),
    "JSON_EXTRACT_SCALAR": _at_path("json_extract_string(json_value(_1, _2), '$')"),
    "JSON_SIZE": _at_path("json_array_length(_1, _2)"),
    "KECCAK": _keccak,
    "REDUCE": _reduce,
    "ZIP_WITH": _of_pairs("list_transform(list_zip(_1, _2), lambda _pair: _3)", 3, ("[1]", "[2]")),
    "MAP_FILTER": _of_pairs(
        "map_from_entries(list_filter(map_entries(_1), lambda _pair: _2))", 2, _ENTRIES
    ),
    "TRANSFORM_VALUES": _of_pairs(
        "map_from_entries(list_transform(map_entries(_1), lambda _pair: row(_pair.key, _2)))",
        2,
        _ENTRIES,
    ),
    "TRANSFORM_KEYS": _of_pairs(
        "map_from_entries(list_transform(map_entries(_1), lambda _pair: row(_2, _pair.value)))",
        2,
        _ENTRIES,
    ),
}

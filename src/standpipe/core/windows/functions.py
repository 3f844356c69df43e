"""The closed list of functions and casts, and what each of them takes."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from standpipe.core.columns import LogicalType
from standpipe.core.windows.kinds import COMPARABLE, DATES, NUMBERS
from standpipe.core.windows.syntax import Unit

T = LogicalType


@dataclass(frozen=True, slots=True)
class Taken:
    """The types that an argument may have; values that are written are read as ``preferred``."""

    types: AbstractSet[LogicalType]
    preferred: LogicalType


@dataclass(frozen=True, slots=True)
class Signature:
    """A function: how it is written, its arguments, and its type (or which argument has it).

    ``words`` are the only values of its first argument, which is written as a text then;
    ``is_counted`` says that its second argument is written as a whole number, ``is_zoned`` that
    its first one is the name of a time zone.
    """

    usage: str
    arguments: tuple[Taken, ...]
    result: LogicalType | int
    required: int = -1
    words: tuple[str, ...] = ()
    is_counted: bool = False
    is_zoned: bool = False

    @property
    def least(self) -> int:
        """How many arguments it takes at least."""
        return len(self.arguments) if self.required < 0 else self.required


_TEXT = Taken({T.TEXT}, T.TEXT)
_INTEGER = Taken({T.INTEGER}, T.INTEGER)
_NUMBER = Taken(NUMBERS, T.DECIMAL)
_DATE = Taken(DATES, T.TIMESTAMP)
_TIME = Taken(frozenset((T.TIMESTAMP, T.TIMESTAMPTZ)), T.TIMESTAMPTZ)
_ANY = Taken(frozenset(LogicalType), T.TEXT)
_ORDERED = Taken(COMPARABLE, T.TEXT)

_PARTS = (
    *("year", "quarter", "month", "week", "day", "dow", "isodow", "doy"),
    *("hour", "minute", "second"),
)

FUNCTIONS: Final = {
    "lower": Signature("lower(text)", (_TEXT,), T.TEXT),
    "upper": Signature("upper(text)", (_TEXT,), T.TEXT),
    "trim": Signature("trim(text)", (_TEXT,), T.TEXT),
    "length": Signature("length(text)", (_TEXT,), T.INTEGER),
    "substr": Signature(
        "substr(text, start) or substr(text, start, length)",
        (_TEXT, _INTEGER, _INTEGER),
        T.TEXT,
        required=2,
    ),
    "abs": Signature("abs(number)", (_NUMBER,), 0),
    "round": Signature(
        "round(number) or round(number, digits)",
        (_NUMBER, _INTEGER),
        0,
        required=1,
        is_counted=True,
    ),
    "date_trunc": Signature(
        "date_trunc('month', date)", (_TEXT, _DATE), 1, words=tuple(unit.value for unit in Unit)
    ),
    "date_part": Signature("date_part('year', date)", (_TEXT, _DATE), T.INTEGER, words=_PARTS),
    "at_zone": Signature(
        "at_zone('Europe/Berlin', time)", (_TEXT, _TIME), T.TIMESTAMP, is_zoned=True
    ),
}

# Takes any number of values of one kind, so that it has no signature.
COALESCE: Final = "coalesce"

AGGREGATES: Final = {
    "count": Signature("count(*), count(x) or count(distinct x)", (_ANY,), T.INTEGER),
    "sum": Signature("sum(number)", (_NUMBER,), 0),
    "avg": Signature("avg(number)", (_NUMBER,), T.FLOAT),
    "median": Signature("median(number)", (_NUMBER,), T.FLOAT),
    "stddev": Signature("stddev(number)", (_NUMBER,), T.FLOAT),
    "stddev_pop": Signature("stddev_pop(number)", (_NUMBER,), T.FLOAT),
    "variance": Signature("variance(number)", (_NUMBER,), T.FLOAT),
    "var_pop": Signature("var_pop(number)", (_NUMBER,), T.FLOAT),
    "min": Signature("min(x)", (_ORDERED,), 0),
    "max": Signature("max(x)", (_ORDERED,), 0),
    "running_sum": Signature("running_sum(number)", (_NUMBER,), 0),
    "running_avg": Signature("running_avg(number)", (_NUMBER,), T.FLOAT),
    "running_min": Signature("running_min(x)", (_ORDERED,), 0),
    "running_max": Signature("running_max(x)", (_ORDERED,), 0),
}

# Those over the rows of a group and of all groups before it, in the order of the groups.
RUNNING: Final = {f"running_{name}": name for name in ("sum", "avg", "min", "max")}

CAST_TYPES: Final = {
    **dict.fromkeys(("integer", "int", "bigint", "smallint", "tinyint", "hugeint"), T.INTEGER),
    **dict.fromkeys(("double", "double precision", "float", "real"), T.FLOAT),
    **dict.fromkeys(("decimal", "numeric"), T.DECIMAL),
    **dict.fromkeys(("text", "varchar", "string"), T.TEXT),
    **dict.fromkeys(("boolean", "bool"), T.BOOLEAN),
    **dict.fromkeys(("timestamp", "datetime", "timestamp without time zone"), T.TIMESTAMP),
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), T.TIMESTAMPTZ),
    "date": T.DATE,
    "time": T.TIME,
    "uuid": T.UUID,
}

_PLAIN_CASTS: Final = {
    T.INTEGER: NUMBERS | {T.TEXT, T.BOOLEAN},
    T.FLOAT: NUMBERS | {T.TEXT, T.BOOLEAN},
    T.DECIMAL: NUMBERS | {T.TEXT, T.BOOLEAN},
    T.BOOLEAN: NUMBERS | {T.TEXT, T.BOOLEAN},
    T.TEXT: frozenset(LogicalType),
    T.DATE: DATES | {T.TEXT},
    T.TIMESTAMP: DATES | {T.TEXT},
    T.TIMESTAMPTZ: DATES | {T.TEXT},
    T.TIME: frozenset((T.TIME, T.TIMESTAMP, T.TEXT)),
    T.UUID: frozenset((T.UUID, T.TEXT)),
}


def casts_to(target: LogicalType) -> AbstractSet[LogicalType]:
    """Return the types whose values can be converted to a type of ``CAST_TYPES``."""
    return _PLAIN_CASTS[target]

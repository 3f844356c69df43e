"""Fields of a data set: the columns of its result, by the names that callers have for them."""

from collections.abc import Sequence
from typing import Final

from standpipe.core.columns import Column
from standpipe.core.errors import ColumnUnknown, FieldInvalid
from standpipe.core.windows.kinds import T, value_type
from standpipe.core.windows.names import ColumnNames
from standpipe.core.windows.syntax import Call, Cast, Literal, Name, Node

UNITS: Final = ("year", "quarter", "month", "week", "day", "hour", "minute")
TRUNCATING: Final = "datetrunc "
_OF_CLOCK: Final = frozenset({"hour", "minute"})
_TIMES: Final = frozenset({T.TIMESTAMP, T.TIMESTAMPTZ})
DATES: Final = _TIMES | {T.DATE}


class Fields:
    """Finds the columns that fields mean; ``model`` is a name that may stand before them."""

    def __init__(self, columns: Sequence[Column], model: str) -> None:
        """Take the columns of the result."""
        self._names = ColumnNames(columns)
        self._columns = columns
        self._model = model

    def get(self, field: str, *, path: str) -> Column:
        """Return the column of a field; FieldInvalid says what there is, and what is near."""
        try:
            return self._names.get(field, part="")
        except ColumnUnknown as error:
            bare = self._bare(field)
            if bare is not None:
                return self.get(bare, path=path)
            raise FieldInvalid(
                f"{path}: {error.message}", detail=error.detail, hint=error.hint
            ) from error

    def _bare(self, field: str) -> str | None:
        """Return a field without the name of the model: ``orders.status``, ``orders$status``."""
        for mark in (".", "$"):
            head, found, tail = field.partition(mark)
            if found and tail and head == self._model:
                return tail
        return None


def name_node(column: Column) -> Name:
    """Return the node of a column."""
    return Name(text=column.name, is_quoted=True)


def shown_node(column: Column, zone: str | None) -> Node:
    """Return the value of a column as it is shown: times by the clocks of the zone."""
    node = name_node(column)
    if zone is None or value_type(column) not in _TIMES:
        return node
    return _local(node, zone)


def truncated_node(column: Column, unit: str, zone: str | None) -> Node:
    """Return the beginning of the unit in which a date lies, by the clocks of the zone.

    It is a date, for hours and minutes a time.
    """
    node: Node = name_node(column)
    if value_type(column) in _TIMES:
        node = _local(node, zone or "UTC")
    call = Call(name="date_trunc", arguments=(Literal(value=unit), node))
    is_day = unit not in _OF_CLOCK
    return Cast(operand=call, type="date") if is_day else call


def read_unit(text: str, *, path: str) -> str:
    """Return the unit of ``datetrunc month``; FieldInvalid."""
    unit = text.removeprefix(TRUNCATING)
    if unit == text or unit not in UNITS:
        known = ", ".join(TRUNCATING + each for each in UNITS)
        raise FieldInvalid(f"{path}: {text[:60]!r} is not known.", detail=f"Expected: {known}.")
    return unit


def _local(node: Node, zone: str) -> Node:
    return Call(name="at_zone", arguments=(Literal(value=zone), node))

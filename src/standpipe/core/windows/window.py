"""A window: what was asked for, and the same checked against the columns of a result."""

from collections.abc import Sequence
from dataclasses import dataclass

from standpipe.core.columns import Column
from standpipe.core.windows.expressions import Expression
from standpipe.core.windows.syntax import Node, OutputTerm, SortTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Exactly ``rows`` rows (all, if there are fewer), the same ones for the same ``seed``."""

    rows: int
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowAsk:
    """What a caller wants, in the order in which it is done: filter, sample, group, sort, page.

    ``columns`` name what comes out (None = everything, in order); a filter and a sort may name
    columns that ``columns`` leaves out. With ``group_by`` or ``aggregates`` the outputs are the
    keys, then the aggregates; without a sort of their own groups are sorted by their keys.
    """

    columns: tuple[str, ...] | None = None
    where: Node | None = None
    sample: Sample | None = None
    group_by: tuple[OutputTerm, ...] = ()
    aggregates: tuple[OutputTerm, ...] = ()
    order_by: tuple[SortTerm, ...] = ()
    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One term of a sort; rows that are equal in all terms keep the order of the result."""

    expression: Expression
    is_descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A column that is computed: its expression, cast to ``column.stored_type``."""

    column: Column
    expression: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Rows with equal keys become one row: the keys, then the aggregates. No keys = one row.

    Running aggregates follow the window's order, as far as it is not by one of them.
    """

    keys: tuple[Derived, ...] = ()
    aggregates: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a result that is read; made by ``check_window`` or ``whole``.

    ``columns`` come out in this order; their ``stored_name`` is the name in the artifact, or of a
    derived column of the grouping. Filter, sample and the grouping's expressions see the columns
    of the artifact, the order sees those of the grouping if there is one. ``is_steady`` is False
    when the answer depends on the time of the request.
    """

    columns: tuple[Column, ...]
    where: Expression | None = None
    sample: Sample | None = None
    group: Grouping | None = None
    order: tuple[Order, ...] = ()
    offset: int = 0
    limit: int | None = None
    is_steady: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether rows come as they are stored: only columns, offset and limit."""
        return self.where is None and self.sample is None and self.group is None and not self.order

    @property
    def is_all_rows(self) -> bool:
        """Whether every row of the result comes out, in its order."""
        return self.is_plain and self.offset == 0 and self.limit is None


def whole(columns: Sequence[Column]) -> Window:
    """Return the window of all rows with these columns."""
    return Window(columns=tuple(columns))

"""What is asked of a data set, as a value: compat/holistics.md 3.9."""

from dataclasses import dataclass
from typing import Final

from standpipe.core.ids import DataSetId

PAGE_SIZE: Final = 20
ALL: Final = -1
MOST_ROWS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A field by whose values rows are grouped; ``transformation`` as in ``datetrunc month``."""

    field: str
    transformation: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A field, and what is made of its values in each group."""

    field: str
    aggregation: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A condition on a field, before rows are grouped: compat/holistics.md 3.10."""

    field: str
    operator: str
    values: tuple[str | bool | int | float, ...] = ()
    modifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """A dimension or metric, by its id, its field or its name in the answer."""

    id: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetQuery:
    """Groups of a data set: filter, group, order, then ``limit``, then the page.

    ``page_size`` -1 = all rows are one page. ``timezone`` None = UTC, and times are shown as they
    are stored. ``model`` is the name that may stand before fields.
    """

    data_set_id: DataSetId
    model: str = ""

    dimensions: tuple[Dimension, ...] = ()
    metrics: tuple[Metric, ...] = ()
    filters: tuple[Filter, ...] = ()
    order: tuple[Ordering, ...] = ()
    limit: int | None = None
    page: int = 1
    page_size: int = PAGE_SIZE
    timezone: str | None = None

    @property
    def offset(self) -> int:
        """How many rows stand on the pages before this one."""
        return 0 if self.page_size == ALL else (self.page - 1) * self.page_size

    @property
    def row_limit(self) -> int | None:
        """How many rows the page has at most; None = all that are left."""
        size = None if self.page_size == ALL else self.page_size
        left = None if self.limit is None else max(0, self.limit - self.offset)
        counts = [count for count in (size, left) if count is not None]
        return min(counts) if counts else None

    def total(self, groups: int) -> int:
        """Return how many rows all pages have together, of so many groups."""
        return groups if self.limit is None else min(groups, self.limit)

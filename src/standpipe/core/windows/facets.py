"""What values a column has: the summary that a filter box shows."""

from dataclasses import dataclass

from standpipe.core.columns import Column


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, as its text (None for null), and in how many rows it stands."""

    text: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One column: its most frequent values, most frequent first, then by text.

    ``distinct_count`` counts different values without null; ``lowest`` and ``highest`` are texts,
    None for types without an order and for columns without values.
    """

    column: Column
    values: tuple[FacetValue, ...]
    distinct_count: int
    null_count: int
    lowest: str | None
    highest: str | None

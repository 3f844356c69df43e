"""The options of the endpoints that give rows: compat/dune.md 5."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.core.windows import Sample, WindowAsk, parse_columns, parse_filter, parse_sort
from standpipe.http.asked import read_known_arguments
from standpipe.http.messages import Inbound

_LARGEST: Final = 2**63 - 1
Count = Annotated[int, Meta(ge=0, le=_LARGEST)]

# What a link to the next page repeats.
NAMES: Final = (
    "allow_partial_results",
    "columns",
    "filters",
    "ignore_max_credits_per_request",
    "ignore_max_datapoints_per_request",
    "sample_count",
    "seed",
    "sort_by",
)
PARAMETER_PREFIX: Final = "params."


class RowsArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which rows are wanted. What is about limits of Dune is taken, and changes nothing here."""

    limit: Annotated[Count | None, Meta(description="Of all rows if absent; 0: none.")] = None
    offset: Count | None = None
    columns: Annotated[str | None, Meta(description="Names with commas between them.")] = None
    filters: Annotated[str | None, Meta(description="As after WHERE.")] = None
    sort_by: Annotated[str | None, Meta(description="As after ORDER BY.")] = None
    sample_count: Annotated[Count | None, Meta(description="So many rows, evenly drawn.")] = None
    seed: Annotated[Count | None, Meta(description="Another one, another sample.")] = None
    allow_partial_results: str | None = None
    ignore_max_datapoints_per_request: str | None = None
    ignore_max_credits_per_request: str | None = None


class PageArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Which part of a list is wanted; a negative offset is 0."""

    limit: Count | None = None
    offset: Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST)] | None = None


def parse_options(inbound: Inbound, known: Sequence[str] = ()) -> WindowAsk:
    """Return the window that is asked for; WindowInvalid, FieldInvalid.

    ``known`` are the names of the result's columns. A sample is of all rows: with limit, offset or
    filters it is refused, as Dune's clients do.
    """
    given = read_known_arguments(RowsArguments, inbound.args)
    is_page = given.limit is not None or given.offset is not None
    if given.sample_count is not None and (is_page or given.filters):
        raise FieldInvalid("sampling cannot be combined with filters or pagination")
    return WindowAsk(
        columns=split_names(given.columns, known) if given.columns else None,
        where=parse_filter(given.filters) if given.filters else None,
        sample=None
        if given.sample_count is None
        else Sample(rows=given.sample_count, seed=given.seed or 0),
        order_by=parse_sort(given.sort_by) if given.sort_by else (),
        offset=given.offset or 0,
        limit=given.limit,
    )


def split_names(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a list; those with commas may stand there without quotes.

    dune-client joins names as they are (compat/dune.md 5.4): what fits the longest name counts.
    """
    if not any("," in name for name in known):
        return parse_columns(text)
    parts, names = text.split(","), []
    while parts:
        lengths = range(len(parts), 0, -1)
        fitting = (n for n in lengths if ",".join(parts[:n]).strip() in known)
        length = next(fitting, 0)
        if not length:
            return parse_columns(text)
        names.append(",".join(parts[:length]).strip())
        parts = parts[length:]
    return tuple(names)


def page_options(inbound: Inbound) -> dict[str, str]:
    """Return the options that every page of an answer has in common."""
    return {name: value for name in NAMES if (value := inbound.arg(name))}


def parameter_values(inbound: Inbound) -> dict[str, str | list[str]] | None:
    """Return the values of ``params.<name>``, repeated ones as lists; None if there is none."""
    values: dict[str, str | list[str]] = {}
    for name, given in inbound.args.items():
        if name.startswith(PARAMETER_PREFIX):
            parameter = name.removeprefix(PARAMETER_PREFIX)
            values[parameter] = given[0] if len(given) == 1 else list(given)
    return values or None


def page_of(inbound: Inbound, *, default: int, most: int) -> tuple[int, int]:
    """Return limit and offset of a list; a negative offset is 0 (compat/dune.md 2)."""
    given = read_known_arguments(PageArguments, inbound.args)
    return min(default if given.limit is None else given.limit, most), max(0, given.offset or 0)

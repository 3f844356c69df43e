"""What is asked of stored results besides their rows."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from standpipe.core.ids import Uid
from standpipe.core.windows import WindowAsk, parse_columns, parse_filter
from standpipe.dialects.native.requests.windows import Columns, Filter, WindowArguments


class FacetArguments(msgspec.Struct, kw_only=True, frozen=True):
    """Of which columns to count the values, and in which rows."""

    columns: Columns
    filter: Filter | None = None
    limit: Annotated[
        int, Meta(ge=1, le=1000, description="How many values of each column at most.")
    ] = 20


class LatestArguments(WindowArguments, kw_only=True, frozen=True):
    """Which rows of a query's latest result, now or at an earlier time."""

    as_of: (
        Annotated[datetime, Meta(tz=True, description="What was the latest result at that time.")]
        | None
    ) = None


class DifferenceArguments(WindowArguments, kw_only=True, frozen=True):
    """With which result to compare, and which of the rows that differ."""

    older: Annotated[UUID, Meta(description="The result to compare with.")] = msgspec.field(
        name="from"
    )
    key: (
        Annotated[
            str,
            Meta(
                description="Columns that say which row is which; without, rows are compared whole."
            ),
        ]
        | None
    ) = None


def parse_older(arguments: DifferenceArguments) -> Uid:
    """Return the result to compare with."""
    return Uid(arguments.older)


def parse_keys(arguments: DifferenceArguments) -> tuple[str, ...]:
    """Return the columns that say which row is which; WindowInvalid."""
    return () if arguments.key is None else parse_columns(arguments.key, "key")


def parse_facet_window(arguments: FacetArguments) -> WindowAsk:
    """Return the rows whose values are counted; WindowInvalid."""
    where = None if arguments.filter is None else parse_filter(arguments.filter)
    return WindowAsk(where=where)


def parse_facet_columns(arguments: FacetArguments) -> tuple[str, ...]:
    """Return the columns whose values are counted; WindowInvalid."""
    return parse_columns(arguments.columns)

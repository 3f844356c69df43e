"""Queries of data sets: compat/holistics.md 3.9, 3.10; Query, Metric, Dimension, Filter, OrderBy.

Which operators, aggregations and units there are is for the core to say, with what is near.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from standpipe.core.data_set_queries import (
    MOST_ROWS,
    PAGE_SIZE,
    DataSetQuery,
    Dimension,
    Filter,
    Metric,
    Ordering,
)
from standpipe.core.data_sets.sets import DataSet
from standpipe.core.errors import FieldInvalid
from standpipe.core.ids import DataSetId
from standpipe.dialects.holistics.requests.paths import parse_number
from standpipe.http.asked import read_body, read_known_arguments
from standpipe.http.messages import Inbound

_MOST: Final = 100
_LARGEST_PAGE: Final = 2**31 - 1
Text = Annotated[str, Meta(max_length=1_000)]
Values = Annotated[list[str | bool | int | float], Meta(max_length=1_000)]


class MetricAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A field, and what is made of its values in each group."""

    field: Text
    aggregation: Annotated[
        Text | None, Meta(description="sum, avg, count distinct, running sum, ...")
    ] = None
    id: Annotated[Text | None, Meta(description="What `order` calls it.")] = None


class DimensionAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A field by whose values rows are grouped."""

    field: Text
    transformation: Annotated[
        Text | None, Meta(description="`datetrunc month`: by the unit in which a date lies.")
    ] = None
    id: Annotated[Text | None, Meta(description="What `order` calls it.")] = None


class FilterAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A condition on a field."""

    field: Text
    operator: Annotated[Text, Meta(description="is, contains, between, matches, last, ...")]
    values: Values = []
    modifier: Annotated[Text | None, Meta(description="The unit of `last` and `next`.")] = None


class OrderAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A dimension or metric by its id, its name in the answer, or its field."""

    id: Text
    order: Literal["asc", "desc"] = "asc"


class QueryAsked(msgspec.Struct, kw_only=True, frozen=True):
    """Groups of a data set."""

    dimensions: Annotated[list[DimensionAsked], Meta(max_length=_MOST)] | None = None
    metrics: Annotated[list[MetricAsked], Meta(max_length=_MOST)] | None = None
    filters: Annotated[list[FilterAsked], Meta(max_length=_MOST)] | None = None
    order: Annotated[list[OrderAsked], Meta(max_length=_MOST)] | None = None
    limit: (
        Annotated[int, Meta(ge=1, le=MOST_ROWS, description="Rows of all pages together.")] | None
    ) = None
    page: Annotated[int, Meta(ge=1, le=_LARGEST_PAGE)] | None = None
    page_size: Annotated[int, Meta(ge=-1, le=1_000, description="-1 = all rows.")] | None = None
    timezone: Annotated[Text, Meta(description="`Europe/Berlin`; UTC without one.")] | None = None
    bust_cache: Annotated[bool, Meta(description="Take no stored result.")] | None = None


class QueryBody(msgspec.Struct, kw_only=True, frozen=True):
    """What is asked of a data set."""

    query: QueryAsked


class GetArguments(msgspec.Struct, kw_only=True, frozen=True):
    """What is told of a data set."""

    include_models: Annotated[bool, Meta(description="Its fields.")] = False
    include_reports: Annotated[bool, Meta(description="The query that it is made of.")] = False


def set_id(inbound: Inbound) -> DataSetId:
    """Return the number of the data set in the path; NotFound."""
    return DataSetId(parse_number(inbound.parts["set_id"]))


def read_asked(inbound: Inbound) -> QueryAsked:
    """Return the query of a body; MalformedBody, FieldInvalid, FieldMissing."""
    asked = read_body(QueryBody, inbound.body).query
    if asked.page_size == 0:
        raise FieldInvalid(
            "query.page_size: a page of 0 rows holds nothing.", detail="-1 takes all of them."
        )
    return asked


def query_of(asked: QueryAsked, data_set: DataSet) -> DataSetQuery:
    """Return what is asked of a data set as the core knows it."""
    return DataSetQuery(
        data_set_id=data_set.id,
        model=data_set.model,
        dimensions=tuple(
            Dimension(field=each.field, transformation=each.transformation, id=each.id)
            for each in asked.dimensions or ()
        ),
        metrics=tuple(
            Metric(field=each.field, aggregation=each.aggregation, id=each.id)
            for each in asked.metrics or ()
        ),
        filters=tuple(
            Filter(
                field=each.field,
                operator=each.operator,
                values=tuple(each.values),
                modifier=each.modifier,
            )
            for each in asked.filters or ()
        ),
        order=tuple(
            Ordering(id=each.id, is_descending=each.order == "desc") for each in asked.order or ()
        ),
        limit=asked.limit,
        page=asked.page or 1,
        page_size=asked.page_size or PAGE_SIZE,
        timezone=asked.timezone,
    )


def parse_get(inbound: Inbound) -> GetArguments:
    """Return what is to be told of a data set; FieldInvalid."""
    return read_known_arguments(GetArguments, inbound.args)

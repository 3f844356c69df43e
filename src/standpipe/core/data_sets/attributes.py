"""Attributes of the caller, put into conditions once: a query that is stored has their values."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from standpipe.core.data_set_queries import DataSetQuery, Filter
from standpipe.core.data_sets.plan import OF_CALLER
from standpipe.core.data_sets.values import Value
from standpipe.core.errors import FieldInvalid


def with_attributes(query: DataSetQuery, attributes: Mapping[str, Value]) -> DataSetQuery:
    """Return a query whose conditions name values instead of attributes; FieldInvalid."""
    filters = tuple(
        _resolved(each, attributes, f"query.filters[{number}]")
        for number, each in enumerate(query.filters)
    )
    return replace(query, filters=filters)


def _resolved(filter: Filter, attributes: Mapping[str, Value], path: str) -> Filter:
    if filter.operator != OF_CALLER:
        return filter
    if not filter.values:  # a condition without values would let everything through
        raise FieldInvalid(
            f"{path}.values: the name of an attribute is missing.",
            detail=f"There are: {', '.join(attributes) or 'none'}.",
        )
    return replace(filter, operator="is", values=tuple(_values(filter, attributes, path)))


def _values(filter: Filter, attributes: Mapping[str, Value], path: str) -> Iterator[Value]:
    for number, name in enumerate(filter.values):
        if not isinstance(name, str) or name not in attributes:
            raise FieldInvalid(
                f"{path}.values[{number}]: you have no attribute {str(name)[:60]!r}.",
                detail=f"There are: {', '.join(attributes) or 'none'}.",
            )
        yield attributes[name]

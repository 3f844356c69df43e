"""Lists of values that come from another query's latest result."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from standpipe.core.columns import Column
from standpipe.core.errors import NotFound, ResultNotCached
from standpipe.core.ids import QueryId
from standpipe.core.permissions import require_view
from standpipe.core.ports import (
    ArtifactStore,
    DataSourceStore,
    QueryStore,
    ResultReader,
    ResultStore,
)
from standpipe.core.principals import Principal
from standpipe.core.results import Result

MAX_ITEMS = 10_000
MOST_KEPT = 16  # lists; every run of a query that takes its values from one looks at it


class DropdownsStore(QueryStore, ResultStore, DataSourceStore, Protocol):
    """The slice of the metadata store that lists need."""


@dataclass(frozen=True, slots=True)
class DropdownItem:
    """One choice: what is shown, and what is sent."""

    name: str
    value: str


class Dropdowns:
    """Reads the choices of query-based parameters."""

    def __init__(
        self, store: DropdownsStore, *, artifacts: ArtifactStore, reader: ResultReader
    ) -> None:
        """Take the ports."""
        self._store = store
        self._artifacts = artifacts
        self._reader = reader
        self._items_of = lru_cache(MOST_KEPT)(self._read)

    def offered(
        self, principal: Principal, query_id: QueryId, list_id: QueryId | None = None
    ) -> tuple[DropdownItem, ...]:
        """Return the choices a query gives, or those of a list query that it declares.

        Whoever may see the query may see them; NotFound for a list that it does not declare.
        """
        query = self._store.get_query(query_id)
        source = (
            None
            if query.data_source_id is None
            else self._store.get_data_source(query.data_source_id)
        )
        require_view(principal, query, source)
        if list_id is None:
            return self.items(query_id)
        if all(parameter.query_id != list_id for parameter in query.parameters):
            raise NotFound(f"Query {query_id} takes no list from query {list_id}.")
        return self.items(list_id)

    def items(self, query_id: QueryId) -> tuple[DropdownItem, ...]:
        """Return up to 10,000 choices in result order; ResultNotCached before the first run.

        The columns called ``name`` and ``value`` are used, whatever their case; else the first.
        The caller has checked the rights on the query that declares the list.
        """
        query = self._store.get_query(query_id)
        if query.latest_result_id is None:
            raise ResultNotCached(
                f"The list query {query_id} has no result yet.", hint="Run it once."
            )
        result = self._store.get_result(query.latest_result_id)
        if result.private_to:  # it is for its owner, and nobody knows here who asks
            raise ResultNotCached(
                f"The list query {query_id} reads private tables, which lists cannot show."
            )
        return self._items_of(result)

    def _read(self, result: Result) -> tuple[DropdownItem, ...]:
        columns = (_column(result.columns, "name"), _column(result.columns, "value"))
        path = self._artifacts.local_path(result.artifact.key)
        rows = self._reader.distinct_values(path, columns, MAX_ITEMS)
        return tuple(DropdownItem(str(name), str(value)) for name, value in rows)


def _column(columns: tuple[Column, ...], wanted: str) -> Column:
    named = [column for column in columns if column.name.lower() == wanted]
    return named[0] if named else columns[0]

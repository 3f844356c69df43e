"""From a query to its pipeline: every view that it reads is refreshed before what reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from standpipe.core.errors import NotAllowed, NotFound
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.permissions import require_table_owner
from standpipe.core.pipelines import MOST_NODES, Node, ViewName, check_graph
from standpipe.core.ports import QueryStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.services.materialized_views import MaterializedViews


class Graph:
    """Collects the nodes of one pipeline."""

    def __init__(
        self, store: QueryStore, views: MaterializedViews, principal: Principal, performance: str
    ) -> None:
        """Refresh nothing but what the principal may."""
        self._store = store
        self._views = views
        self._principal = principal
        self._performance = performance
        self._nodes: list[Node] = []
        self._numbers: dict[str, int | None] = {}  # None while what the view reads is collected

    def nodes_of(self, query: Query, values: Mapping[str, Any]) -> tuple[Node, ...]:
        """Return the nodes, the query's own last; FieldInvalid if they are too many."""
        needs = self._collect(query)
        own = Node(
            id=len(self._nodes) + 1,
            dependencies=needs,
            query_id=query.id,
            values=values,
            performance=self._performance,
        )
        return check_graph((*self._nodes, own))

    def _collect(self, reader: Query) -> tuple[int, ...]:
        """Add what a query reads; returns the nodes of that. A view in a circle waits for none."""
        needs: list[int] = []
        for view in self._refreshable(reader):
            if view.full_name not in self._numbers and len(self._nodes) <= MOST_NODES:
                self._add(view)
            number = self._numbers.get(view.full_name)
            if number is not None:
                needs.append(number)
        return tuple(sorted(needs))

    def _add(self, view: MaterializedView) -> None:
        self._numbers[view.full_name] = None
        needs = self._collect(self._store.get_query(view.query_id))
        self._numbers[view.full_name] = len(self._nodes) + 1
        self._nodes.append(
            Node(
                id=len(self._nodes) + 1,
                dependencies=needs,
                query_id=view.query_id,
                view=name_of(view),
                performance=self._performance,
            )
        )

    def _refreshable(self, reader: Query) -> Iterator[MaterializedView]:
        """Yield the views that a query names and that this principal may refresh.

        He reads those of others as they are.
        """
        for view in self._views.find_read_by(reader):
            try:
                require_table_owner(self._principal, view.table)
            except (NotFound, NotAllowed):
                continue
            yield view


def name_of(view: MaterializedView) -> ViewName:
    """Return the name of a view as nodes keep it."""
    table = view.table
    return ViewName(namespace=table.namespace, name=table.name, full_name=view.full_name)

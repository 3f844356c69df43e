"""From a saved query, or SQL of a caller, and given values to what runs and what it is called."""

from collections import OrderedDict
from collections.abc import Collection, Hashable, Mapping
from threading import Lock
from typing import Any

from standpipe.core.clock import Clock
from standpipe.core.datasources import DataSource
from standpipe.core.dynamic_dates import is_dynamic
from standpipe.core.errors import ParameterInvalid, ParameterMissing, ResultNotCached
from standpipe.core.parameters import Parameter
from standpipe.core.permissions import table_reader
from standpipe.core.ports import Connectors, TableStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.services.dropdowns import Dropdowns
from standpipe.services.named_tables import pin_tables
from standpipe.services.query_saving import AUTO_LIMIT_FLAG, sharing_policy
from standpipe.services.query_text import BoundText, QueryText, bind_text, declare, moves
from standpipe.services.raw_sql import is_raw, raw_statement

MOST_REMEMBERED = 512
LONGEST_REMEMBERED = 20_000  # characters of SQL with its values


class Binding:
    """Binds values. What a query means with the same values is remembered while it cannot change.

    May be used by any thread.
    """

    def __init__(
        self, *, tables: TableStore, connectors: Connectors, dropdowns: Dropdowns, clock: Clock
    ) -> None:
        """Take the ports."""
        self._tables = tables
        self._connectors = connectors
        self._dropdowns = dropdowns
        self._clock = clock
        self._known: OrderedDict[Hashable, BoundText] = OrderedDict()
        self._lock = Lock()

    def query(
        self,
        query: Query,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        has_auto_limit: bool | None = None,
    ) -> BoundText:
        """Bind the text of a saved query; ParameterInvalid, ParameterMissing, ResultNotCached.

        ``has_auto_limit`` None = as the query says.
        """
        limited = AUTO_LIMIT_FLAG in query.flags if has_auto_limit is None else has_auto_limit
        policy = sharing_policy(query)
        if is_raw(query):
            return self._bind_raw(source, raw_statement(query, values), limited, policy)
        if not _is_lasting(query.parameters, values):
            return self._bind(query, source, values, limited=limited, policy=policy)
        text = (query.id, query.revision, query.sql)
        key = (text, source.id, source.kind, source.takes_trino, limited, policy, _frozen(values))
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        bound = self._bind(query, source, values, limited=limited, policy=policy)
        self._remember(key, bound)
        return bound

    def default(self, query: Query, source: DataSource) -> BoundText | None:
        """Bind the default values; None where one is missing, wrong, or not yet known."""
        try:
            return self.query(query, source, {})
        except (ParameterMissing, ParameterInvalid, ResultNotCached):
            return None

    def pin(
        self,
        principal: Principal,
        source: DataSource,
        bound: BoundText,
        query: Query | None = None,
    ) -> BoundText:
        """Return what was bound as this caller runs it: with the uploaded tables he reads.

        This is never remembered, since the tables may change at any time.
        """
        kind = self._connectors.get(source.kind).kind
        reader = table_reader(principal, query)
        return pin_tables(self._tables, kind, source.workspace_id, reader, bound)

    def is_moved_default(
        self, principal: Principal, query: Query, source: DataSource, bound: BoundText
    ) -> bool:
        """Whether this is the run with all default values of a query whose default run moves.

        A caller for whom some tables are not there says nothing of what it is for others.
        """
        if bound.hides_tables or not (bound.names_tables or moves(query.parameters)):
            return False
        default = self.default(query, source)
        if default is None:
            return False
        return self.pin(principal, source, default, query).fingerprint == bound.fingerprint

    def parameters(
        self, source: DataSource, sql: str, parameters: tuple[Parameter, ...]
    ) -> tuple[Parameter, ...]:
        """Return these definitions and a text one for every placeholder that has none."""
        return declare(sql, self._dialect(source), parameters)

    def statement(
        self,
        source: DataSource,
        sql: str,
        values: Mapping[str, Any],
        *,
        parameters: tuple[Parameter, ...] = (),
        has_auto_limit: bool = False,
        policy: str = "",
    ) -> BoundText:
        """Bind SQL that is not saved; errors as for ``query``, and PlaceholderUnbindable."""
        dialect = self._dialect(source)
        text = QueryText(
            sql=sql,
            sql_dialect=dialect,
            parameters=declare(sql, dialect, parameters),
            data_source_id=source.id,
            has_auto_limit=has_auto_limit,
            policy=policy,
            is_trino=source.takes_trino,
        )
        return bind_text(text, values, members=self._members, now=self._clock.now())

    def _bind(
        self,
        query: Query,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        limited: bool,
        policy: str,
    ) -> BoundText:
        return self.statement(
            source,
            query.sql,
            values,
            parameters=query.parameters,
            has_auto_limit=limited,
            policy=policy,
        )

    def _bind_raw(self, source: DataSource, sql: str, limited: bool, policy: str) -> BoundText:
        text = QueryText(
            sql=sql,
            sql_dialect=self._dialect(source),
            parameters=(),
            data_source_id=source.id,
            has_auto_limit=limited,
            policy=policy,
            is_trino=source.takes_trino,
            is_plain=True,
        )
        return bind_text(text, {}, members=None, now=None)

    def _dialect(self, source: DataSource) -> str:
        return self._connectors.get(source.kind).kind.sql_dialect

    def _remember(self, key: Hashable, bound: BoundText) -> None:
        if len(bound.statement.display) > LONGEST_REMEMBERED:
            return
        with self._lock:
            self._known[key] = bound
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)

    def _members(self, parameter: Parameter) -> Collection[str]:
        """Return the allowed values of a list parameter, from its query's latest result."""
        if parameter.query_id is None:
            return ()
        return [item.value for item in self._dropdowns.items(parameter.query_id)]


def _is_lasting(parameters: tuple[Parameter, ...], values: Mapping[str, Any]) -> bool:
    """Whether these values will mean the same tomorrow: no list of another query, no "today"."""
    return not any(
        parameter.query_id is not None
        or (parameter.name not in values and is_dynamic(parameter.default, parameter.kind))
        for parameter in parameters
    )


def _frozen(value: Any) -> Hashable:
    """Return a wire value as a key: equal only where type, order and every part are."""
    if isinstance(value, Mapping):
        return ("map", *((name, _frozen(each)) for name, each in value.items()))
    if isinstance(value, list | tuple):
        return ("list", *map(_frozen, value))
    return (type(value), value)

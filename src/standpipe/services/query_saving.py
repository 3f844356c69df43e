"""What is done to a query before it is saved, whoever saves it: checked, identified, linked."""

import re
from dataclasses import replace
from typing import Protocol

from standpipe.core.datasources import DataSource
from standpipe.core.errors import (
    FieldInvalid,
    FieldMissing,
    ListQueryInvalid,
    NotAllowed,
    NotFound,
)
from standpipe.core.ids import DataSourceId
from standpipe.core.parameters import Parameter
from standpipe.core.permissions import Access, require_source, require_view
from standpipe.core.ports import Connectors, DataSourceStore, QueryStore, ResultStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Query, Visibility
from standpipe.services.query_text import QueryText, declare, default_fingerprint
from standpipe.services.raw_sql import is_raw, raw_parameter
from standpipe.services.report_settings import read_settings, write_settings
from standpipe.services.timetable import check_schedule

AUTO_LIMIT_FLAG = "auto_limit"


class SavingStore(QueryStore, DataSourceStore, ResultStore, Protocol):
    """The slice of the metadata store that saving needs."""


class QuerySaving:
    """Makes queries ready to be saved."""

    def __init__(self, store: SavingStore, *, connectors: Connectors) -> None:
        """Take the ports."""
        self._store = store
        self._connectors = connectors

    def checked(self, principal: Principal, query: Query, source: DataSource | None) -> Query:
        """Return a query as it can be saved: parameters declared, default run identified."""
        _check_names(query.parameters)
        if query.schedule is not None:
            check_schedule(query.schedule)
        self.check_lists(principal, query.parameters)
        query = replace(query, report=write_settings(read_settings(query.report)))
        if is_raw(query):
            return replace(query, parameters=(raw_parameter(query),), default_fingerprint=None)
        if source is None:
            return replace(query, default_fingerprint=None)
        dialect = self._connectors.get(source.kind).kind.sql_dialect
        parameters = declare(query.sql, dialect, query.parameters)
        text = QueryText(
            sql=query.sql,
            sql_dialect=dialect,
            parameters=parameters,
            data_source_id=source.id,
            has_auto_limit=AUTO_LIMIT_FLAG in query.flags,
            policy=sharing_policy(query),
            is_trino=source.takes_trino,
        )
        return replace(query, parameters=parameters, default_fingerprint=default_fingerprint(text))

    def check_lists(self, principal: Principal, parameters: tuple[Parameter, ...]) -> None:
        """Raise ListQueryInvalid for a list that comes from a query the principal may not see."""
        for parameter in parameters:
            if parameter.query_id is None:
                continue
            try:
                listed = self._store.get_query(parameter.query_id)
                require_view(principal, listed, self.source_of(listed))
            except (NotFound, NotAllowed) as error:
                raise ListQueryInvalid(
                    f"The parameter {parameter.name!r} takes its list from query"
                    f" {parameter.query_id}, which you cannot use.",
                    hint="Check the id of the list query.",
                ) from error

    def link_latest(self, query: Query) -> Query:
        """Point a query at the newest result of its default run, if there is one."""
        if query.data_source_id is None or query.default_fingerprint is None:
            return query
        latest = self._store.find_latest(query.data_source_id, query.default_fingerprint, None)
        if latest is None or latest.id == query.latest_result_id:
            return query
        self._store.set_latest_result(query.id, latest.id)
        return replace(query, latest_result_id=latest.id)

    def source_of(self, query: Query) -> DataSource | None:
        """Return the data source of a query; None for a detached one."""
        if query.data_source_id is None:
            return None
        return self._store.get_data_source(query.data_source_id)

    def require_source(
        self, principal: Principal, data_source_id: DataSourceId | None
    ) -> DataSource | None:
        """Return the source a query is to be saved for; NotFound, SourceNotAllowed."""
        if data_source_id is None:
            return None
        source = self._store.get_data_source(data_source_id)
        if source.workspace_id != principal.workspace_id:
            raise NotFound(f"There is no data source {data_source_id}.")
        require_source(principal, source, Access.FULL)
        return source


def sharing_policy(query: Query) -> str:
    """Return with whom a query shares its results: a private one with its owner's alone."""
    return f"private:{query.owner_id}" if query.visibility is Visibility.PRIVATE else ""


def revised(before: Query, after: Query) -> Query:
    """Return the query with a new revision if its text or parameters changed."""
    same = (before.sql, before.parameters) == (after.sql, after.parameters)
    return after if same else replace(after, revision=before.revision + 1)


def same_default_run(before: Query, after: Query) -> Query:
    """Return the query with the default run known of ``before``, if that is still what it runs.

    A run that moves is known only since it was asked for; saving must not forget it.
    """
    if after.default_fingerprint is not None or _text_of(before) != _text_of(after):
        return after
    return replace(after, default_fingerprint=before.default_fingerprint)


def _text_of(query: Query) -> tuple[object, ...]:
    """Return all that the identity of a run is made of, but the values."""
    has_auto_limit = AUTO_LIMIT_FLAG in query.flags
    policy = sharing_policy(query)
    return query.sql, query.parameters, query.data_source_id, has_auto_limit, policy


def _check_names(parameters: tuple[Parameter, ...]) -> None:
    names = [parameter.name for parameter in parameters]
    for name in names:
        if not name.strip() or re.search(r"[{}]", name):
            raise FieldMissing(f"A parameter has the unusable name {name!r}.")
        if names.count(name) > 1:
            raise FieldInvalid(f"The parameter {name!r} is declared twice.")

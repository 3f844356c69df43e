"""Data sets: results of queries and rows of tables, asked for their groups.

Whoever may read the query or the table may ask. An answer is a window over a stored result: where
none is fresh enough, a run is made first, and the answer is collected as a job.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from standpipe.core.data_set_queries import DataSetQuery
from standpipe.core.data_sets.attributes import with_attributes
from standpipe.core.data_sets.checks import check_query
from standpipe.core.data_sets.plan import Model, plan_window
from standpipe.core.data_sets.sets import DataSet, is_of_table, noun_of
from standpipe.core.data_sets.values import Value
from standpipe.core.errors import NotFound, ResultNotCached, SourceMissing
from standpipe.core.executions import Submission
from standpipe.core.freshness import ANY_AGE, MUST_RUN, Freshness
from standpipe.core.ids import DataSetId, DataSourceId, QueryId, TableId
from standpipe.core.permissions import require_user, table_reader
from standpipe.core.ports import PeopleStore, TableStore, WorkspaceStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Listing, Page, Query, QueryFilter, QueryOrder
from standpipe.core.results import Result
from standpipe.core.tables import CATALOG, TableFilter, UploadedTable
from standpipe.core.windows import Window
from standpipe.core.workspaces import DUNE_SOURCE
from standpipe.services.datasources import DataSources
from standpipe.services.jobs import Jobs
from standpipe.services.queries import Queries
from standpipe.services.read import Read
from standpipe.services.submit import Prepared, QueryAsk, StatementAsk, Submit
from standpipe.sql.tables import select_all
from standpipe.sql.transpile import to_duckdb
from standpipe.sql.window_text import window_text


class DataSetStore(TableStore, WorkspaceStore, PeopleStore, Protocol):
    """The slice of the metadata store that data sets need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetPage:
    """The answer of a query: a window over a result that shows its page."""

    query: DataSetQuery
    result: Result
    window: Window


class DataSets:
    """The data sets of a workspace."""

    def __init__(
        self,
        store: DataSetStore,
        *,
        sources: DataSources,
        queries: Queries,
        submit: Submit,
        jobs: Jobs,
        read: Read,
    ) -> None:
        """Take the ports and the services of what data sets are made of."""
        self._store = store
        self._sources = sources
        self._queries = queries
        self._submit = submit
        self._jobs = jobs
        self._read = read
        self._clock = read.clock

    def find(self, principal: Principal, limit: int, offset: int = 0) -> Listing[DataSet]:
        """Return some of the data sets that the principal may ask, and how many there are.

        Those of queries come first, oldest first, then those of tables by name.
        """
        filter = QueryFilter(
            workspace_id=principal.workspace_id,
            viewer_id=principal.user_id,
            sees_private=principal.is_admin,
            data_source_ids=self._sources.reachable_ids(principal),
            order=QueryOrder.CREATED_AT,
            descending=False,
        )
        queries = self._queries.find(principal, filter, Page(size=limit, offset=offset))
        found = [DataSet(each.query) for each in queries.items]
        wanted = TableFilter(
            workspace_id=principal.workspace_id,
            viewer_id=principal.user_id,
            sees_private=principal.is_admin,
        )
        tables = self._store.find_tables(
            wanted, limit=limit - len(found), offset=max(0, offset - queries.total)
        )
        found += [DataSet(each) for each in tables.items]
        return Listing(queries.total + tables.total, tuple(found))

    def get(self, principal: Principal, number: DataSetId) -> DataSet:
        """Return a data set; NotFound, also for one that is hidden, NotAllowed."""
        noun = noun_of(number)
        try:
            if is_of_table(number):
                return DataSet(self._table(principal, TableId(noun)))
            query = self._queries.get(principal, QueryId(noun))
        except NotFound as error:
            raise NotFound(f"There is no data set {number}.") from error
        if query.is_archived:
            raise NotFound(f"There is no data set {number}.")
        return DataSet(query)

    def find_result(self, principal: Principal, data_set: DataSet) -> Result | None:
        """Return the newest stored result of a data set that was got, of any age; None without."""
        if isinstance(data_set.of, Query):
            ask = QueryAsk(query_id=data_set.of.id, values={}, freshness=ANY_AGE)
            try:
                return self._submit.stored(principal, ask).result
            except ResultNotCached:
                return None
        found = self._submit.prepare_statement(principal, self._statement(principal, data_set.of))
        return found if isinstance(found, Result) else None

    def prepare(
        self,
        principal: Principal,
        data_set: DataSet,
        query: DataSetQuery,
        *,
        must_run: bool = False,
    ) -> DataSetPage | Prepared:
        """Return the answer, if a stored result is fresh enough, or what ``begin`` needs.

        How old it may be is the cache duration of the query; that of a table is one of the rows
        that it has now. What submitting a run raises; FieldInvalid and WindowInvalid say what is
        wrong with a query, but for its fields only if there is a result.
        """
        now = self._clock.now()
        query = with_attributes(query, self._attributes(principal))
        check_query(query, now)
        found = self._found(principal, data_set, must_run=must_run)
        if isinstance(found, Result):
            return self._page(query, found, now)
        return replace(found, request=replace(found.request, data_set_query=query))

    def prepare_rows(self, principal: Principal, data_set: DataSet) -> Result | Prepared:
        """Return a stored result of any age, or what ``begin`` needs to make one."""
        return self.find_result(principal, data_set) or self._found(
            principal, data_set, must_run=False
        )

    def begin(self, prepared: Prepared) -> Submission:
        """Return the job; the same ask is the same job while its run is under way."""
        return self._submit.enqueue(prepared)

    def collect(self, principal: Principal, job: Submission) -> DataSetPage:
        """Return what a job that was got and has succeeded answers.

        Relative dates are those of the time when the job was made. NotFound if no groups were
        asked for; what ``Jobs.result`` raises, and what is wrong with the query.
        """
        if job.data_set_query is None:
            raise NotFound(f"Job {job.id} asks no data set.")
        result = self._jobs.result(principal, job)
        return self._page(job.data_set_query, result, job.created_at)

    def total(self, page: DataSetPage) -> int:
        """Return how many rows all pages have together; ResultExpired."""
        if not page.query.dimensions:  # all rows are one group
            return page.query.total(1)
        window = replace(page.window, offset=0, limit=None)
        return page.query.total(self._read.total(page.result, window))

    def text(self, principal: Principal, query: DataSetQuery, result: Result) -> str:
        """Return SQL for DuckDB that answers a query out of the statement of a result.

        StatementRefused for a statement in Trino's SQL that cannot be translated.
        """
        query = with_attributes(query, self._attributes(principal))
        page = self._page(query, result, self._clock.now())
        source = self._sources.find(result.data_source_id)
        is_trino = source is not None and source.takes_trino
        statement = to_duckdb(result.sql) if is_trino else result.sql
        return window_text(page.window, result.columns, statement)

    def _page(self, query: DataSetQuery, result: Result, now: datetime) -> DataSetPage:
        window = plan_window(query, Model(columns=result.columns, now=now))
        return DataSetPage(query=query, result=result, window=window)

    def _found(
        self, principal: Principal, data_set: DataSet, *, must_run: bool
    ) -> Result | Prepared:
        if isinstance(data_set.of, Query):
            freshness = MUST_RUN if must_run else None
            ask = QueryAsk(query_id=data_set.of.id, values={}, freshness=freshness)
            return self._jobs.prepare(principal, ask).found
        return self._submit.prepare_statement(
            principal, self._statement(principal, data_set.of, must_run=must_run)
        )

    def _statement(
        self, principal: Principal, table: UploadedTable, *, must_run: bool = False
    ) -> StatementAsk:
        """Return what reads a table; stored results are of the rows that it has now."""
        return StatementAsk(
            data_source_id=self._default_source(principal),
            sql=select_all(CATALOG, table.namespace, table.name),
            values={},
            freshness=MUST_RUN if must_run else Freshness(None),
            joins_running=True,
        )

    def _default_source(self, principal: Principal) -> DataSourceId:
        """Return where statements without a source of their own run."""
        settings = self._store.get_workspace(principal.workspace_id).settings
        named = settings.get(DUNE_SOURCE)
        if isinstance(named, int):
            return self._sources.get(principal, DataSourceId(named)).id
        visible = self._sources.visible(principal)
        if not visible:
            raise SourceMissing(hint="Add a data source, or ask for access to one.")
        return min(source.id for source in visible)

    def _table(self, principal: Principal, table_id: TableId) -> UploadedTable:
        require_user(principal)
        table = self._store.get_table(table_id)
        is_here = table.workspace_id == principal.workspace_id
        if not is_here or not table_reader(principal).may_read(table):
            raise NotFound(f"There is no table {table_id}.")
        return table

    def _attributes(self, principal: Principal) -> Mapping[str, Value]:
        """Return what conditions may say of the caller, by name."""
        if principal.user_id is None:
            return {}
        user = self._store.get_user(principal.user_id)
        return {"h_email": user.email, "h_name": user.name, "h_id": user.id}

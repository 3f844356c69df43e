"""Materialised views: made of a user's own queries, refreshed on demand and by cron.

A refresh is an ordinary run of the query with default values, on behalf of the view's owner. The
transaction that ends it gives the view its rows; one that fails leaves what was there. Whoever may
read the table that it fills reads them. Only its owner and administrators refresh, change or
delete it. All of this takes a user, and changing anything the permission to create queries.

A view may only be made of a query of its owner: what somebody else writes into a query must not
run with rights that he does not have. What was read from private tables stays private, and those
of others are not read, even for administrators: a view outlives a right.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import (
    Conflict,
    FieldInvalid,
    NameTaken,
    NotAllowed,
    NotAuthenticated,
    NotFound,
)
from standpipe.core.executions import ExecutionOrigin, Submission
from standpipe.core.freshness import MUST_RUN
from standpipe.core.ids import QueryId, TableId, Uid, new_uid
from standpipe.core.materialized_views import MaterializedView, parse_view_name
from standpipe.core.permissions import (
    TableReader,
    require_permission,
    require_table_owner,
    require_user,
    table_reader,
)
from standpipe.core.ports import PeopleStore, QueryStore, ViewStore, WorkspaceStore
from standpipe.core.principals import Permission, Principal
from standpipe.core.queries import Listing, Query
from standpipe.core.schedules import Schedule
from standpipe.core.tables import CATALOG, TableFilter, TableKind, UploadedTable
from standpipe.services.keys import Keys
from standpipe.services.namespaces import own_namespace, owner_in, team_namespace
from standpipe.services.submit import Prepared, QueryAsk, Submit
from standpipe.services.timetable import check_view_cron, next_run
from standpipe.sql.uploads import find_uploads


class MaterializedViewStore(ViewStore, QueryStore, PeopleStore, WorkspaceStore, Protocol):
    """The slice of the metadata store that materialised views need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewAsk:
    """A view to make or to change. A ``name`` without a namespace is in the caller's own one.

    Without a ``cron`` line (five fields, in UTC) it is refreshed when somebody asks for it.
    """

    name: str
    query_id: QueryId
    cron: str = ""
    is_private: bool = False
    expires_at: datetime | None = None


class MaterializedViews:
    """Everything that can be done to materialised views, except to query them."""

    def __init__(
        self, store: MaterializedViewStore, *, submit: Submit, keys: Keys, clock: Clock
    ) -> None:
        """Take the ports, and the services by which runs are asked for on behalf of owners."""
        self._store = store
        self._submit = submit
        self._keys = keys
        self._clock = clock

    def upsert(self, principal: Principal, ask: ViewAsk) -> tuple[MaterializedView, Uid]:
        """Make a view or change it, and refresh it; returns the uid of the run's submission too.

        FieldInvalid and FieldMissing name the field; NotFound and NotAllowed for the query or the
        namespace, NameTaken by an uploaded table, and what a run of the query may be refused with:
        then nothing is changed. Until the refresh has succeeded the rows are those of before.
        """
        _require_writer(principal)
        draft = self._draft(principal, ask)
        prepared = self._prepare(draft)
        with self._store.transaction():
            earlier = self._find_replaceable(principal, draft)
            if earlier is not None:
                if earlier.table.owner_id != draft.table.owner_id:  # whose query was looked at
                    raise Conflict(f"{earlier.full_name} was made by somebody else meanwhile.")
                draft = replace(draft, table=earlier.table, reads_private=earlier.reads_private)
            view = self._store.put_view(draft, self._clock.now())
            submission = self._begin(view, prepared)
            return self._store.get_view(view.id), submission.uid

    def get(self, principal: Principal, namespace: str | None, name: str) -> MaterializedView:
        """Return a view by its names, whatever their case; NotFound, also for a hidden one.

        Without a namespace it is in the caller's own one, or else in the team's.
        """
        require_user(principal)
        places = [namespace.lower()] if namespace else self._namespaces(principal)
        for place in places:
            for table in _find_tables(self._store, principal, place, name):
                if table_reader(principal).may_read(table):
                    return self._store.get_view(table.id)
        full_name = f"{CATALOG}.{places[0]}.{name}"
        raise NotFound(f"There is no materialised view {full_name}.")

    def get_by_id(self, principal: Principal, view_id: TableId) -> MaterializedView:
        """Return a view by its number; NotFound, also for a hidden one."""
        require_user(principal)
        return _readable(principal, self._store.get_view(view_id))

    def find(self, principal: Principal, limit: int, offset: int = 0) -> Listing[MaterializedView]:
        """Return some of the views that the caller may read, by full name, and how many."""
        require_user(principal)
        wanted = TableFilter(
            workspace_id=principal.workspace_id,
            viewer_id=principal.user_id,
            sees_private=principal.is_admin,
        )
        return self._store.find_views(wanted, limit=limit, offset=offset)

    def find_read_by(self, query: Query) -> tuple[MaterializedView, ...]:
        """Return the views that the text of a query names and its owner may read, by full name."""
        names = find_uploads(query.sql)
        reader = TableReader(query.owner_id)
        found = self._store.find_named_tables(query.workspace_id, names) if names else ()
        return tuple(
            self._store.get_view(table.id)
            for table in found
            if table.kind is TableKind.VIEW and reader.may_read(table)
        )

    def refresh(
        self, principal: Principal, namespace: str | None, name: str, *, joins_running: bool = True
    ) -> Submission:
        """Run the query of a view now; a run that is under way is joined, unless it must not be.

        NotFound, NotAllowed; Conflict for a view that has expired or whose query was archived, and
        what a run of the query may be refused with.
        """
        view = self._get_own(principal, namespace, name)
        prepared = self._prepare(view, joins_running=joins_running)
        with self._store.transaction():
            return self._begin(view, prepared)

    def delete(self, principal: Principal, namespace: str | None, name: str) -> MaterializedView:
        """Remove a view with its rows, and return what it was; runs that have begun read them."""
        view = self._get_own(principal, namespace, name)
        self._store.delete_table(view.id, self._clock.now())
        return view

    def refresh_due(self, view: MaterializedView, next_run_at: datetime | None) -> bool:
        """Refresh a view whose time has come; False if another scheduler has done so.

        Raises what ``refresh`` does; then nothing is planned.
        """
        prepared = self._prepare(view, ExecutionOrigin.SCHEDULE)
        with self._store.transaction():
            if not self._store.plan_view(view, next_run_at):
                return False
            self._begin(view, prepared)
        return True

    def _draft(self, principal: Principal, ask: ViewAsk) -> MaterializedView:
        namespace, name = parse_view_name(ask.name)
        namespace = namespace or own_namespace(self._store, principal)
        now = self._clock.now()
        if ask.expires_at is not None and ask.expires_at <= now:
            raise FieldInvalid("expires_at is in the past.")
        table = UploadedTable(
            id=TableId(0),
            uid=new_uid(now),
            workspace_id=principal.workspace_id,
            namespace=namespace,
            name=name,
            is_private=ask.is_private,
            owner_id=owner_in(self._store, principal, namespace),
            columns=(),
            created_at=now,
            updated_at=now,
            kind=TableKind.VIEW,
        )
        draft = MaterializedView(
            table=table,
            query_id=ask.query_id,
            is_private=ask.is_private,
            cron=check_view_cron(ask.cron) if ask.cron else "",
            expires_at=ask.expires_at,
            next_run_at=next_refresh(ask.cron, now),
        )
        earlier = self._find_replaceable(principal, draft)
        return draft if earlier is None else replace(draft, table=earlier.table)

    def _find_replaceable(
        self, principal: Principal, draft: MaterializedView
    ) -> MaterializedView | None:
        key = (draft.table.namespace, draft.table.name)
        for table in self._store.find_named_tables(draft.table.workspace_id, (key,)):
            if table.kind is not TableKind.VIEW:
                raise NameTaken(f"There is an uploaded table {table.full_name} already.")
            require_table_owner(principal, table)
            return self._store.get_view(table.id)
        return None

    def _prepare(
        self,
        view: MaterializedView,
        origin: ExecutionOrigin = ExecutionOrigin.CALLER,
        *,
        joins_running: bool = True,
    ) -> Prepared:
        """Return the run that refreshes a view, if its owner may run it now."""
        if view.expires_at is not None and view.expires_at <= self._clock.now():
            raise Conflict(f"{view.full_name} has expired.", hint="Make it anew.")
        owner = self._owner(view)
        query = self._store.get_query(view.query_id)
        if query.workspace_id != view.table.workspace_id:
            raise NotFound(f"There is no query {query.id}.")
        self._submit.check_query(owner, query)
        _check_query(view, query)
        ask = QueryAsk(
            query_id=query.id,
            values={},
            freshness=MUST_RUN,
            has_auto_limit=False,  # which is for people who look: a table has all rows
            origin=origin,
            joins_running=joins_running,
        )
        prepared = self._submit.prepare_query(owner, ask)
        assert isinstance(prepared, Prepared)  # noqa: S101 # nothing stored is fresh enough
        for pin in prepared.request.tables:
            if pin.is_private and pin.owner_id != view.table.owner_id:
                raise NotAllowed(
                    f"Query {query.id} reads {pin.name}, which is private to somebody else."
                )
        return prepared

    def _begin(self, view: MaterializedView, prepared: Prepared) -> Submission:
        """Queue the run of a refresh, within a transaction with what led to it."""
        if self._store.get_view(view.id).query_id != view.query_id:
            raise Conflict(f"{view.full_name} was changed meanwhile.", hint="Refresh it again.")
        request = replace(prepared.request, view_id=view.id)
        submission = self._submit.enqueue(replace(prepared, request=request))
        self._store.note_refresh(view.id, submission)
        return submission

    def _owner(self, view: MaterializedView) -> Principal:
        user = self._store.get_user(view.table.owner_id)
        with _refusing(f"The owner of {view.full_name} is disabled."):
            return self._keys.principal_of(user)

    def _get_own(self, principal: Principal, namespace: str | None, name: str) -> MaterializedView:
        _require_writer(principal)
        view = self.get(principal, namespace, name)
        require_table_owner(principal, view.table)
        return view

    def _namespaces(self, principal: Principal) -> list[str]:
        return [own_namespace(self._store, principal), team_namespace(self._store, principal)]


def _find_tables(
    store: MaterializedViewStore, principal: Principal, namespace: str, name: str
) -> tuple[UploadedTable, ...]:
    found = store.find_named_tables(principal.workspace_id, ((namespace, name.lower()),))
    return tuple(table for table in found if table.kind is TableKind.VIEW)


def _readable(principal: Principal, view: MaterializedView) -> MaterializedView:
    is_here = view.table.workspace_id == principal.workspace_id
    if not is_here or not table_reader(principal).may_read(view.table):
        raise NotFound(f"There is no materialised view {view.id}.")
    return view


def next_refresh(cron: str, after: datetime) -> datetime | None:
    """Return when a view is due next, in UTC; None for one without cron; FieldInvalid."""
    return next_run(Schedule(cron=cron), after) if cron else None


@contextmanager
def _refusing(text: str) -> Iterator[None]:
    try:
        yield
    except NotAuthenticated as error:
        raise NotAllowed(text) from error


def _check_query(view: MaterializedView, query: Query) -> None:
    if query.is_archived:
        raise Conflict(f"Query {query.id} was archived.", hint="Restore it, or use another one.")
    if query.owner_id != view.table.owner_id:
        raise NotAllowed(
            f"Query {query.id} is somebody else's.",
            hint="A materialised view is made of a query of its owner.",
        )


def _require_writer(principal: Principal) -> None:
    require_user(principal)
    require_permission(principal, Permission.CREATE_QUERY)

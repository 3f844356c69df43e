"""All interfaces: what services ask for and what stores, connectors, formats and readers give.

Every ``get_*`` raises NotFound; every ``find_*`` returns None or an empty tuple instead. Entities
come back complete after ``add_*`` and ``update_*``: the store gives ids and uids, services give
everything else, times included. All calls block, and all may be made from any thread.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from standpipe.core.batches import Batch
from standpipe.core.columns import Column
from standpipe.core.custom_endpoints import CustomEndpoint
from standpipe.core.dashboards import (
    Dashboard,
    DashboardFilter,
    DashboardListing,
    Visualization,
    Widget,
)
from standpipe.core.datasources import ConnectorKind, DataSource, SourcePlan, SourceTable
from standpipe.core.events import Event
from standpipe.core.executions import (
    Change,
    Claim,
    Execution,
    ExecutionRequest,
    ExecutionState,
    HeartbeatAnswer,
    Holder,
    Mark,
    Progress,
    RunLimits,
    Statement,
    Submission,
)
from standpipe.core.ids import (
    BatchId,
    DashboardId,
    DataSourceId,
    EndpointId,
    ExecutionId,
    KeyId,
    OAuthClientId,
    OAuthGrantId,
    OAuthTokenId,
    PipelineId,
    QueryId,
    ResultId,
    SubmissionId,
    TableId,
    Uid,
    UserId,
    VisualizationId,
    WidgetId,
    WorkspaceId,
)
from standpipe.core.materialized_views import MaterializedView
from standpipe.core.oauth import HeldToken, OAuthClient, OAuthGrant, OAuthToken
from standpipe.core.pipelines import NodeState, Pipeline
from standpipe.core.principals import ApiKey, KeyKind
from standpipe.core.queries import (
    Listing,
    Page,
    Query,
    QueryFilter,
    QueryListing,
    QueryRevision,
)
from standpipe.core.reports.requests import ReportRequest
from standpipe.core.results import Artifact, NewResult, Result
from standpipe.core.schedules import DueQuery, EndedRun
from standpipe.core.tables import (
    BodyFormat,
    HeldPart,
    Ingested,
    NamedTable,
    TableColumn,
    TableFilter,
    TablePart,
    UploadedTable,
)
from standpipe.core.usage import Account, Holdings, Reads, Used
from standpipe.core.windows import Difference, DifferenceCounts, Facet, Window
from standpipe.core.workspaces import Group, Session, User, Workspace

Observer = Callable[[Event], None]
T = TypeVar("T")


class Transactions(Protocol):
    """Several store calls as one: all or nothing. Nested use joins the outer one."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit at the end, roll back on any exception; takes the write lock at once."""
        ...


class Versions(Protocol):
    """Whether anything in the metadata has changed, exactly: for those who remember."""

    def version(self) -> Hashable:
        """Return what stays the same only as long as nobody commits anything; takes 6 us.

        Two versions can be compared when the same thread has asked for both.
        """
        ...

    def reading(self, work: Callable[[], T]) -> T:
        """Do short work on what is true now: what is remembered is compared once, not each time.

        A change that somebody else commits meanwhile may or may not be seen.
        """
        ...


class WorkspaceStore(Transactions, Protocol):
    """Workspaces."""

    def find_workspace(self, slug: str) -> Workspace | None:
        """Return the workspace of a slug."""
        ...

    def get_workspace(self, workspace_id: WorkspaceId) -> Workspace:
        """Return a workspace by id."""
        ...

    def add_workspace(self, workspace: Workspace) -> Workspace:
        """Store a new workspace (its ids are given by the store); NameTaken if the slug exists."""
        ...

    def update_workspace(self, workspace: Workspace) -> Workspace:
        """Replace name, variant and settings."""
        ...


class PeopleStore(Transactions, Protocol):
    """Users and groups."""

    def get_user(self, user_id: UserId) -> User:
        """Return a user by id."""
        ...

    def find_user_by_email(self, workspace_id: WorkspaceId, email: str) -> User | None:
        """Return a user by e-mail, whatever its case."""
        ...

    def find_users(self, workspace_id: WorkspaceId) -> tuple[User, ...]:
        """Return all users by id."""
        ...

    def add_user(self, user: User) -> User:
        """Store a new user; NameTaken if the e-mail exists."""
        ...

    def update_user(self, user: User) -> User:
        """Replace everything but ids."""
        ...

    def get_groups(self, workspace_id: WorkspaceId) -> tuple[Group, ...]:
        """Return all groups by id."""
        ...

    def add_group(self, group: Group) -> Group:
        """Store a new group."""
        ...


class KeyStore(Transactions, Protocol):
    """API keys, found by the SHA-256 of their text."""

    def find_key(self, sha256: str) -> ApiKey | None:
        """Return the key that is not revoked; one indexed read, made on every request."""
        ...

    def find_live_key(self, kind: KeyKind, owner: UserId | QueryId | DashboardId) -> ApiKey | None:
        """Return the newest key of this kind of a user, query or dashboard that is not revoked."""
        ...

    def find_live_query_keys(self, query_ids: Sequence[QueryId]) -> Mapping[QueryId, ApiKey]:
        """Return the live query key of each of these queries, in one read."""
        ...

    def add_key(self, key: ApiKey) -> ApiKey:
        """Store a new key."""
        ...

    def revoke_key(self, key_id: KeyId, at: datetime) -> None:
        """Make a key worthless; the next request with it is refused."""
        ...


class SessionStore(Protocol):
    """Sign-ins of browsers."""

    def find_session(self, sha256: str, now: datetime) -> Session | None:
        """Return the session of a cookie unless it has expired."""
        ...

    def put_session(self, sha256: str, session: Session) -> None:
        """Store or extend a session."""
        ...

    def delete_session(self, sha256: str) -> None:
        """End one session; unknown ones are fine."""
        ...

    def delete_sessions_of(self, user_id: UserId) -> None:
        """End every session of a user."""
        ...

    def delete_expired_sessions(self, now: datetime) -> int:
        """Forget what has expired; returns how many."""
        ...


class OAuthClientStore(Transactions, Protocol):
    """Programs that act for people."""

    def find_oauth_client(self, client_id: str) -> OAuthClient | None:
        """Return the client of that name."""
        ...

    def get_oauth_client(self, id: OAuthClientId) -> OAuthClient:
        """Return a client by id."""
        ...

    def find_oauth_clients(self, workspace_id: WorkspaceId) -> tuple[OAuthClient, ...]:
        """Return all clients of a workspace by id."""
        ...

    def add_oauth_client(self, client: OAuthClient) -> OAuthClient:
        """Store a new client; NameTaken if its ``client_id`` exists."""
        ...

    def update_oauth_client(self, client: OAuthClient) -> OAuthClient:
        """Replace everything but ids and owner."""
        ...

    def delete_oauth_client(self, id: OAuthClientId) -> None:
        """Remove a client with its grants and tokens; one that is gone is fine."""
        ...


class OAuthGrantStore(Transactions, Protocol):
    """What people granted clients."""

    def add_grant(self, grant: OAuthGrant) -> OAuthGrant:
        """Store a new grant."""
        ...

    def find_grant_of_code(self, sha256: str) -> OAuthGrant | None:
        """Return the grant of a code, used, expired or revoked ones too."""
        ...

    def find_grants_of(self, user_id: UserId, now: datetime) -> tuple[OAuthGrant, ...]:
        """Return what a user has granted and neither revoked nor let expire, by id."""
        ...

    def use_code(self, grant_id: OAuthGrantId, at: datetime) -> bool:
        """Note that the code of a grant has been used; False if it had been before."""
        ...

    def revoke_grant(self, grant_id: OAuthGrantId, at: datetime) -> None:
        """Make all tokens of a grant worthless; the time of a first revocation stays."""
        ...

    def revoke_grants_of(
        self, user_id: UserId, at: datetime, *, client_id: OAuthClientId | None = None
    ) -> None:
        """Revoke everything a user has granted, or only what he granted one client."""
        ...

    def delete_expired_grants(self, now: datetime, limit: int) -> int:
        """Forget grants all of whose tokens have ended; returns how many, at most ``limit``."""
        ...


class OAuthTokenStore(Transactions, Protocol):
    """Tokens, found by the SHA-256 of their text."""

    def add_token(self, token: OAuthToken) -> OAuthToken:
        """Store a new token; its grant lasts at least as long."""
        ...

    def find_token(self, sha256: str) -> HeldToken | None:
        """Return a token with its grant, used, expired and revoked ones too; one indexed read."""
        ...

    def use_token(self, token_id: OAuthTokenId, at: datetime) -> bool:
        """Note that a token has been used; False if it had been before."""
        ...

    def revoke_token(self, token_id: OAuthTokenId) -> None:
        """Forget one token; one that is gone is fine."""
        ...


class TokenSigner(Protocol):
    """Signs tokens (JWT) with the server's key."""

    def sign(self, claims: Mapping[str, Any], *, kind: str) -> str:
        """Return a signed token; ``kind`` is its header ``typ``."""
        ...

    def public_keys(self) -> Mapping[str, Any]:
        """Return the JWK set with which others check signatures."""
        ...

    def prepare(self) -> None:
        """Make the first key if there is none yet, which takes long."""
        ...

    def rotate(self) -> str:
        """Sign with a new key from now on; returns its id. Older ones can still be checked."""
        ...


class DataSourceStore(Transactions, Protocol):
    """Data sources; their secrets are sealed at rest."""

    def get_data_source(self, data_source_id: DataSourceId) -> DataSource:
        """Return a data source by id."""
        ...

    def find_data_sources(self, workspace_id: WorkspaceId) -> tuple[DataSource, ...]:
        """Return all data sources of a workspace by lower-cased name."""
        ...

    def add_data_source(self, source: DataSource) -> DataSource:
        """Store a new data source."""
        ...

    def update_data_source(self, source: DataSource) -> DataSource:
        """Replace everything but ids; raises ``settings_version`` when settings changed."""
        ...

    def delete_data_source(self, data_source_id: DataSourceId) -> None:
        """Remove it; its queries keep their text with no data source, its results stay stored."""
        ...


class QueryStore(Transactions, Protocol):
    """Saved queries and their revisions."""

    def find_query_by_uid(self, workspace_id: WorkspaceId, uid: Uid) -> Query | None:
        """Return a query of a workspace by its uid, archived ones too."""
        ...

    def get_query(self, query_id: QueryId) -> Query:
        """Return a query by id, archived ones too."""
        ...

    def find_queries(self, filter: QueryFilter, page: Page) -> Listing[QueryListing]:
        """Return one page of queries and the number of all that match."""
        ...

    def add_query(
        self, query: Query, *, id: QueryId | None = None, uid: Uid | None = None
    ) -> Query:
        """Store a new query and its first revision; imported ids are kept (NameTaken)."""
        ...

    def update_query(self, query: Query, *, author_id: UserId | None) -> Query:
        """Replace everything but ids and the latest result; a grown ``revision`` is kept.

        A changed ``schedule`` or ``is_archived`` makes the query unplanned again.
        """
        ...

    def find_revisions(self, query_id: QueryId) -> tuple[QueryRevision, ...]:
        """Return all revisions, oldest first."""
        ...

    def find_query_tags(
        self, workspace_id: WorkspaceId, viewer_id: UserId | None
    ) -> tuple[tuple[str, int], ...]:
        """Return ``(tag, count)`` of unarchived queries the viewer may know of, by tag."""
        ...

    def set_latest_result(self, query_id: QueryId, result_id: ResultId | None) -> None:
        """Point a query at a result (done in bulk by ``finish``; this is for edits)."""
        ...

    def set_default_run(self, query: Query, fingerprint: str) -> None:
        """Say what identifies the default run of this revision now; nothing if it was edited."""
        ...

    def find_dashboards_of(self, query_id: QueryId) -> tuple[DashboardId, ...]:
        """Return the unarchived dashboards that show a visualization of this query."""
        ...


class FavoriteStore(Protocol):
    """Stars on queries and dashboards; ``noun`` is "query" or "dashboard"."""

    def set_favorite(self, user_id: UserId, noun: str, object_id: int, at: datetime | None) -> None:
        """Star (``at`` a time) or unstar (None); repeating is fine."""
        ...

    def find_favorites(
        self, user_id: UserId, noun: str, object_ids: Sequence[int]
    ) -> frozenset[int]:
        """Return which of these are starred."""
        ...


class DashboardStore(Transactions, Protocol):
    """Dashboards and their widgets."""

    def get_dashboard(self, dashboard_id: DashboardId) -> Dashboard:
        """Return a dashboard by id, archived ones too."""
        ...

    def find_dashboard_by_slug(self, workspace_id: WorkspaceId, slug: str) -> Dashboard | None:
        """Return a dashboard by its slug."""
        ...

    def find_dashboards(self, filter: DashboardFilter, page: Page) -> Listing[DashboardListing]:
        """Return one page of unarchived dashboards and the number of all that match."""
        ...

    def add_dashboard(self, dashboard: Dashboard) -> Dashboard:
        """Store a new dashboard; a taken slug gets ``_1``, ``_2``, ..."""
        ...

    def update_dashboard(self, dashboard: Dashboard) -> Dashboard:
        """Replace everything but ids and slug."""
        ...

    def find_dashboard_tags(
        self, workspace_id: WorkspaceId, viewer_id: UserId | None
    ) -> tuple[tuple[str, int], ...]:
        """Return ``(tag, count)`` of unarchived dashboards, without drafts of others, by tag."""
        ...


class WidgetStore(Transactions, Protocol):
    """Widgets of dashboards and visualizations of queries."""

    def get_widget(self, widget_id: WidgetId) -> Widget:
        """Return a widget by id."""
        ...

    def find_widgets(self, dashboard_id: DashboardId) -> tuple[Widget, ...]:
        """Return the widgets of a dashboard by id."""
        ...

    def put_widget(self, widget: Widget) -> Widget:
        """Store a new widget (id 0) or replace one."""
        ...

    def delete_widget(self, widget_id: WidgetId) -> None:
        """Remove a widget."""
        ...

    def get_visualization(self, visualization_id: VisualizationId) -> Visualization:
        """Return a visualization by id."""
        ...

    def find_visualizations(self, query_id: QueryId) -> tuple[Visualization, ...]:
        """Return the visualizations of a query by id."""
        ...

    def put_visualization(self, visualization: Visualization) -> Visualization:
        """Store a new visualization (id 0) or replace one."""
        ...

    def delete_visualization(self, visualization_id: VisualizationId) -> None:
        """Remove a visualization and the widgets that show it."""
        ...


class ExecutionStore(Protocol):
    """The queue: one table is the truth. Times are given by the caller's clock."""

    def enqueue(self, request: ExecutionRequest, holder: Holder, now: datetime) -> Submission:
        """Join a fitting execution or queue a new one, atomically, and wake a worker.

        Joined: same fingerprint, no cancel requested, and queued (or running, or ended well at the
        time that the request names or later, if it allows), and of the same revision of the same
        query unless the request joins others; a queued one takes the higher priority of the two.
        The same holder joining the same execution for the same query, format, groups and view
        gets his earlier submission back.
        """
        ...

    def is_under_way(self, data_source_id: DataSourceId, fingerprint: str) -> bool:
        """Whether an execution of this fingerprint is queued or running, and not to be stopped."""
        ...

    def delete_executions(self, before: datetime, limit: int) -> int:
        """Forget executions that ended before that time, with their submissions; oldest first.

        Never one whose result is still stored. Returns how many, at most ``limit``.
        """
        ...

    def recover(
        self, now: datetime, *, max_attempts: int, worker: str | None = None
    ) -> tuple[Execution, ...]:
        """Requeue runs whose lease has ended (or all of a dead ``worker``); the next claim counts.

        After ``max_attempts``, those given back not counted, they fail with ``execution_lost``;
        those with a requested cancel end cancelled. Returns what was changed.
        """
        ...

    def expire_queued(self, before: datetime, now: datetime) -> int:
        """End what has been waiting since before that time as expired; returns how many."""
        ...

    def get_execution(self, execution_id: ExecutionId) -> Execution:
        """Return an execution by id."""
        ...

    def get_execution_by_uid(self, uid: Uid) -> Execution:
        """Return an execution by its uid; NotFound."""
        ...

    def has_run(self, query_id: QueryId) -> bool:
        """Whether a query was ever run, whatever came of it; a run shared with others counts."""
        ...

    def find_newest_execution(
        self, query_id: QueryId, revision: int, fingerprint: str | None = None
    ) -> Execution | None:
        """Return the newest run of a revision of a query, in any state.

        With a fingerprint, of those values only.
        """
        ...

    def count_states(self) -> Mapping[ExecutionState, int]:
        """Return how many executions are queued and running (final states are not counted)."""
        ...

    def find_marks(self, execution_ids: Collection[ExecutionId]) -> Mapping[ExecutionId, Mark]:
        """Return how executions stand, in few reads; one that does not exist is left out.

        The mark of a queued execution also changes when the head of the queue does.
        """
        ...


class ClaimStore(Protocol):
    """The worker's half of the queue: a claim is fenced by its attempt."""

    def claim(
        self,
        worker: str,
        now: datetime,
        lease_seconds: float,
        only: ExecutionId | None = None,
    ) -> Claim | None:
        """Take the next queued execution by priority, then age; None if there is none.

        While more are waiting, another worker is woken.
        """
        ...

    def heartbeat(
        self, claim: Claim, now: datetime, lease_seconds: float, progress: Progress
    ) -> HeartbeatAnswer:
        """Extend the lease and store the progress; says whether to cancel or to give up."""
        ...

    def finish(
        self,
        claim: Claim,
        now: datetime,
        state: ExecutionState,
        *,
        result: NewResult | None = None,
        error: tuple[str, str] | None = None,
    ) -> Execution | None:
        """End a run in one transaction; None if the claim is no longer valid (fenced).

        With a result: stores it, and points every unarchived query of this data source whose
        ``default_fingerprint`` is the execution's at it; the materialised views whose refresh this
        is hold its rows from then on. ``error`` is ``(code, message)``.
        """
        ...

    def give_back(self, claim: Claim, now: datetime) -> Execution | None:
        """Queue a run again whose worker stops; this attempt does not count. None when fenced.

        One with a requested cancel ends cancelled.
        """
        ...


class SubmissionStore(Protocol):
    """What callers hold."""

    def get_submission(self, uid: Uid) -> Submission:
        """Return a submission with its execution, in one read."""
        ...

    def get_submission_by_id(self, submission_id: SubmissionId) -> Submission:
        """Return a submission by its number; NotFound."""
        ...

    def find_submissions(
        self,
        workspace_id: WorkspaceId,
        holder: Holder | None,
        limit: int,
        before: SubmissionId | None = None,
        *,
        is_refresh: bool | None = None,
    ) -> tuple[Submission, ...]:
        """Return submissions with a number below ``before``, newest first; None = of all.

        ``is_refresh`` wants only those that refresh materialised views, or none of them.
        """
        ...

    def hold_result(
        self, result: Result, query_id: QueryId, holder: Holder, format: str | None, now: datetime
    ) -> Submission:
        """Return the holder's submission of the run that left a result, for this query and format.

        One that he did not cancel is returned again, else one is made. Nothing runs.
        """
        ...

    def cancel_submission(self, uid: Uid, now: datetime) -> Submission:
        """Cancel for its holder; if it was the execution's last one, the execution too.

        A queued execution is cancelled at once, a running one is asked to stop. Repeating, and
        cancelling what is over, changes nothing.
        """
        ...

    def find_queue_position(self, execution_id: ExecutionId) -> int | None:
        """Return how many executions are claimed until this one is, itself included: 1 = next.

        None unless it is queued.
        """
        ...


class IdempotencyStore(Protocol):
    """What the idempotency keys of callers have led to."""

    def find_idempotent(self, holder: str, key: str, since: datetime) -> tuple[str, Uid] | None:
        """Return digest and uid of a key that its holder used at or after ``since``."""
        ...

    def put_idempotent(self, holder: str, key: str, digest: str, uid: Uid, at: datetime) -> None:
        """Remember a key; an older use of the same one is forgotten."""
        ...

    def delete_idempotent(self, before: datetime) -> int:
        """Forget the keys that were used before that time; returns how many."""
        ...


class ResultStore(Protocol):
    """Metadata of results; results are immutable and their ids are never used again."""

    def get_result(self, result_id: ResultId) -> Result:
        """Return a result by id."""
        ...

    def get_result_by_uid(self, uid: Uid) -> Result:
        """Return a result by its uid."""
        ...

    def find_results_of(
        self, query_id: QueryId, limit: int, before: ResultId | None
    ) -> tuple[Result, ...]:
        """Return results with ids below ``before`` (None = all), highest first.

        Those of a query's own runs, and others' that answered its run with all default values.
        """
        ...

    def find_default_result(self, query_id: QueryId, at: datetime) -> Result | None:
        """Return the newest result retrieved by then of a query's run with all default values.

        What that run was is remembered with each result, whatever text the query has today.
        """
        ...

    def find_latest(
        self,
        data_source_id: DataSourceId,
        fingerprint: str,
        since: datetime | None,
        *,
        of_any_tables: bool = False,
    ) -> Result | None:
        """Return the newest result of a fingerprint retrieved at or after ``since``.

        With ``of_any_tables`` the fingerprint is that of a statement alone: whatever was in the
        uploaded tables that it read.
        """
        ...

    def find_unreferenced(self, before: datetime, limit: int) -> tuple[Result, ...]:
        """Return old results that are no query's latest."""
        ...

    def delete_result(self, result_id: ResultId) -> None:
        """Forget a result; the artifact is removed by the caller afterwards."""
        ...

    def find_artifacts(self, keys: Sequence[str]) -> frozenset[str]:
        """Return which of these artifacts (500 at most) somebody needs, in one read.

        Those of results, and the parts of uploaded tables, removed ones too until forgotten.
        """
        ...


class TableStore(Transactions, Protocol):
    """Uploaded tables. Their names are compared as they are: in small letters."""

    def get_table(self, table_id: TableId) -> UploadedTable:
        """Return a table by id."""
        ...

    def find_named_tables(
        self, workspace_id: WorkspaceId, names: tuple[tuple[str, str], ...]
    ) -> tuple[UploadedTable, ...]:
        """Return those of these ``(namespace, name)`` that exist, in few reads, by full name."""
        ...

    def find_tables(
        self, filter: TableFilter, *, limit: int, offset: int = 0
    ) -> Listing[UploadedTable]:
        """Return some tables by full name, and the number of all that match."""
        ...

    def add_table(self, table: UploadedTable) -> UploadedTable:
        """Store a new table, without parts; NameTaken."""
        ...

    def replace_table(self, table: UploadedTable, part: TablePart, at: datetime) -> UploadedTable:
        """Replace columns, description and privacy, and all rows by those of one part."""
        ...

    def add_part(self, table: UploadedTable, part: TablePart) -> UploadedTable:
        """Append a part to what the table holds by now, and return the table as it is then.

        NotFound if it was deleted meanwhile, Conflict if its columns are other ones.
        """
        ...

    def clear_table(self, table_id: TableId, at: datetime) -> UploadedTable:
        """Remove all parts that the table has now."""
        ...

    def delete_table(self, table_id: TableId, at: datetime) -> None:
        """Remove a table with its parts; NotFound."""
        ...


class ViewStore(TableStore, Protocol):
    """Materialised views: tables that the runs of a query fill, see ``finish``."""

    def get_view(self, table_id: TableId) -> MaterializedView:
        """Return a view by the id of its table."""
        ...

    def find_views(
        self, filter: TableFilter, *, limit: int, offset: int = 0
    ) -> Listing[MaterializedView]:
        """Return some views by full name, and the number of all that match."""
        ...

    def put_view(self, view: MaterializedView, at: datetime) -> MaterializedView:
        """Store a new view (its table has the id 0), or what was changed; NameTaken, NotFound.

        A view becomes private at once. It stays so while its rows were read from private tables.
        """
        ...

    def note_refresh(self, table_id: TableId, submission: Submission) -> MaterializedView:
        """Let a run be the refresh of a view: if it succeeds, its rows become those of the view.

        An earlier one that has not ended is so no more. Within the transaction that queued the run:
        one that is over fills nothing. NotFound.
        """
        ...

    def find_due_views(self, now: datetime, limit: int) -> tuple[MaterializedView, ...]:
        """Return views whose time has come and that have not expired, the longest due first."""
        ...

    def plan_view(
        self, view: MaterializedView, next_run_at: datetime | None, *, trouble: str = ""
    ) -> bool:
        """Say when a view is due next, and why it was not refreshed now if so.

        False, and nothing is changed, if that was planned anew since ``view`` was read.
        """
        ...

    def find_expired_views(self, now: datetime, limit: int) -> tuple[MaterializedView, ...]:
        """Return views that have expired, the oldest first."""
        ...


class PartStore(Protocol):
    """The parts of uploaded tables."""

    def find_parts(self, table_id: TableId) -> tuple[TablePart, ...]:
        """Return the parts of a table in the order in which they were added."""
        ...

    def find_held_parts(self) -> Iterator[HeldPart]:
        """Yield all parts of all tables, table by table, those of one in their order."""
        ...

    def find_scattered(self, part_count: int) -> tuple[TableId, ...]:
        """Return the tables that have at least so many parts, by id."""
        ...

    def merge_parts(
        self, table_id: TableId, parts: Sequence[TablePart], merged: TablePart, at: datetime
    ) -> bool:
        """Put one part, with the same rows, in the place of some that follow each other.

        What can be read is the same, and so is the version. False, and nothing is changed, if the
        table does not hold all of them any more.
        """
        ...

    def forget_parts(self, before: datetime, limit: int) -> tuple[str, ...]:
        """Forget parts that were removed before that time; returns their artifacts' keys."""
        ...


class UsageStore(Protocol):
    """What was used, by owner and day. A submission counts itself in ``enqueue``."""

    def add_reads(self, reads: Mapping[Account, Reads], day: date) -> None:
        """Add reads to those of a day: all or none."""
        ...

    def find_usage(
        self, workspace_id: WorkspaceId, user_id: UserId | None, start: date, end: date
    ) -> tuple[Used, ...]:
        """Return the days before ``end`` on which something was used, of one user or of all."""
        ...

    def get_holdings(self, workspace_id: WorkspaceId, user_id: UserId | None) -> Holdings:
        """Return what one user has now, or all of a workspace; archived queries do not count."""
        ...


class CustomEndpointStore(Transactions, Protocol):
    """Names under which queries are read. Handles and slugs are compared as they are."""

    def find_endpoint(
        self, workspace_id: WorkspaceId, handle: str, slug: str
    ) -> CustomEndpoint | None:
        """Return the endpoint of that name."""
        ...

    def find_endpoints(self, workspace_id: WorkspaceId) -> tuple[CustomEndpoint, ...]:
        """Return all endpoints of a workspace, by handle and slug."""
        ...

    def add_endpoint(self, endpoint: CustomEndpoint) -> CustomEndpoint:
        """Store a new endpoint; NameTaken."""
        ...

    def point_endpoint(self, endpoint_id: EndpointId, query_id: QueryId, at: datetime) -> None:
        """Let an endpoint name another query."""
        ...

    def delete_endpoint(self, endpoint_id: EndpointId) -> None:
        """Remove an endpoint; one that is gone is fine."""
        ...


class PipelineStore(Transactions, Protocol):
    """Executions of pipelines and how their nodes stand."""

    def add_pipeline(self, pipeline: Pipeline) -> Pipeline:
        """Store a new one, of which nothing has begun."""
        ...

    def get_pipeline(self, uid: Uid) -> Pipeline:
        """Return one, its nodes with their submissions as they stand; NotFound."""
        ...

    def find_open_pipelines(self) -> tuple[Uid, ...]:
        """Return those that are not finished; oldest first."""
        ...

    def find_moved_pipelines(self) -> tuple[Uid, ...]:
        """Return the open ones of which a run is over and was not noted; oldest first."""
        ...

    def start_node(self, pipeline_id: PipelineId, node_id: int, uid: Uid) -> None:
        """Note the submission of a node."""
        ...

    def settle_node(
        self, pipeline_id: PipelineId, node_id: int, outcome: NodeState, error: str = ""
    ) -> None:
        """Note how a node ended."""
        ...

    def finish_pipeline(self, pipeline_id: PipelineId, at: datetime) -> None:
        """Note that all nodes are over; the first time counts."""
        ...

    def delete_pipelines(self, before: datetime, limit: int) -> int:
        """Forget those that finished before that time; oldest first. Returns how many."""
        ...


class BatchStore(Transactions, Protocol):
    """Batches of submissions."""

    def add_batch(self, batch: Batch) -> Batch:
        """Store a new one."""
        ...

    def get_batch(self, batch_id: BatchId) -> Batch:
        """Return one with its submissions as they stand; NotFound."""
        ...

    def delete_batches(self, before: datetime, limit: int) -> int:
        """Forget those that were made before that time; oldest first. Returns how many."""
        ...


class ReportRequestStore(Transactions, Protocol):
    """Requests of reports."""

    def add_report_request(self, request: ReportRequest) -> ReportRequest:
        """Store a new one, whose submission is known."""
        ...

    def get_report_request(self, uid: Uid) -> ReportRequest:
        """Return one with its submission as it stands; NotFound."""
        ...

    def find_report_requests(
        self, query_id: QueryId, holder: Holder | None, limit: int, offset: int = 0
    ) -> Listing[ReportRequest]:
        """Return the requests of a report, newest first, those of everybody without a holder."""
        ...

    def cancel_report_request(self, uid: Uid, now: datetime) -> bool:
        """Note that one is cancelled; whether no other one needs its submission (any more)."""
        ...

    def delete_report_requests(self, before: datetime, limit: int) -> int:
        """Forget those that were made before that time; oldest first. Returns how many."""
        ...


class ScheduleStore(Protocol):
    """Which queries are due; ``next_run_at`` lives beside the query."""

    def claim_due(self, now: datetime, limit: int) -> tuple[DueQuery, ...]:
        """Take due queries so that no other scheduler takes them for a minute."""
        ...

    def set_next_run(
        self,
        query_id: QueryId,
        next_run_at: datetime | None,
        *,
        consecutive_failures: int,
        execution_id: ExecutionId | None = None,
    ) -> None:
        """Say when a query is due next (None = never again), and which run goes on meanwhile."""
        ...

    def find_ended_runs(self) -> tuple[EndedRun, ...]:
        """Return the scheduled runs that have ended and were not settled yet."""
        ...

    def settle_run(
        self, run: EndedRun, next_run_at: datetime | None, *, consecutive_failures: int
    ) -> None:
        """Say what follows from an ended run, once; nothing if another one was noted since."""
        ...

    def find_unplanned(self) -> tuple[QueryId, ...]:
        """Return scheduled, unarchived queries that have no ``next_run_at`` yet."""
        ...


class Wakeups(Protocol):
    """Tells other processes what happened; losing a message only costs a second."""

    def wake_worker(self) -> None:
        """Wake one sleeping worker."""
        ...

    def tell(self, change: Change) -> None:
        """Tell every process that listens what happened to an execution; never waits or fails."""
        ...

    def wait(self, seconds: float) -> None:
        """Sleep until woken or until the time is over."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class ChangeListener(Protocol):
    """Hears what other processes tell; for one thread, which sleeps on ``fileno``."""

    def fileno(self) -> int:
        """Return the descriptor that is readable when something was told."""
        ...

    def take(self) -> tuple[Change, ...]:
        """Return what was told since the last time; never waits."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class ArtifactStore(Protocol):
    """Immutable files by key. A key is visible only when its bytes are complete and durable."""

    def slot(self) -> Path:
        """Return a fresh local path, on the artifact file system, to write a file to."""
        ...

    def seal(self, slot: Path) -> Artifact:
        """Digest, make durable and publish what was written to a slot; the slot is gone."""
        ...

    def discard(self, slot: Path) -> None:
        """Remove a slot and what was written beside it; a missing one is fine."""
        ...

    def open(self, key: str) -> BinaryIO:
        """Open for reading; ResultExpired if it is gone."""
        ...

    def local_path(self, key: str) -> Path:
        """Return a local file with these bytes; ResultExpired if it is gone."""
        ...

    def delete(self, key: str) -> None:
        """Remove an artifact; a missing one is fine."""
        ...

    def find_keys(self, older_than_seconds: float) -> Iterator[str]:
        """Yield the keys of what was sealed longer ago than that, in no order: to find orphans."""
        ...

    def sweep_slots(self, older_than_seconds: float) -> int:
        """Remove slots that dead workers left behind; returns how many."""
        ...


class EncodingDraft(Protocol):
    """An encoding that one thread writes while others read what is already there."""

    def write(self, piece: bytes | memoryview) -> bool:
        """Append; False if there is no room for it: then nothing more can be written."""
        ...

    def open(self) -> BinaryIO:
        """Open it for reading by position; what is written later is seen too."""
        ...

    def publish(self) -> None:
        """Make it durable, then let everybody find it; nothing more can be written."""
        ...

    def close(self) -> None:
        """Free it; what was not published is gone."""
        ...


class EncodingStore(Protocol):
    """Complete encodings by tag, within a quota: those that were used longest ago go first.

    A tag is found only when all its bytes are there, whatever happens to a process.
    """

    def has(self, tag: str) -> bool:
        """Whether a complete encoding is there; touches no disk."""
        ...

    def open(self, tag: str) -> BinaryIO | None:
        """Open a complete encoding, which counts as used now; None if it is not there."""
        ...

    def begin(self, tag: str) -> EncodingDraft | None:
        """Begin to write an encoding; None if nothing can be kept here."""
        ...

    def sweep(self, unused_seconds: float) -> int:
        """Remove what nobody has used for that long; returns how many."""
        ...


class Run(Protocol):
    """One statement being executed by a data source, into a Parquet file."""

    def wait(self, seconds: float) -> bool:
        """Wait until it is over or the time has passed; whether it is over."""
        ...

    def progress(self) -> Progress:
        """Return how far it is; cheap."""
        ...

    def cancel(self) -> None:
        """Ask it to stop; within about a second it is over, by force if need be."""
        ...

    def outcome(self) -> tuple[tuple[Column, ...], int]:
        """Return columns and row count when over; raises an ExecutionFailed otherwise."""
        ...

    def cpu_seconds(self) -> float | None:
        """Return the processor time it took, once it is over; None where nobody knows."""
        ...


class Connector(Protocol):
    """Speaks to one kind of data source."""

    kind: ConnectorKind

    def check_settings(self, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the settings completed by defaults; FieldInvalid, FieldMissing."""
        ...

    def warm(self) -> None:
        """Prepare what the first run would wait for; repeating is cheap."""
        ...

    def start(
        self,
        source: DataSource,
        statement: Statement,
        into: Path,
        limits: RunLimits,
        tables: Sequence[NamedTable] = (),
    ) -> Run:
        """Begin to execute one reading statement and write its rows to ``into`` as Parquet.

        It may name ``tables``, if the kind ``reads_uploads``.
        """
        ...

    def explain(
        self,
        source: DataSource,
        statement: Statement,
        limits: RunLimits,
        tables: Sequence[NamedTable] = (),
    ) -> SourcePlan:
        """Return what a statement would give and how, without executing it.

        Blocks for as long as the limits allow. Raises the ExecutionFailed (StatementRefused,
        SourceFailed, ...) that a run would meet before its first row.
        """
        ...

    def tables(self, source: DataSource) -> tuple[SourceTable, ...]:
        """Return what the source offers; SourceFailed."""
        ...

    def ping(self, source: DataSource) -> None:
        """Return if the source answers; SourceFailed says why not."""
        ...

    def close(self) -> None:
        """Give back every connection and child process."""
        ...


class Ingestion(Protocol):
    """Turns what was sent into rows of a table, apart from the process that serves callers."""

    def ingest(
        self,
        body: Path,
        format: BodyFormat,
        columns: Sequence[TableColumn] | None,
        into: Path,
        limits: RunLimits,
    ) -> Ingested:
        """Write all rows of a body to ``into`` as Parquet, or none.

        Without ``columns`` they are found in a CSV, whose rows may then be shorter than its
        header, or end in commas. FieldInvalid says which row and column is no value;
        ExecutionFailed when it broke a limit.
        """
        ...


class Merging(Protocol):
    """Makes one part of many, apart from the process that asks for it."""

    def merge(self, parts: Sequence[Path], into: Path, limits: RunLimits) -> int:
        """Write the rows of these Parquet files, in their order, to ``into``; returns how many.

        ExecutionFailed when one cannot be read, or a limit was broken.
        """
        ...


class Connectors(Protocol):
    """The kinds of data sources this server can speak to."""

    def get(self, kind: str) -> Connector:
        """Return the connector of a kind; FieldInvalid names the kinds that exist."""
        ...

    def kinds(self) -> tuple[ConnectorKind, ...]:
        """Return what can be configured, by name."""
        ...


class Chunks(Protocol):
    """Encoded bytes of a window, produced as they are read; must be closed, from any thread."""

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """Yield chunks; the first one is produced before any is sent."""
        ...

    def close(self) -> None:
        """Stop producing and free everything; safe while another thread waits in the iterator."""
        ...


class Batches(Protocol):
    """Arrow record batches as they are read; ``schema`` is known before the first one."""

    schema: Any

    def __iter__(self) -> Iterator[Any]:
        """Yield pyarrow.RecordBatch objects."""
        ...


class WindowRows(Protocol):
    """The rows of a window on their way into a format. Each way to get them reads them anew.

    ``columns`` have stored names that expressions may use as they are.
    """

    @property
    def columns(self) -> Sequence[Column]:
        """Return the columns that come out, numbered."""
        ...

    def texts(self, expression: str) -> Iterator[tuple[int, memoryview]]:
        """Yield, a batch at a time, how many rows and the joined texts that SQL makes of each."""
        ...

    def batches(self) -> Batches:
        """Return the rows as Arrow record batches, under the names of the columns."""
        ...

    def parquet(self) -> Iterator[bytes]:
        """Yield a Parquet file of the rows, under the names of the columns."""
        ...


class Encoding(Protocol):
    """A format with its options: it turns the rows of a window into bytes."""

    def chunks(self, rows: WindowRows) -> Iterator[bytes | memoryview]:
        """Yield the encoded window, head and tail included; valid also without any row."""
        ...


ReaderSource = Path | Difference


class ResultReader(Protocol):
    """Answers windows from artifacts. It never runs a user's SQL.

    A source is an artifact, or the difference between two; ResultExpired if a file is gone.
    """

    def encode(self, source: ReaderSource, window: Window, encoding: Encoding) -> Chunks:
        """Encode the rows of a window; nothing is opened before the first chunk is asked for."""
        ...

    def count(self, source: ReaderSource, window: Window) -> int:
        """Return how many rows a window has before its offset and limit."""
        ...

    def count_difference(self, difference: Difference) -> DifferenceCounts:
        """Return how many rows were added, removed, changed and kept; FieldInvalid.

        Keys that repeat in one of the artifacts are refused with FieldInvalid.
        """
        ...

    def facets(
        self, source: ReaderSource, window: Window, columns: Sequence[Column], limit: int
    ) -> tuple[Facet, ...]:
        """Return, for each column, its most frequent values among the rows of a window."""
        ...

    def distinct_values(
        self, artifact: Path, columns: Sequence[Column], limit: int
    ) -> tuple[tuple[Any, ...], ...]:
        """Return up to ``limit`` rows of a few columns as Python values: for lists only."""
        ...

    def close(self) -> None:
        """Free the engine; nothing can be read afterwards."""
        ...


class Format(Protocol):
    """An output encoding of a whole window."""

    name: str
    media_type: str
    extension: str


class Vault(Protocol):
    """Seals secrets at rest; the context binds a sealed text to its place."""

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt."""
        ...

    def unseal(self, sealed: bytes, context: str) -> str:
        """Decrypt; Unavailable if it was sealed with another key or for another place."""
        ...


class Passwords(Protocol):
    """Hashes passwords so that guessing stays expensive."""

    def hash(self, password: str) -> str:
        """Return a PHC string."""
        ...

    def verify(self, password: str, phc: str | None) -> bool:
        """Whether the password fits; takes as long for a wrong one, or without a hash."""
        ...

"""Reports: queries that are asked for a period and conditions, and read field by field.

What parameters can take of the conditions becomes part of the run, which many requests may share;
the rest is a window over its result (compat/myreports.md 8).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from standpipe.core.calendar import Calendar, find_zone
from standpipe.core.clock import Clock
from standpipe.core.columns import Column
from standpipe.core.errors import FieldInvalid, FilterUnknown, NotFound, ResultExpired
from standpipe.core.executions import ExecutionState, Submission
from standpipe.core.ids import ReportRequestId, Uid, new_uid
from standpipe.core.permissions import require_holder
from standpipe.core.ports import QueryStore, ReportRequestStore, ResultStore, SubmissionStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Listing, Query
from standpipe.core.reports.conditions import check_condition
from standpipe.core.reports.dates import DateFilter, Period, period_of
from standpipe.core.reports.pushing import push_conditions
from standpipe.core.reports.requests import ReportAsk, ReportPlan, ReportRequest
from standpipe.core.reports.rows import ReportRows
from standpipe.core.reports.settings import ReportSettings, SavedFilter
from standpipe.core.results import Result
from standpipe.core.windows import Window, check_window
from standpipe.services.history import History
from standpipe.services.jobs import Jobs, PreparedJob
from standpipe.services.queries import Queries
from standpipe.services.read import Read
from standpipe.services.report_settings import read_settings
from standpipe.services.submit import QueryAsk


class ReportsStore(ReportRequestStore, QueryStore, ResultStore, SubmissionStore, Protocol):
    """The slice of the metadata store that reports need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedReport:
    """A request that was allowed and understood: it only has to be begun."""

    query: Query
    plan: ReportPlan
    reference_at: datetime
    job: PreparedJob


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """Which rows of a report: ``limit`` None = all behind ``offset``, up to the row limit."""

    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A report over its stored result.

    ``query_count`` are the rows of the run, ``total_count`` those of the report, cut at its row
    limit, which ``is_limit_exceeded`` tells. ``summary`` are the sums over all rows of it, cut or
    not; None where nothing is added up, or there are no rows. ``field_names`` are those of the
    fields, in order; the columns of the window may have an identity behind them.
    """

    result: Result
    window: Window
    summary: Window | None
    field_names: tuple[str, ...]
    query_count: int
    total_count: int
    is_limit_exceeded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportField:
    """A column of a report, as far as it is known."""

    column: Column
    is_shown: bool
    is_mandatory: bool
    is_added: bool


class Reports:
    """The reports of a workspace."""

    def __init__(
        self,
        store: ReportsStore,
        *,
        queries: Queries,
        jobs: Jobs,
        read: Read,
        history: History,
        clock: Clock,
    ) -> None:
        """Take the ports and the services of runs."""
        self._store = store
        self._queries = queries
        self._jobs = jobs
        self._read = read
        self._history = history
        self._clock = clock

    def find_query(self, principal: Principal, uid: Uid) -> Query:
        """Return the query of a report; NotFound, also for one that is hidden or archived."""
        found = self._store.find_query_by_uid(principal.workspace_id, uid)
        if found is None or found.is_archived:
            raise NotFound(f"There is no report {uid}.")
        return self._queries.get(principal, found.id)

    def settings(self, query: Query) -> ReportSettings:
        """Return how a query is shown; FieldInvalid if what is stored cannot be read."""
        return read_settings(query.report)

    def template(self, query: Query) -> str:
        """Return what a report is one of; for lists, which read no other settings."""
        named = query.report.get("template")
        return named if isinstance(named, str) else query.name

    def prepare(self, principal: Principal, query: Query, ask: ReportAsk) -> PreparedReport:
        """Return what ``begin`` needs; takes SQL apart.

        FieldInvalid and FieldMissing say what is wrong with the ask, FilterUnknown that there is no
        such filter; what preparing a job raises.
        """
        now = self._clock.now()
        plan = self._plan(query, ask, now)
        calendar = Calendar(now, ZoneInfo(plan.settings.time_zone))
        pushed = push_conditions(
            plan.settings, query.parameters, plan.conditions, plan.period, calendar
        )
        plan = replace(plan, pushed=pushed.fields)
        self._check(principal, query, plan)
        asked = QueryAsk(query_id=query.id, values=pushed.values)
        job = self._jobs.prepare(principal, asked)
        return PreparedReport(query=query, plan=plan, reference_at=now, job=job)

    def begin(self, principal: Principal, prepared: PreparedReport) -> ReportRequest:
        """Return a new request, queued if its run is not there yet."""
        with self._store.transaction():
            submission = self._jobs.begin(principal, prepared.job)
            now = self._clock.now()
            draft = ReportRequest(
                id=ReportRequestId(0),
                uid=new_uid(now),
                workspace_id=principal.workspace_id,
                holder=principal.holder,
                query_id=prepared.query.id,
                plan=prepared.plan,
                submission=submission,
                reference_at=prepared.reference_at,
                created_at=now,
            )
            return self._store.add_report_request(draft)

    def get(self, principal: Principal, query: Query, uid: Uid) -> ReportRequest:
        """Return a request of a report that was found, to its holder; NotFound."""
        request = self._store.get_report_request(uid)
        require_holder(principal, request, f"There is no request {uid}.")
        if request.query_id != query.id:
            raise NotFound(f"There is no request {uid}.")
        return request

    def find(
        self, principal: Principal, query: Query, limit: int, offset: int = 0
    ) -> Listing[ReportRequest]:
        """Return the caller's requests of a report, newest first; administrators get all."""
        holder = None if principal.is_admin else principal.holder
        return self._store.find_report_requests(query.id, holder, limit, offset)

    def cancel(self, principal: Principal, query: Query, uid: Uid) -> ReportRequest:
        """Cancel a request; what is over stays as it is, and other requests go on."""
        with self._store.transaction():
            request = self.get(principal, query, uid)
            if request.state.is_final or request.submission is None:
                return request
            now = self._clock.now()
            if self._store.cancel_report_request(uid, now):
                self._store.cancel_submission(request.submission.uid, now)
            return self._store.get_report_request(uid)

    def view(
        self, principal: Principal, request: ReportRequest, page: ReportPage | None = None
    ) -> ReportView:
        """Return the rows of a request that has succeeded; counts them.

        ResultExpired if they are gone; FieldInvalid, WindowInvalid if they have no such fields.
        """
        result = self._result(principal, request)
        rows, page = ReportRows(request.plan, result.columns), page or ReportPage()
        most = request.plan.settings.row_limit
        every = check_window(rows.ask(), result.columns, now=request.reference_at)
        count = self._read.total(result, every)
        total = min(count, most)
        summary = rows.summary()
        return ReportView(
            result=result,
            window=replace(every, offset=page.offset, limit=_page_limit(page, most)),
            summary=None
            if summary is None or not count
            else check_window(summary, result.columns, now=request.reference_at),
            field_names=tuple(each.field for each in rows.shown()),
            query_count=result.row_count,
            total_count=total,
            is_limit_exceeded=count > most,
        )

    def fields(self, principal: Principal, query: Query) -> tuple[ReportField, ...]:
        """Return the fields of a report; none before its first run."""
        result = self._latest(principal, query)
        if result is None:
            return ()
        settings = self.settings(query)
        plan = ReportPlan(
            settings=settings, filter_id=None, date_filter=DateFilter(), period=Period()
        )
        rows = ReportRows(plan, result.columns)
        shown = {each.field: each for each in rows.shown()}
        added = set(rows.added())
        return tuple(
            ReportField(
                column=column,
                is_shown=column.name in shown,
                is_mandatory=column.name in shown and shown[column.name].is_mandatory,
                is_added=column.name in added,
            )
            for column in result.columns
        )

    def _plan(self, query: Query, ask: ReportAsk, now: datetime) -> ReportPlan:
        settings = _localised(self.settings(query), ask)
        if ask.is_strict and ask.date_filter is not None and not settings.dates.are_there:
            raise FieldInvalid(
                "dateFilter: the report has no dates that it could hold on.",
                hint="Name them in the report's settings, or leave out `strict`.",
            )
        saved = _saved_filter(settings, ask.filter_id)
        dates = ask.date_filter or (saved and saved.date_filter) or settings.date_filter
        calendar = Calendar(now, ZoneInfo(settings.time_zone))
        for number, condition in enumerate(ask.conditions):
            check_condition(condition, path=f"additionalConditions[{number}]")
        filter = dates or DateFilter()
        period = period_of(
            filter,
            calendar,
            locale=settings.locale,
            settle_lag_seconds=settings.settle_lag_seconds,
        )
        return ReportPlan(
            settings=settings,
            filter_id=None if saved is None else saved.id,
            date_filter=filter,
            period=period if settings.dates.are_there else Period(),
            saved=() if saved is None else saved.conditions,
            additional=ask.conditions,
        )

    def _check(self, principal: Principal, query: Query, plan: ReportPlan) -> None:
        """FieldInvalid for fields that the report does not have, as far as that is known."""
        result = self._latest(principal, query)
        if result is None:
            return
        rows = ReportRows(plan, result.columns)
        check_window(rows.ask(), result.columns, now=self._clock.now())

    def _latest(self, principal: Principal, query: Query) -> Result | None:
        """Return the newest result of the report's text of today; None without one."""
        found = self._history.of_query(principal, query.id, limit=1)
        is_of_today = bool(found) and found[0].query_revision == query.revision
        return found[0] if is_of_today else None

    def _result(self, principal: Principal, request: ReportRequest) -> Result:
        submission: Submission | None = request.submission
        if submission is None or submission.state is not ExecutionState.SUCCEEDED:
            raise ResultExpired()
        return self._jobs.result(principal, submission)


def _localised(settings: ReportSettings, ask: ReportAsk) -> ReportSettings:
    """Return settings with the zone and the locale of an ask; FieldInvalid."""
    if ask.time_zone is not None and find_zone(ask.time_zone) is None:
        raise FieldInvalid(
            f"timeZoneId: there is no zone {ask.time_zone[:60]!r}.",
            detail="Expected: a name such as Europe/London.",
        )
    return replace(
        settings,
        time_zone=ask.time_zone or settings.time_zone,
        locale=ask.locale or settings.locale,
    )


def _saved_filter(settings: ReportSettings, wanted: UUID | None) -> SavedFilter | None:
    """Return the filter that is asked for, else the default one; FilterUnknown."""
    id = wanted or settings.default_filter
    if id is None:
        return None
    found = settings.find_filter(id)
    if found is None:
        raise FilterUnknown(f"There is no filter {id}.")
    return found


def _page_limit(page: ReportPage, most: int) -> int:
    """Return how many rows a page may have, of those before the row limit."""
    left = max(0, most - page.offset)
    return left if page.limit is None else min(page.limit, left)

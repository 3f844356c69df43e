"""Jobs: runs of saved queries that are asked for now and collected later, by a number.

A job is a submission. Where the query's cache duration allows a stored result, the job holds that
one and is over from the start: whoever asks sees no difference but the time.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from standpipe.core.clock import Clock
from standpipe.core.errors import NotFound, ResultExpired
from standpipe.core.executions import Submission
from standpipe.core.freshness import MUST_RUN, Freshness
from standpipe.core.ids import SubmissionId
from standpipe.core.permissions import require_holder, require_view
from standpipe.core.ports import DataSourceStore, QueryStore, ResultStore, SubmissionStore
from standpipe.core.principals import Principal
from standpipe.core.queries import Query
from standpipe.core.results import Result
from standpipe.services.read import Read, may_read
from standpipe.services.submit import Prepared, QueryAsk, Submit


class JobStore(SubmissionStore, QueryStore, DataSourceStore, ResultStore, Protocol):
    """The slice of the metadata store that jobs need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedJob:
    """A job that was allowed and bound: it only has to be begun."""

    query: Query
    found: Result | Prepared
    format: str | None


class Jobs:
    """Begins, finds and reads jobs; what is wrong with a run is for ``Submissions`` to say."""

    def __init__(self, store: JobStore, *, submit: Submit, read: Read, clock: Clock) -> None:
        """Take the ports and the services of runs."""
        self._store = store
        self._submit = submit
        self._read = read
        self._clock = clock

    def prepare(
        self, principal: Principal, ask: QueryAsk, *, format: str | None = None
    ) -> PreparedJob:
        """Return what ``begin`` needs, for a file in a format or for rows; takes SQL apart.

        A result may be as old as the query's cache duration says, or as the ask does; without
        either it is that of a run which is made for it or under way. NotFound, also for an
        archived query; what submitting a query raises.
        """
        query = self._store.get_query(ask.query_id)
        if query.is_archived:
            raise NotFound(f"There is no query {query.id}.")
        freshness = ask.freshness
        if freshness is None:
            is_kept = query.cache_seconds is not None
            freshness = Freshness(query.cache_seconds) if is_kept else MUST_RUN
            ask = replace(ask, freshness=freshness, joins_running=True)
        found = self._submit.prepare_query(principal, ask)
        return PreparedJob(query=query, found=found, format=format)

    def begin(self, principal: Principal, job: PreparedJob) -> Submission:
        """Return the job, queued if it has to run; asked again it is the same one while it fits."""
        if isinstance(job.found, Prepared):
            request = replace(job.found.request, format=job.format)
            return self._submit.enqueue(replace(job.found, request=request))
        now, holder = self._clock.now(), principal.holder
        return self._store.hold_result(job.found, job.query.id, holder, job.format, now)

    def get(self, principal: Principal, number: int) -> Submission:
        """Return a job to its holder; NotFound for everybody else's."""
        submission = self._store.get_submission_by_id(SubmissionId(number))
        require_holder(principal, submission, f"There is no job {number}.")
        return submission

    def find(
        self,
        principal: Principal,
        limit: int,
        before: SubmissionId | None = None,
        *,
        is_refresh: bool | None = None,
    ) -> tuple[Submission, ...]:
        """Return the caller's newest jobs; administrators get those of everybody.

        ``before`` wants older ones than that; ``is_refresh`` only refreshes of materialised views,
        or none of them.
        """
        holder = None if principal.is_admin else principal.holder
        return self._store.find_submissions(
            principal.workspace_id, holder, limit, before, is_refresh=is_refresh
        )

    def cancel(self, principal: Principal, number: int) -> Submission:
        """Cancel for the holder; a run shared with others goes on for them. Repeating is fine."""
        uid = self.get(principal, number).uid
        return self._store.cancel_submission(uid, self._clock.now())

    def result(self, principal: Principal, submission: Submission) -> Result:
        """Return what a job that was got has left, to whoever may see its query now.

        NotFound, NotAllowed; ResultExpired if there is nothing (any more) for the caller.
        """
        result_id, query_id = submission.execution.result_id, submission.query_id
        if result_id is None:
            raise ResultExpired()
        if query_id is None:
            return self._unsaved(principal, submission)
        query = self._store.get_query(query_id)
        source_id = query.data_source_id
        source = None if source_id is None else self._store.get_data_source(source_id)
        require_view(principal, query, source)
        try:
            result = self._store.get_result(result_id)
        except NotFound as error:
            raise ResultExpired() from error
        if result.data_source_id != source_id or not may_read(principal, query, result):
            raise ResultExpired()
        return result

    def _unsaved(self, principal: Principal, submission: Submission) -> Result:
        result_id = submission.execution.result_id
        try:
            if result_id is not None:
                return self._read.get(principal, result_id)
        except NotFound as error:
            raise ResultExpired() from error
        raise ResultExpired()

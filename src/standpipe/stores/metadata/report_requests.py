"""Requests of reports."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec
from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from standpipe.core.errors import NotFound
from standpipe.core.executions import Holder, Submission
from standpipe.core.ids import KeyId, QueryId, ReportRequestId, Uid, UserId, WorkspaceId
from standpipe.core.queries import Listing
from standpipe.core.reports.requests import ReportPlan, ReportRequest
from standpipe.stores.metadata.request_tables import report_requests
from standpipe.stores.metadata.rows import AnyRow, read_submission
from standpipe.stores.metadata.submissions import Submissions, select_submissions
from standpipe.stores.metadata.tables import submissions
from standpipe.stores.metadata.values import (
    from_optional_time,
    from_time,
    from_uid,
    to_json,
    to_time,
)

_BY_UID = select(report_requests).where(report_requests.c.uid == bindparam("request_uid"))
_SUBMISSIONS = select_submissions(submissions.c.uid.in_(bindparam("uids", expanding=True)))
_OLD = (
    select(report_requests.c.id)
    .where(report_requests.c.created_at < bindparam("before"))
    .order_by(report_requests.c.created_at)
    .limit(bindparam("most"))
)
_plan = msgspec.json.Decoder(ReportPlan)


class ReportRequests(Submissions):
    """Implements ReportRequestStore."""

    def add_report_request(self, request: ReportRequest) -> ReportRequest:
        """Store a new one, whose submission is known."""
        if request.submission is None:
            raise TypeError("A new request has a submission.")
        statement = insert(report_requests).values(
            uid=str(request.uid),
            workspace_id=request.workspace_id,
            holder_user_id=request.holder.user_id,
            holder_key_id=request.holder.key_id,
            query_id=request.query_id,
            submission_uid=str(request.submission.uid),
            plan=to_json(request.plan),
            reference_at=to_time(request.reference_at),
            created_at=to_time(request.created_at),
        )
        return replace(request, id=ReportRequestId(self._insert(statement)))

    def get_report_request(self, uid: Uid) -> ReportRequest:
        """Return one with its submission as it stands; NotFound."""
        row = self._one(_BY_UID, {"request_uid": str(uid)})
        if row is None:
            raise NotFound(f"There is no request {uid}.")
        return _read(row, self._find_submissions([row]))

    def find_report_requests(
        self, query_id: QueryId, holder: Holder | None, limit: int, offset: int = 0
    ) -> Listing[ReportRequest]:
        """Return the requests of a report, newest first, those of everybody without a holder."""
        wanted = [report_requests.c.query_id == query_id]
        if holder is not None:
            wanted += [
                report_requests.c.holder_user_id.is_not_distinct_from(holder.user_id),
                report_requests.c.holder_key_id.is_not_distinct_from(holder.key_id),
            ]
        count = self._one(select(func.count()).select_from(report_requests).where(*wanted))
        rows = self._all(
            select(report_requests)
            .where(*wanted)
            .order_by(report_requests.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        found = self._find_submissions(rows)
        total = 0 if count is None else int(count[0])
        return Listing(total, tuple(_read(row, found) for row in rows))

    def cancel_report_request(self, uid: Uid, now: datetime) -> bool:
        """Note that one is cancelled; whether no other one needs its submission (any more)."""
        own = report_requests.c.uid == str(uid)
        with self.transaction():
            row = self._one(_BY_UID, {"request_uid": str(uid)})
            if row is None:
                raise NotFound(f"There is no request {uid}.")
            is_open = and_(own, report_requests.c.cancelled_at.is_(None))
            self._write(update(report_requests).where(is_open).values(cancelled_at=to_time(now)))
            others = select(report_requests.c.id).where(
                report_requests.c.submission_uid == row.submission_uid,
                report_requests.c.cancelled_at.is_(None),
            )
            return self._one(others.limit(1)) is None

    def delete_report_requests(self, before: datetime, limit: int) -> int:
        """Forget those that were made before that time; oldest first. Returns how many."""
        values = {"before": to_time(before), "most": limit}
        if not self._all(_OLD, values):
            return 0
        with self.transaction():
            ids = [row.id for row in self._all(_OLD, values)]
            return self._write(delete(report_requests).where(report_requests.c.id.in_(ids)))

    def _find_submissions(self, rows: Sequence[AnyRow]) -> Mapping[str, Submission]:
        uids = sorted({row.submission_uid for row in rows})
        found = self._all(_SUBMISSIONS, {"uids": uids}) if uids else ()
        return {row.s_uid: read_submission(row) for row in found}


def _read(row: AnyRow, found: Mapping[str, Submission]) -> ReportRequest:
    user, key = row.holder_user_id, row.holder_key_id
    return ReportRequest(
        id=ReportRequestId(row.id),
        uid=from_uid(row.uid),
        workspace_id=WorkspaceId(row.workspace_id),
        holder=Holder(
            user_id=None if user is None else UserId(user),
            key_id=None if key is None else KeyId(key),
        ),
        query_id=QueryId(row.query_id),
        plan=_plan.decode(row.plan),
        submission=found.get(row.submission_uid),
        reference_at=from_time(row.reference_at),
        created_at=from_time(row.created_at),
        cancelled_at=from_optional_time(row.cancelled_at),
    )

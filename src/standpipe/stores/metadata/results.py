"""Metadata of results."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, insert, or_, select, union_all, update

from standpipe.core.errors import NotFound
from standpipe.core.executions import Execution
from standpipe.core.ids import DataSourceId, QueryId, ResultId, Uid, new_uid
from standpipe.core.results import NewResult, Result
from standpipe.core.tables import TABLES_MARK
from standpipe.stores.metadata.default_results import keep_default
from standpipe.stores.metadata.memory import remembered, remembered_for_long
from standpipe.stores.metadata.rows import AnyRow, read_result
from standpipe.stores.metadata.tables import default_results, queries, results, uploaded_parts
from standpipe.stores.metadata.values import to_json, to_time
from standpipe.stores.metadata.views import Views

_BY_ID = select(results).where(results.c.id == bindparam("id"))
_BY_UID = select(results).where(results.c.uid == bindparam("uid"))
_LARGEST_ID = 2**63 - 1
_EARLIEST = -(2**63)
_LATEST = (
    select(results)
    .where(
        results.c.data_source_id == bindparam("data_source_id"),
        results.c.fingerprint == bindparam("fingerprint"),
        results.c.retrieved_at >= bindparam("since"),
    )
    .order_by(results.c.retrieved_at.desc(), results.c.id.desc())
    .limit(1)
)


_AFTER_MARK = chr(ord(TABLES_MARK) + 1)
_LATEST_OF_ANY_TABLES = (
    select(results)
    .where(
        results.c.data_source_id == bindparam("data_source_id"),
        results.c.fingerprint.between(bindparam("first"), bindparam("last")),
        results.c.retrieved_at >= bindparam("since"),
    )
    .order_by(results.c.retrieved_at.desc(), results.c.id.desc())
    .limit(1)
)
_AS_OF = (
    select(results)
    .join(default_results, default_results.c.result_id == results.c.id)
    .where(
        default_results.c.query_id == bindparam("query_id"),
        default_results.c.retrieved_at <= bindparam("at"),
    )
    .order_by(default_results.c.retrieved_at.desc(), default_results.c.result_id.desc())
    .limit(1)
)
# Each half is read in order from its own index; OR would have both walked through whole.
_OWN_IDS = (
    select(results.c.id)
    .where(results.c.query_id == bindparam("query_id"), results.c.id < bindparam("before"))
    .order_by(results.c.id.desc())
    .limit(bindparam("most"))
)
_DEFAULT_IDS = (
    select(default_results.c.result_id)
    .where(
        default_results.c.query_id == bindparam("query_id"),
        default_results.c.result_id < bindparam("before"),
    )
    .order_by(default_results.c.result_id.desc())
    .limit(bindparam("most"))
)
_OF_QUERY = (
    select(results)
    .where(
        or_(
            results.c.id.in_(select(_OWN_IDS.subquery())),
            results.c.id.in_(select(_DEFAULT_IDS.subquery())),
        )
    )
    .order_by(results.c.id.desc())
    .limit(bindparam("most"))
)
_ADD = insert(results)
# Whose default run an execution was.
_ANSWERED = (
    queries.c.data_source_id == bindparam("source"),
    queries.c.default_fingerprint == bindparam("identity"),
    queries.c.is_archived.is_(False),
)
_POINT = update(queries).where(*_ANSWERED).values(latest_result_id=bindparam("result"))
_KEEP_DEFAULT = keep_default(bindparam("result"), *_ANSWERED)


def _newness(row: AnyRow) -> tuple[int, int]:
    return row.retrieved_at, row.id


class Results(Views):
    """Implements ResultStore."""

    @remembered_for_long
    def get_result(self, result_id: ResultId) -> Result:
        """Return a result by id; NotFound."""
        row = self._one(_BY_ID, {"id": result_id})
        if row is None:
            raise NotFound(f"There is no result {result_id}.")
        return read_result(row)

    @remembered_for_long
    def get_result_by_uid(self, uid: Uid) -> Result:
        """Return a result by its uid; NotFound."""
        row = self._one(_BY_UID, {"uid": str(uid)})
        if row is None:
            raise NotFound(f"There is no result {uid}.")
        return read_result(row)

    def find_results_of(
        self, query_id: QueryId, limit: int, before: ResultId | None
    ) -> tuple[Result, ...]:
        """Return results with ids below ``before`` (None = all), highest first.

        Those of a query's own runs, and others' that answered its run with all default values.
        """
        values = {
            "query_id": query_id,
            "before": _LARGEST_ID if before is None else before,
            "most": limit,
        }
        return tuple(read_result(row) for row in self._all(_OF_QUERY, values))

    def find_default_result(self, query_id: QueryId, at: datetime) -> Result | None:
        """Return the newest result retrieved by then of a query's run with all default values."""
        row = self._one(_AS_OF, {"query_id": query_id, "at": to_time(at)})
        return None if row is None else read_result(row)

    @remembered
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
        values = {
            "data_source_id": data_source_id,
            "fingerprint": fingerprint,
            "since": _EARLIEST if since is None else to_time(since),
        }
        row = self._one(_LATEST, values)
        if of_any_tables:
            bounds = {"first": fingerprint + TABLES_MARK, "last": fingerprint + _AFTER_MARK}
            other = self._one(_LATEST_OF_ANY_TABLES, {**values, **bounds})
            row = max((each for each in (row, other) if each), key=_newness, default=None)
        return None if row is None else read_result(row)

    def find_unreferenced(self, before: datetime, limit: int) -> tuple[Result, ...]:
        """Return results retrieved before that time that are no query's latest, oldest first."""
        found = (
            select(results)
            .where(
                results.c.retrieved_at < to_time(before),
                ~exists().where(queries.c.latest_result_id == results.c.id),
            )
            .order_by(results.c.retrieved_at, results.c.id)
            .limit(limit)
        )
        return tuple(read_result(row) for row in self._all(found))

    def delete_result(self, result_id: ResultId) -> None:
        """Forget a result; queries whose latest it was have none. A missing one is fine."""
        with self.transaction():
            self._write(
                update(queries)
                .where(queries.c.latest_result_id == result_id)
                .values(latest_result_id=None)
            )
            self._write(delete(results).where(results.c.id == result_id))

    def find_artifacts(self, keys: Sequence[str]) -> frozenset[str]:
        """Return which of these artifacts (500 at most) somebody needs, in one read.

        Those of results, and the parts of uploaded tables, removed ones too until forgotten.
        """
        found = union_all(
            select(results.c.artifact_key).where(results.c.artifact_key.in_(keys)),
            select(uploaded_parts.c.artifact_key).where(uploaded_parts.c.artifact_key.in_(keys)),
        )
        return frozenset(row.artifact_key for row in self._all(found))

    def _add_result(self, execution: Execution, new: NewResult, now: datetime) -> ResultId:
        """Store a result and point every query whose default run it answers at it."""
        owners = sorted({table.owner_id for table in execution.tables if table.is_private})
        values = {
            "uid": str(new_uid(now)),
            "workspace_id": execution.workspace_id,
            "execution_id": execution.id,
            "data_source_id": execution.data_source_id,
            "query_id": execution.query_id,
            "query_revision": execution.query_revision,
            "fingerprint": execution.fingerprint,
            "sql": execution.statement.display,
            "columns": to_json(new.columns),
            "row_count": new.row_count,
            "artifact_key": new.artifact.key,
            "byte_count": new.artifact.byte_count,
            "sha256": new.artifact.sha256,
            "runtime_seconds": new.runtime_seconds,
            "cpu_seconds": new.cpu_seconds,
            "retrieved_at": to_time(now),
            "private_to": to_json(owners) if owners else None,
        }
        result_id = ResultId(self._insert(_ADD, values))
        answered = {"source": execution.data_source_id, "identity": execution.fingerprint}
        self._write(_POINT, {**answered, "result": result_id})
        self._write(_KEEP_DEFAULT, {**answered, "result": result_id})
        return result_id

"""Metadata of results."""

from datetime import datetime

from sqlalchemy import bindparam, delete, exists, insert, select, update

from standpipe.core.errors import NotFound
from standpipe.core.executions import Execution
from standpipe.core.ids import DataSourceId, ResultId, new_uid
from standpipe.core.results import NewResult, Result
from standpipe.stores.metadata.database import Database
from standpipe.stores.metadata.memory import remembered
from standpipe.stores.metadata.rows import read_result
from standpipe.stores.metadata.tables import queries, results
from standpipe.stores.metadata.values import to_json, to_time

_BY_ID = select(results).where(results.c.id == bindparam("id"))
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


class Results(Database):
    """Implements ResultStore."""

    @remembered
    def get_result(self, result_id: ResultId) -> Result:
        """Return a result by id; NotFound."""
        row = self._one(_BY_ID, {"id": result_id})
        if row is None:
            raise NotFound(f"There is no result {result_id}.")
        return read_result(row)

    def find_latest(
        self, data_source_id: DataSourceId, fingerprint: str, since: datetime | None
    ) -> Result | None:
        """Return the newest result of a fingerprint retrieved at or after ``since``."""
        values = {
            "data_source_id": data_source_id,
            "fingerprint": fingerprint,
            "since": _EARLIEST if since is None else to_time(since),
        }
        row = self._one(_LATEST, values)
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

    def has_artifact(self, key: str) -> bool:
        """Whether any result refers to this artifact."""
        return self._one(select(results.c.id).where(results.c.artifact_key == key)) is not None

    def _add_result(self, execution: Execution, new: NewResult, now: datetime) -> ResultId:
        """Store a result and point every query whose default run it answers at it."""
        statement = insert(results).values(
            uid=str(new_uid(now)),
            workspace_id=execution.workspace_id,
            execution_id=execution.id,
            data_source_id=execution.data_source_id,
            query_id=execution.query_id,
            query_revision=execution.query_revision,
            fingerprint=execution.fingerprint,
            sql=execution.statement.display,
            columns=to_json(new.columns),
            row_count=new.row_count,
            artifact_key=new.artifact.key,
            byte_count=new.artifact.byte_count,
            sha256=new.artifact.sha256,
            runtime_seconds=new.runtime_seconds,
            retrieved_at=to_time(now),
        )
        result_id = ResultId(self._insert(statement))
        self._write(
            update(queries)
            .where(
                queries.c.data_source_id == execution.data_source_id,
                queries.c.default_fingerprint == execution.fingerprint,
                queries.c.is_archived.is_(False),
            )
            .values(latest_result_id=result_id)
        )
        return result_id

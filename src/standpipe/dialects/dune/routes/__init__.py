"""The URL table of the Dune API, and the room as a value."""

from collections.abc import Iterator, Mapping
from typing import Final

from standpipe.dialects.dune.credentials import read_credentials, read_csrf
from standpipe.dialects.dune.errors import render_error
from standpipe.dialects.dune.requests.paths import PREFIXES
from standpipe.dialects.dune.routes import executions as runs
from standpipe.dialects.dune.routes import queries, uploads
from standpipe.http.messages import Admission, Handler, Intake, Room, Route, Work

_TABLE: Final[tuple[tuple[str, Handler, Work], ...]] = (
    ("GET /execution/{execution_id}/status", runs.get_status, Work.READ),
    ("GET /execution/{execution_id}/results", runs.get_execution_results, Work.READ),
    ("GET /execution/{execution_id}/results/csv", runs.get_execution_csv, Work.READ),
    ("POST /execution/{execution_id}/cancel", runs.cancel_execution, Work.WRITE),
    ("GET /query/{query_id}/results", runs.get_latest_results, Work.READ),
    ("GET /query/{query_id}/results/csv", runs.get_latest_csv, Work.READ),
    ("POST /query/{query_id}/execute", runs.execute_query, Work.READ),
    ("POST /sql/execute", runs.execute_sql, Work.READ),
    ("POST /query", queries.create_query, Work.WRITE),
    ("GET /query/{query_id}", queries.get_query, Work.READ),
    ("PATCH /query/{query_id}", queries.update_query, Work.WRITE),
    ("GET /queries", queries.list_queries, Work.READ),
    *(
        (f"{method} /query/{{query_id}}/{word}", handler, Work.WRITE)
        for word, handler in (
            ("archive", queries.archive_query),
            ("unarchive", queries.unarchive_query),
            ("private", queries.hide_query),
            ("unprivate", queries.show_again),
        )
        for method in ("POST", "PATCH")
    ),
    ("GET /uploads", uploads.list_tables, Work.READ),
    ("POST /uploads", uploads.create_table, Work.WRITE),
    ("POST /uploads/csv", uploads.upload_csv, Work.UPLOAD),
    *(
        (f"{method} {root}/{{namespace}}/{{table}}{end}", handler, work)
        for root in ("/uploads", "/table")
        for method, end, handler, work in (
            ("POST", "/insert", uploads.insert_rows, Work.UPLOAD),
            ("POST", "/clear", uploads.clear_table, Work.WRITE),
            ("DELETE", "", uploads.delete_table, Work.WRITE),
        )
    ),
    # As the same was called before (compat/dune.md 2).
    ("GET /tables", uploads.list_tables, Work.READ),
    ("POST /table/create", uploads.create_table, Work.WRITE),
    ("POST /table/upload/csv", uploads.upload_csv, Work.UPLOAD),
    ("GET /datasets", uploads.list_datasets, Work.READ),
    ("GET /datasets/{slug}", uploads.get_dataset, Work.READ),
    ("GET /contracts/submissions", uploads.list_submissions, Work.READ),
)


# Whose bodies go to a file, and what is looked at before they are read.
_SPOOLED: Final[Mapping[Handler, tuple[Intake, Admission]]] = {
    uploads.insert_rows: (Intake.ROWS, uploads.admit_rows),
    uploads.upload_csv: (Intake.DOCUMENT, uploads.admit_csv),
}


def _routes() -> Iterator[Route]:
    """Yield each endpoint below each prefix. A slash at the end is dropped before routing.

    A redirect would turn POST into GET in many clients (compat/dune.md 1.2).
    """
    for place, handler, work in _TABLE:
        method, _, path = place.partition(" ")
        for prefix in PREFIXES:
            if f"{prefix}{path}/".startswith(tuple(f"{each}/" for each in MOUNTED_AT)):
                intake, admit = _SPOOLED.get(handler, (Intake.MEMORY, None))
                where = f"{prefix}{path}"
                yield Route(method, where, handler, work, intake=intake, admit=admit)


MOUNTED_AT: Final = ("/api/v1", "/api/alpha/v1", "/v1/query", "/v1/execution")
ROOM = Room(
    name="dune",
    routes=tuple(_routes()),
    read_credentials=read_credentials,
    render_error=render_error,
    read_csrf=read_csrf,
)

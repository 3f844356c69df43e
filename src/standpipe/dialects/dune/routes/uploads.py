"""Uploaded tables: made, filled, cleared, deleted, listed."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from msgspec import UNSET

from standpipe.core.errors import InvalidRequest, NameTaken
from standpipe.core.tables import TableKind
from standpipe.dialects.dune.errors import Told, told
from standpipe.dialects.dune.requests.options import PageArguments, page_of
from standpipe.dialects.dune.requests.uploads import (
    CsvUpload,
    NewTable,
    parse_csv_upload,
    parse_format,
    parse_repeat,
    parse_table,
)
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.uploads import (
    RowsInserted,
    TableCreated,
    TableDone,
    TableList,
    TableUploaded,
    show_created,
    show_inserted,
    show_listed_table,
    show_uploaded,
)
from standpipe.http.described import About, described
from standpipe.http.messages import Inbound, Intake, Outbound, Route, Work
from standpipe.services.directory import Services
from standpipe.services.uploads import Rows

_LIST_LIMIT: Final = 50
_MOST_TABLES: Final = 10_000
_NO_TABLE: Final = "Table {}.{} not found"


def create_table(services: Services, inbound: Inbound) -> Outbound:
    """Make a table without rows; one that exists is an error."""
    ask, columns = parse_table(inbound)
    try:
        table = services.uploads.create(inbound.principal, ask, columns)
    except NameTaken as error:
        raise Told("This table already exists", InvalidRequest()) from error
    return render_json(show_created(table))


def admit_csv(services: Services, inbound: Inbound) -> None:
    """Refuse whoever may not make tables, before his body is read."""
    services.uploads.check_writer(inbound.principal)


def upload_csv(services: Services, inbound: Inbound) -> Outbound:
    """Make a table of a CSV, or replace all of an earlier one."""
    ask, csv = parse_csv_upload(inbound)
    inserted = services.uploads.upload_csv(inbound.principal, ask, csv)
    return render_json(show_uploaded(inserted.table))


def admit_rows(services: Services, inbound: Inbound) -> None:
    """Refuse rows that cannot be inserted, whatever they are, before they are read."""
    namespace, name = _names(inbound)
    parse_format(inbound)
    with told(_NO_TABLE.format(namespace, name)):
        services.uploads.get_own(inbound.principal, namespace, name)


def insert_rows(services: Services, inbound: Inbound) -> Outbound:
    """Append all rows of the body, or none."""
    namespace, name = _names(inbound)
    rows = Rows(inbound.spooled, parse_format(inbound))
    repeat = parse_repeat(inbound)
    with told(_NO_TABLE.format(namespace, name)):
        inserted = services.uploads.insert(inbound.principal, namespace, name, rows, repeat)
    return render_json(show_inserted(inserted))


def clear_table(services: Services, inbound: Inbound) -> Outbound:
    """Remove all rows of a table."""
    namespace, name = _names(inbound)
    with told(_NO_TABLE.format(namespace, name)):
        table = services.uploads.clear(inbound.principal, namespace, name)
    return render_json(TableDone(message=f"Table {table.full_name} successfully cleared"))


def delete_table(services: Services, inbound: Inbound) -> Outbound:
    """Remove a table."""
    namespace, name = _names(inbound)
    with told(_NO_TABLE.format(namespace, name)):
        table = services.uploads.delete(inbound.principal, namespace, name)
    name = f"{table.namespace}.{table.name}"
    return render_json(TableDone(message=f"Table {name} successfully deleted"))


def list_tables(services: Services, inbound: Inbound) -> Outbound:
    """List the tables that the caller may read, by full name."""
    limit, offset = page_of(inbound, default=_LIST_LIMIT, most=_MOST_TABLES)
    found = services.uploads.find(
        inbound.principal, limit=limit, offset=offset, kind=TableKind.UPLOAD
    )
    team = services.uploads.namespaces(inbound.principal)[1]
    tables = [show_listed_table(table, team) for table in found.items]
    end = offset + len(tables)
    following = end if tables and end < found.total else UNSET
    return render_json(TableList(tables=tables, next_offset=following))


def _names(inbound: Inbound) -> tuple[str, str]:
    return inbound.parts["namespace"], inbound.parts["table"]


def _routes(made: str, filled: str, root: str, end: str) -> Iterator[Route]:
    """Yield the endpoints that were called otherwise before (compat/dune.md 2)."""
    table = f"{root}/{{namespace}}/{{table}}"
    about = partial(_ABOUT, refusals=(403, 404, 409))
    created = _ABOUT(answer=TableCreated, body=NewTable, name=f"create_table{end}")
    csv = _ABOUT(answer=TableUploaded, body=CsvUpload, refusals=_FULL, name=f"upload_csv{end}")
    inserted = about(answer=RowsInserted, refusals=(404, *_FULL), name=f"insert_rows{end}")
    cleared = about(answer=TableDone, name=f"clear_table{end}")
    deleted = about(answer=TableDone, name=f"delete_table{end}")
    upload = described(f"POST {filled}", upload_csv, csv, Work.UPLOAD)
    insert = described(f"POST {table}/insert", insert_rows, inserted, Work.UPLOAD)
    yield described(f"POST {made}", create_table, created, Work.WRITE)
    yield replace(upload, intake=Intake.DOCUMENT, admit=admit_csv)
    yield replace(insert, intake=Intake.ROWS, admit=admit_rows)
    yield described(f"POST {table}/clear", clear_table, cleared, Work.WRITE)
    yield described(f"DELETE {table}", delete_table, deleted, Work.WRITE)


_FULL: Final = (409, 413, 415, 429, 503, 507)
_ABOUT: Final = partial(About, tag="tables")
_LISTED: Final = partial(_ABOUT, answer=TableList, arguments=PageArguments)
ROUTES: Final = (
    described("GET /uploads", list_tables, _LISTED()),
    described("GET /tables", list_tables, _LISTED(name="list_tables_before")),
    *_routes("/uploads", "/uploads/csv", "/uploads", ""),
    *_routes("/table/create", "/table/upload/csv", "/table", "_before"),
)

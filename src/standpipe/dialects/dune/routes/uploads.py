"""Uploaded tables: made, filled, cleared, deleted, listed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from standpipe.core.errors import InvalidRequest, NameTaken
from standpipe.dialects.dune.errors import Told, told
from standpipe.dialects.dune.requests.options import page_of
from standpipe.dialects.dune.requests.uploads import parse_csv_upload, parse_format, parse_table
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.uploads import (
    show_created,
    show_inserted,
    show_listed_table,
    show_uploaded,
)
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services

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


def upload_csv(services: Services, inbound: Inbound) -> Outbound:
    """Make a table of a CSV, or replace all of an earlier one."""
    ask, data = parse_csv_upload(inbound)
    with _on_disk(data) as body:
        inserted = services.uploads.upload_csv(inbound.principal, ask, body)
    return render_json(show_uploaded(inserted.table))


def insert_rows(services: Services, inbound: Inbound) -> Outbound:
    """Append all rows of the body, or none."""
    namespace, name = _names(inbound)
    format = parse_format(inbound)
    with told(_NO_TABLE.format(namespace, name)), _on_disk(inbound.body) as body:
        inserted = services.uploads.insert(inbound.principal, namespace, name, body, format)
    return render_json(show_inserted(inserted))


def clear_table(services: Services, inbound: Inbound) -> Outbound:
    """Remove all rows of a table."""
    namespace, name = _names(inbound)
    with told(_NO_TABLE.format(namespace, name)):
        table = services.uploads.clear(inbound.principal, namespace, name)
    return render_json({"message": f"Table {table.full_name} successfully cleared"})


def delete_table(services: Services, inbound: Inbound) -> Outbound:
    """Remove a table."""
    namespace, name = _names(inbound)
    with told(_NO_TABLE.format(namespace, name)):
        table = services.uploads.delete(inbound.principal, namespace, name)
    return render_json({"message": f"Table {table.namespace}.{table.name} successfully deleted"})


def list_tables(services: Services, inbound: Inbound) -> Outbound:
    """List the tables that the caller may read, by full name."""
    limit, offset = page_of(inbound, default=_LIST_LIMIT, most=_MOST_TABLES)
    found = services.uploads.find(inbound.principal, limit=limit, offset=offset)
    team = services.uploads.namespaces(inbound.principal)[1]
    shown: dict[str, Any] = {"tables": [show_listed_table(table, team) for table in found.items]}
    if offset + len(found.items) < found.total and found.items:
        shown["next_offset"] = offset + len(found.items)
    return render_json(shown)


def _names(inbound: Inbound) -> tuple[str, str]:
    return inbound.parts["namespace"], inbound.parts["table"]


@contextmanager
def _on_disk(body: bytes) -> Iterator[Path]:
    with NamedTemporaryFile(prefix="standpipe-upload-") as file:
        file.write(body)
        file.flush()
        yield Path(file.name)

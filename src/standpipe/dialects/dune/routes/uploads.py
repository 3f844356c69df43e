"""Uploaded tables and datasets: made, filled, cleared, deleted, listed."""

from typing import Any, Final

from standpipe.core.errors import InvalidRequest, NameTaken, NotFound
from standpipe.dialects.dune.errors import Told, told
from standpipe.dialects.dune.requests.options import page_of
from standpipe.dialects.dune.requests.uploads import (
    parse_csv_upload,
    parse_format,
    parse_repeat,
    parse_table,
)
from standpipe.dialects.dune.responses.bodies import render_json
from standpipe.dialects.dune.responses.uploads import (
    show_created,
    show_dataset,
    show_inserted,
    show_listed_table,
    show_uploaded,
)
from standpipe.http.messages import Inbound, Outbound
from standpipe.services.directory import Services
from standpipe.services.uploads import Rows

_LIST_LIMIT: Final = 50
_MOST_TABLES: Final = 10_000
_MOST_DATASETS: Final = 250
_NO_TABLE: Final = "Table {}.{} not found"
_NO_DATASET: Final = "Object not found"


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
    shown: dict[str, Any] = {"tables": [show_listed_table(table) for table in found.items]}
    if offset + len(found.items) < found.total and found.items:
        shown["next_offset"] = offset + len(found.items)
    return render_json(shown)


def list_datasets(services: Services, inbound: Inbound) -> Outbound:
    """List datasets: uploaded tables, of one owner or of all."""
    limit, offset = page_of(inbound, default=_LIST_LIMIT, most=_MOST_DATASETS)
    kinds = (inbound.arg("type") or "uploaded_table").split(",")
    if "uploaded_table" not in kinds:
        return render_json({"datasets": [], "total": 0})
    owner = inbound.arg("owner_handle")
    found = services.uploads.find(
        inbound.principal, limit=limit, offset=offset, namespace=owner or None
    )
    return render_json(
        {"datasets": [show_dataset(table) for table in found.items], "total": found.total}
    )


def get_dataset(services: Services, inbound: Inbound) -> Outbound:
    """Read a dataset by its full name."""
    parts = inbound.parts["slug"].split(".")
    with told(_NO_DATASET):
        if len(parts) != len(("dune", "namespace", "name")):
            raise NotFound(_NO_DATASET)
        table = services.uploads.get(inbound.principal, parts[1], parts[2])
    return render_json(show_dataset(table))


def list_submissions(services: Services, inbound: Inbound) -> Outbound:  # noqa: ARG001
    """List contracts that were submitted for decoding: none are taken here."""
    return render_json({"submissions": [], "total": 0})


def _names(inbound: Inbound) -> tuple[str, str]:
    return inbound.parts["namespace"], inbound.parts["table"]

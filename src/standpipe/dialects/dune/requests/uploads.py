"""Tables to make, and what is to be written to them (compat/dune.md 3.6)."""

from typing import Any

from standpipe.core.errors import FieldInvalid
from standpipe.core.tables import BodyFormat, TableColumn, TableColumnType
from standpipe.dialects.dune.requests.bodies import (
    optional_flag,
    optional_text,
    read_body,
    read_text,
)
from standpipe.http.messages import Inbound
from standpipe.services.uploads import TableAsk


def parse_table(inbound: Inbound) -> tuple[TableAsk, tuple[TableColumn, ...]]:
    """Return a table to make and its columns; FieldMissing, FieldInvalid."""
    body = read_body(inbound)
    ask = TableAsk(
        name=read_text(body, "table_name"),
        namespace=optional_text(body, "namespace"),
        description=optional_text(body, "description") or "",
        is_private=optional_flag(body, "is_private") or False,
    )
    schema = body.get("schema")
    if not isinstance(schema, list) or not schema:
        raise FieldInvalid("schema must be a list of columns.")
    return ask, tuple(_column(each) for each in schema)


def parse_csv_upload(inbound: Inbound) -> tuple[TableAsk, bytes]:
    """Return the table that a CSV becomes, whose name has ``dataset_`` before it, and the CSV."""
    body = read_body(inbound)
    ask = TableAsk(
        name=f"dataset_{read_text(body, 'table_name')}",
        description=optional_text(body, "description") or "",
        is_private=optional_flag(body, "is_private") or False,
    )
    return ask, read_text(body, "data").encode(errors="replace")


def parse_format(inbound: Inbound) -> BodyFormat:
    """Return in which format rows are sent; FieldInvalid for any other than these two."""
    kind = inbound.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/csv":
        return BodyFormat.CSV
    if kind in ("application/x-ndjson", "application/ndjson"):
        return BodyFormat.NDJSON
    raise FieldInvalid(
        f"The content type {kind[:50]!r} is not known.",
        detail="Allowed: text/csv, application/x-ndjson.",
    )


def _column(value: Any) -> TableColumn:
    if not isinstance(value, dict):
        raise FieldInvalid("schema must be a list of objects.")
    name, kind = value.get("name"), value.get("type")
    known = [each.value for each in TableColumnType]
    if not isinstance(name, str):
        raise FieldInvalid("Every column of the schema needs a name.")
    if kind not in known:
        raise FieldInvalid(
            f"The column {name!r} has the type {kind!r}.", detail=f"Known are {', '.join(known)}."
        )
    return TableColumn(
        name=name,
        type=TableColumnType(kind),
        is_nullable=value.get("nullable") is not False,
    )

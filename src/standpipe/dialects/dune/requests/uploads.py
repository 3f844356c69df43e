"""Tables to make, and what is to be written to them (compat/dune.md 3.6)."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from standpipe.core.errors import FieldInvalid
from standpipe.core.tables import BodyFormat, TableColumn, TableColumnType
from standpipe.dialects.dune.requests.bodies import (
    optional_flag,
    optional_text,
    read_body,
    read_text,
)
from standpipe.http.long_texts import split_text
from standpipe.http.messages import Inbound
from standpipe.services.uploads import Repeat, TableAsk


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


def parse_csv_upload(inbound: Inbound) -> tuple[TableAsk, Path]:
    """Return the table that a CSV becomes, whose name has ``dataset_`` before it, and the CSV."""
    csv = inbound.spooled.with_name("csv")
    rest = split_text(inbound.spooled, "data", csv)
    body = read_body(replace(inbound, body=rest))
    ask = TableAsk(
        name=f"dataset_{read_text(body, 'table_name')}",
        description=optional_text(body, "description") or "",
        is_private=optional_flag(body, "is_private") or False,
    )
    read_text(body, "data")
    return ask, csv


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


def parse_repeat(inbound: Inbound) -> Repeat | None:
    """Return the idempotency key of an insert; None without one."""
    key = inbound.headers.get("idempotency-key")
    if key is None:
        return None
    with inbound.spooled.open("rb") as body:
        said = hashlib.file_digest(body, "sha256")
    said.update(f"{inbound.path}\0{parse_format(inbound)}".encode(errors="replace"))
    return Repeat(key=key, digest=said.hexdigest())


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

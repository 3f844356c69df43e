"""Tables to make, and what is to be written to them (compat/dune.md 3.6)."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from standpipe.core.errors import FieldInvalid
from standpipe.core.tables import BodyFormat, TableColumn, TableColumnType
from standpipe.dialects.dune.requests.bodies import read_struct
from standpipe.http.long_texts import split_text
from standpipe.http.messages import Inbound
from standpipe.services.uploads import Repeat, TableAsk


class ColumnAsked(msgspec.Struct, kw_only=True, frozen=True):
    """A column to make; values may be null unless it says otherwise."""

    name: str
    type: TableColumnType
    nullable: bool | None = None


class NewTable(msgspec.Struct, kw_only=True, frozen=True):
    """A table to make."""

    table_name: str
    schema: Annotated[list[ColumnAsked], Meta(min_length=1)]
    namespace: str | None = None
    description: str | None = None
    is_private: bool | None = None


class CsvUpload(msgspec.Struct, kw_only=True, frozen=True):
    """A CSV to make a table of."""

    table_name: str
    data: str
    description: str | None = None
    is_private: bool | None = None


def parse_table(inbound: Inbound) -> tuple[TableAsk, tuple[TableColumn, ...]]:
    """Return a table to make and its columns; FieldMissing, FieldInvalid."""
    new = read_struct(inbound, NewTable)
    ask = TableAsk(
        name=new.table_name,
        namespace=new.namespace,
        description=new.description or "",
        is_private=new.is_private or False,
    )
    return ask, tuple(
        TableColumn(name=each.name, type=each.type, is_nullable=each.nullable is not False)
        for each in new.schema
    )


def parse_csv_upload(inbound: Inbound) -> tuple[TableAsk, Path]:
    """Return the table that a CSV becomes, whose name has ``dataset_`` before it, and the CSV."""
    csv = inbound.spooled.with_name("csv")
    rest = split_text(inbound.spooled, "data", csv)
    upload = read_struct(replace(inbound, body=rest), CsvUpload)
    ask = TableAsk(
        name=f"dataset_{upload.table_name}",
        description=upload.description or "",
        is_private=upload.is_private or False,
    )
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

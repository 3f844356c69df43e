"""Uploaded tables inside a child: how their columns are stored, and the views that show them."""

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from standpipe.connectors.duckdb.messages import Upload
from standpipe.connectors.duckdb.names import escape_glob, quote_name, quote_text
from standpipe.core.errors import SourceFailed
from standpipe.core.tables import CATALOG, RESTORED_TYPES, TableColumnType

__all__ = ["STORED_TYPES", "open_uploads", "upload_paths"]

# No column of Parquet holds 256 bits: they are kept as digits, and shown as numbers of any size.
STORED_TYPES: Mapping[str, str] = {
    TableColumnType.VARCHAR: "VARCHAR",
    TableColumnType.VARBINARY: "BLOB",
    TableColumnType.UINT256: "VARCHAR",
    TableColumnType.INT256: "VARCHAR",
    TableColumnType.BIGINT: "BIGINT",
    TableColumnType.INTEGER: "INTEGER",
    TableColumnType.DOUBLE: "DOUBLE",
    TableColumnType.BOOLEAN: "BOOLEAN",
    TableColumnType.TIMESTAMP: "TIMESTAMP",
    TableColumnType.DATE: "DATE",
}
_SHOWN_TYPES = {**STORED_TYPES, TableColumnType.UINT256: "BIGNUM", TableColumnType.INT256: "BIGNUM"}


def open_uploads(connection: duckdb.DuckDBPyConnection, uploads: Sequence[Upload]) -> None:
    """Create a view per table in a catalog of their own; without any there is no such catalog.

    SourceFailed names a table that cannot be read, and a source that uses the catalog's name.
    """
    if not uploads:
        return
    catalog = quote_name(CATALOG)
    try:
        connection.execute(f"ATTACH ':memory:' AS {catalog}")
    except duckdb.Error as error:
        raise SourceFailed(
            f"The data source has a database {CATALOG!r} of its own, which hides uploaded tables.",
            hint="Rename its file to use both in one statement.",
        ) from error
    for namespace in sorted({upload.namespace for upload in uploads}):
        connection.execute(f"CREATE SCHEMA {catalog}.{quote_name(namespace)}")
    for upload in uploads:
        name = f"{catalog}.{quote_name(upload.namespace)}.{quote_name(upload.name)}"
        try:
            connection.execute(f"CREATE VIEW {name} AS {_select(upload)}")
        except duckdb.Error as error:
            raise SourceFailed(
                f"The uploaded table {CATALOG}.{upload.namespace}.{upload.name} cannot be read.",
                hint="Some of its rows are gone.",
            ) from error


def upload_paths(uploads: Iterable[Upload]) -> list[str]:
    """Return every path that reading the views needs, also as DuckDB sees it with globs escaped."""
    paths = {path for upload in uploads for path in upload.files}
    return sorted(paths | {escape_glob(path) for path in paths})


def _select(upload: Upload) -> str:
    if not upload.files:
        nothing = ", ".join(
            f"CAST(NULL AS {_SHOWN_TYPES[kind]}) AS {quote_name(name)}"
            for name, kind in upload.columns
        )
        return f"SELECT {nothing} WHERE false"
    columns = ", ".join(_shown(name, kind) for name, kind in upload.columns)
    files = ", ".join(quote_text(escape_glob(path)) for path in upload.files)
    return f"SELECT {columns} FROM read_parquet([{files}], hive_partitioning=false)"


def _shown(name: str, kind: str) -> str:
    quoted = quote_name(name)
    if kind in RESTORED_TYPES:
        return f"CAST({quoted} AS {kind}) AS {quoted}"
    if _SHOWN_TYPES.get(kind) == STORED_TYPES.get(kind):
        return quoted
    return f"CAST({quoted} AS {_SHOWN_TYPES[kind]}) AS {quoted}"

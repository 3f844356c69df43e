"""From files to tables: decides what each file and folder is called, and opens it in DuckDB."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from standpipe.connectors.duckdb.files import DataFile, DataFolder, Entry, find_files
from standpipe.connectors.duckdb.messages import Plan, Table
from standpipe.connectors.duckdb.names import escape_glob, quote_name, quote_text, spell_name
from standpipe.core.datasources import SourceTable
from standpipe.core.errors import ConfigurationInvalid

__all__ = ["describe", "list_tables", "make_plan", "open_plan", "paths_of"]

_RESERVED = {"main", "memory", "system", "temp", "information_schema", "pg_catalog"}
_READERS = {
    "parquet": "read_parquet({files}{options})",
    "csv": "read_csv({files}{options})",
    "tsv": "read_csv({files}, delim='\\t'{options})",
    "json": "read_json({files}{options})",
    "ndjson": "read_json({files}, format='newline_delimited'{options})",
}

_Columns = tuple[tuple[str, str], ...]


def describe(paths: Sequence[Path], *, hidden: Sequence[Path] = ()) -> tuple[SourceTable, ...]:
    """Return the tables that these files and folders make, opening every one of them.

    Raises:
        ConfigurationInvalid: a path is missing or unreadable, or two files claim one name.
    """
    entries = find_files(paths, hidden=hidden)
    with duckdb.connect() as connection:
        for option in ("autoinstall_known_extensions", "autoload_known_extensions"):
            connection.execute(f"SET {option} = false")
        plan = make_plan(connection, entries, database=None)
        open_plan(connection, plan)
        return list_tables(connection, plan)


def make_plan(
    connection: duckdb.DuckDBPyConnection, entries: Sequence[Entry], *, database: str | None
) -> Plan:
    """Name everything; ``database`` is a file whose tables need no prefix.

    Raises:
        ConfigurationInvalid: two files claim one name, or a part of a folder cannot be read.
    """
    tables: list[Table] = []
    databases: list[tuple[str, str]] = []
    if database is not None:
        databases.append((_free(Path(database).stem), database))
    for entry in entries:
        for found in _plan_entry(connection, entry, "", is_named=True):
            if isinstance(found, Table):
                tables.append(found)
            else:
                databases.append(found)
    _check_clashes(tables, databases)
    default = databases[0][0] if database is not None else None
    return Plan(tuple(dict.fromkeys(tables)), tuple(dict.fromkeys(databases)), default)


def open_plan(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Attach the databases read-only and create a view per table.

    Raises:
        ConfigurationInvalid: a file cannot be read; names it and says what DuckDB says.
    """
    for alias, path in plan.databases:
        attach = f"ATTACH {quote_text(path)} AS {quote_name(alias)} (TYPE duckdb, READ_ONLY)"
        _try(connection, attach, path)
    for schema in sorted({table.schema for table in plan.tables if table.schema}):
        connection.execute(f"CREATE SCHEMA {quote_name(schema)}")
    for table in plan.tables:
        name = f"{quote_name(table.schema or 'main')}.{quote_name(table.name)}"
        create = f"CREATE VIEW memory.{name} AS SELECT * FROM {table.reader}"
        _try(connection, create, table.files[0])


def paths_of(plan: Plan) -> list[str]:
    """Return every path that reading the views needs, also as DuckDB sees it with globs escaped."""
    paths = {path for table in plan.tables for path in table.files}
    return sorted(paths | {escape_glob(path) for path in paths})


def list_tables(connection: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[SourceTable, ...]:
    """Return tables and columns by name, spelled as a statement must spell them."""
    reserved = {
        word
        for (word,) in connection.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()
    }
    rows = connection.execute(
        "SELECT database_name, schema_name, table_name, list((column_name, data_type) ORDER BY"
        " column_index) FROM duckdb_columns() WHERE NOT internal"
        " AND database_name NOT IN ('system', 'temp') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    own = {"memory", plan.default_database}
    return tuple(
        SourceTable(
            name=".".join(
                spell_name(part, reserved)
                for part in _needed_parts(database, schema, table, is_own=database in own)
            ),
            columns=tuple((str(name), str(kind)) for name, kind in columns),
        )
        for database, schema, table, columns in rows
    )


def _needed_parts(database: str, schema: str, table: str, *, is_own: bool) -> Iterator[str]:
    if not is_own:
        yield database
    if schema != "main":
        yield schema
    yield table


def _plan_entry(
    connection: duckdb.DuckDBPyConnection, entry: Entry, schema: str, *, is_named: bool
) -> Iterator[Table | tuple[str, str]]:
    """Yield what an entry becomes; a folder that was named lends its files no schema."""
    if isinstance(entry, DataFile):
        yield _plan_file(entry, schema)
        return
    table = _as_one_table(connection, entry, schema)
    if table is not None:
        yield table
        return
    inner = schema if is_named else _free(f"{schema}_{entry.name}" if schema else entry.name)
    for child in entry.entries:
        yield from _plan_entry(connection, child, inner, is_named=False)


def _plan_file(file: DataFile, schema: str) -> Table | tuple[str, str]:
    if file.format == "duckdb":
        return (_free(file.name), file.path)
    return Table(schema, file.name, _reader([file]), (file.path,))


def _as_one_table(
    connection: duckdb.DuckDBPyConnection, folder: DataFolder, schema: str
) -> Table | None:
    """Return the folder as a table of parts, or None if its files are tables of their own."""
    files = list(folder.files())
    formats = {file.format for file in files}
    if len(formats) != 1 or "duckdb" in formats:
        return None
    if len(files) < 2 and not any("=" in Path(entry.path).name for entry in folder.entries):
        return None
    columns = [_columns_of(connection, file) for file in files]
    if len({tuple(sorted(name for name, _ in part)) for part in columns}) != 1:
        return None
    reader = _reader(files, is_uniform=len(set(columns)) == 1)
    return Table(schema, folder.name, reader, tuple(file.path for file in files))


def _columns_of(connection: duckdb.DuckDBPyConnection, file: DataFile) -> _Columns:
    rows = _try(connection, f"DESCRIBE SELECT * FROM {_reader([file])}", file.path).fetchall()
    return tuple((name, kind) for name, kind, *_ in rows)


def _reader(files: Sequence[DataFile], *, is_uniform: bool = True) -> str:
    paths = ", ".join(quote_text(escape_glob(file.path)) for file in files)
    options = "" if is_uniform else ", union_by_name=true"
    return _READERS[files[0].format].format(files=f"[{paths}]", options=options)


def _free(name: str) -> str:
    return name + "_" if name.lower() in _RESERVED else name


def _check_clashes(tables: Sequence[Table], databases: Sequence[tuple[str, str]]) -> None:
    claims = [(table.schema, table.name, table.files[0]) for table in tables]
    claims += [("", alias, path) for alias, path in databases]
    schemas = {table.schema: table.files[0] for table in reversed(tables) if table.schema}
    claims += [("", schema, str(Path(path).parent)) for schema, path in schemas.items()]
    seen: dict[tuple[str, str], str] = {}
    for schema, name, path in claims:
        other = seen.setdefault((schema.lower(), name.lower()), path)
        if other != path:
            raise ConfigurationInvalid(
                f"Two files claim the name {name!r}: {other} and {path}.",
                hint="Rename one of them, or put it into a folder of its own.",
            )


def _try(
    connection: duckdb.DuckDBPyConnection, statement: str, path: str
) -> duckdb.DuckDBPyConnection:
    try:
        return connection.execute(statement)
    except (duckdb.Error, UnicodeDecodeError) as error:
        said = str(error).split("\n\n", 1)[0].strip()  # what follows is advice for authors
        raise ConfigurationInvalid(f"Cannot read {path}.", detail=said) from error

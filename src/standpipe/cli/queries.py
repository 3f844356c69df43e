"""``standpipe query``: saved queries, one by one and as folders of files."""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from standpipe.cli.files import read_query_file, read_query_files
from standpipe.cli.finding import find_queries, find_query
from standpipe.cli.homes import Desk, desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.query_settings import set_query
from standpipe.cli.running import run_query
from standpipe.cli.tables import print_json, print_table
from standpipe.core.errors import FieldMissing
from standpipe.core.queries import Visibility
from standpipe.services.query_files import (
    QueryFile,
    file_name,
    read,
    to_portable,
    write,
)
from standpipe.services.raw_sql import RAW_SQL_FLAG


@click.group()
def query() -> None:
    """Add, run, change, list and move saved queries."""


query.add_command(run_query)
query.add_command(set_query)


@query.command("add")
@click.option("--id", "query_id", type=click.IntRange(1, 2**31 - 1), help="Keep this number.")
@click.option("--name", help="Name of the query.  [default: the file's]")
@click.option("--source", "source_name", help="Data source.  [default: the only one]")
@click.option("--sql", help="The SQL itself.")
@click.option(
    "-f", "--file", type=click.Path(path_type=Path), help="SQL or query file; - is stdin."
)
@click.option("--description", help="What the query is for.")
@click.option("--tag", "tags", multiple=True, help="A tag; may be repeated.")
@click.option("--cache-seconds", type=int, help="Results younger than this are served again.")
@click.option(
    "--stale-while-revalidate",
    "stale_while_revalidate_seconds",
    type=int,
    metavar="SECONDS",
    help="Serve a result this much older while a new one is made.",
)
@click.option(
    "--stale-if-error",
    "stale_if_error_seconds",
    type=int,
    metavar="SECONDS",
    help="Serve a result this much older when a new one cannot be made.",
)
@click.option("--private", is_flag=True, help="Hide it from everybody but its owner.")
@click.option(
    "--raw-sql",
    is_flag=True,
    help="Its SQL is {{name}}: its owner sends whole statements. Private.",
)
@click.option("--owner", metavar="EMAIL", help="Who owns it.")
@desk_options
@json_option
def add_query(
    sql: str | None, file: Path | None, as_json: bool, source_name: str | None, **rest: Any
) -> None:
    """Add one query.

    The head of a query file gives what no option says.
    """
    flags = {name: rest.pop(name) for name in ("home", "config_file", "acting")}
    drafted = _overruled(_text(sql, file, rest["name"]), rest)
    with desk(flags) as at:
        named = source_name or drafted.source or _only_source(at)
        added = at.importer().add(at.principal, replace(drafted, source=named))
    if as_json:
        print_json({"id": added.id, "uuid": added.uid, "name": added.name})
    else:
        click.echo(f"Query {added.id} is {added.name!r}. Run it: standpipe query run {added.id}")


@query.command("list")
@click.option("--search", help="Words to look for.")
@click.option("--tag", "tags", multiple=True, help="Only with this tag; may be repeated.")
@click.option("--archived", is_flag=True, help="Only archived ones.")
@desk_options
@json_option
def list_queries(
    search: str | None, tags: tuple[str, ...], archived: bool, as_json: bool, **flags: Any
) -> None:
    """List saved queries by number."""
    with desk(flags) as at:
        names = {item.id: item.name for item in at.services.data_sources.visible(at.principal)}
        rows = [
            {
                "id": found.id,
                "uuid": found.uid,
                "name": found.name,
                "source": names.get(found.data_source_id) if found.data_source_id else None,
                "parameters": [parameter.name for parameter in found.parameters],
                "tags": list(found.tags),
                "is_draft": found.is_draft,
                "visibility": str(found.visibility),
            }
            for found in find_queries(at, archived=archived, search=search, tags=tags)
        ]
    if as_json:
        print_json(rows)
        return
    shown = ["id", "name", "source", "parameters", "tags"]
    print_table(shown, [[row[name] for name in shown] for row in rows])


@query.command("show")
@click.argument("name_or_id")
@click.option("--with-key", is_flag=True, help="Show the query's key too.")
@desk_options
@json_option
def show_query(name_or_id: str, with_key: bool, as_json: bool, **flags: Any) -> None:
    """Print a query as a query file."""
    with desk(flags) as at:
        found = find_query(at, name_or_id)
        file = at.exporter().to_file(at.principal, found, with_key=with_key)
    if as_json:
        print_json(to_portable(file))
    else:
        click.echo(write(file), nl=False)


@query.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--with-keys", is_flag=True, help="Write the query keys too; keep the files safe.")
@desk_options
@json_option
def export_queries(folder: Path, with_keys: bool, as_json: bool, **flags: Any) -> None:
    """Write every query to FOLDER, one file each, with all it has."""
    with desk(flags) as at:
        files = list(at.exporter().all(at.principal, with_keys=with_keys))
    folder.mkdir(parents=True, exist_ok=True)
    names = [_write_file(folder, file, is_secret=with_keys) for file in files]
    if as_json:
        print_json([{"id": file.id, "file": name} for file, name in zip(files, names, strict=True)])
    else:
        click.echo(f"{len(files)} queries are in {folder}.")


@query.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--source", "source_name", help="Use this data source for all of them.")
@click.option("--owner", metavar="EMAIL", help="Make this user the owner of all of them.")
@desk_options
@json_option
def import_queries(
    paths: tuple[Path, ...],
    source_name: str | None,
    owner: str | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Read query files, or folders of them, with their ids: all of them or none.

    Doing it again changes nothing.
    """
    files = [
        replace(file, source=source_name or file.source, owner=owner or file.owner)
        for file in read_query_files(paths)
    ]
    with desk(flags) as at:
        imported = at.importer().put_all(at.principal, files)
    rows = [(item.query.id, item.query.name, str(item.outcome)) for item in imported]
    if as_json:
        print_json([dict(zip(("id", "name", "outcome"), row, strict=True)) for row in rows])
    else:
        print_table(["id", "name", "outcome"], rows)


def _text(sql: str | None, file: Path | None, name: str | None) -> QueryFile:
    if sql is not None and file is None:
        return QueryFile(name=name or "", sql=sql)
    if file is None or sql is not None:
        raise FieldMissing("A query needs SQL.", hint="Give one of --sql TEXT and --file FILE.")
    if str(file) == "-":
        return read(sys.stdin.read(), name or "")
    return read_query_file(file)


def _overruled(file: QueryFile, given: dict[str, Any]) -> QueryFile:
    """Return the file with what the options say instead; FieldMissing without a name."""
    changes = {
        "id": given["query_id"],
        "name": given["name"],
        "description": given["description"],
        "tags": given["tags"] or None,
        "cache_seconds": given["cache_seconds"],
        "stale_while_revalidate_seconds": given["stale_while_revalidate_seconds"],
        "stale_if_error_seconds": given["stale_if_error_seconds"],
        "visibility": Visibility.PRIVATE if given["private"] or given["raw_sql"] else None,
        "flags": file.flags | {RAW_SQL_FLAG} if given["raw_sql"] else None,
        "owner": given["owner"],
    }
    changed = replace(file, **{name: value for name, value in changes.items() if value is not None})
    if not changed.name.strip():
        raise FieldMissing("The query has no name.", hint="Give one with --name.")
    return changed


def _only_source(at: Desk) -> str:
    names = [found.name for found in at.services.data_sources.visible(at.principal)]
    if len(names) == 1:
        return names[0]
    raise FieldMissing(
        "Which data source?",
        detail=f"There are: {', '.join(names)}." if names else "There is none yet.",
        hint="Choose one with --source NAME." if names else "Add one with: standpipe source add",
    )


def _write_file(folder: Path, file: QueryFile, *, is_secret: bool) -> str:
    """Write a query file under today's name, and remove the one of an earlier name."""
    assert file.id is not None  # noqa: S101 - exports always have one
    path = folder / file_name(file.id, file.name)
    for other in (*folder.glob(f"{file.id}-*.sql"), folder / f"{file.id}.sql"):
        if other != path:
            other.unlink(missing_ok=True)
    text = write(file).encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if is_secret else 0o666)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(text)
    return path.name

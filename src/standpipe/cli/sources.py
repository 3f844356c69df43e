"""``standpipe source``: the data sources of a home."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from standpipe.cli.homes import Desk, desk
from standpipe.cli.options import desk_options, json_option
from standpipe.cli.tables import print_json, print_table
from standpipe.core.datasources import ConnectorKind, DataSource, SettingField
from standpipe.core.errors import FieldInvalid, NotFound


@click.group()
def source() -> None:
    """Add, test and list data sources."""


@source.command("add")
@click.argument("name")
@click.argument("kind")
@click.option(
    "-s",
    "--set",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting; repeat it for a list; NAME=@FILE reads the value from a file.",
)
@desk_options
@json_option
def add_source(name: str, kind: str, pairs: Sequence[str], as_json: bool, **flags: Any) -> None:
    """Add a data source called NAME of a KIND, for example duckdb."""
    from standpipe.services.datasources import SourceDraft

    with desk(flags) as at:
        kinds = {item.name: item for item in at.services.data_sources.kinds(at.principal)}
        if kind not in kinds:
            raise FieldInvalid(
                f"There is no kind {kind!r}.", detail=f"There are: {', '.join(kinds)}."
            )
        settings = read_settings(kinds[kind], pairs)
        draft = SourceDraft(name=name, kind=kind, settings=settings)
        added = at.services.data_sources.create(at.principal, draft)
    if as_json:
        print_json({"id": added.id, "name": added.name, "kind": added.kind})
    else:
        click.echo(
            f"Data source {added.id} is {added.name!r}. Try it: standpipe source test {added.id}"
        )


@source.command("list")
@desk_options
@json_option
def list_sources(as_json: bool, **flags: Any) -> None:
    """List the data sources; secrets are hidden."""
    with desk(flags) as at:
        rows = [
            {
                "id": found.id,
                "name": found.name,
                "kind": found.kind,
                "is_paused": found.is_paused,
                "settings": dict(at.services.data_sources.masked_settings(found)),
            }
            for found in at.services.data_sources.visible(at.principal)
        ]
    if as_json:
        print_json(rows)
    else:
        names = ["id", "name", "kind", "is_paused", "settings"]
        print_table(names, [list(row.values()) for row in rows])


@source.command("test")
@click.argument("name_or_id")
@desk_options
def test_source(name_or_id: str, **flags: Any) -> None:
    """Ask a data source whether it answers."""
    with desk(flags) as at:
        found = find_source(at, name_or_id)
        at.services.data_sources.test(at.principal, found.id)
    click.echo(f"{found.name} answers.")


@source.command("tables")
@click.argument("name_or_id")
@desk_options
@json_option
def list_tables(name_or_id: str, as_json: bool, **flags: Any) -> None:
    """List the tables and columns of a data source."""
    with desk(flags) as at:
        found = find_source(at, name_or_id)
        tables = at.services.data_sources.tables(at.principal, found.id)
    if as_json:
        print_json([{"name": table.name, "columns": dict(table.columns)} for table in tables])
        return
    rows = [(table.name, name, kind) for table in tables for name, kind in table.columns]
    print_table(["table", "column", "type"], rows)


@source.command("remove")
@click.argument("name_or_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@desk_options
def remove_source(name_or_id: str, yes: bool, **flags: Any) -> None:
    """Remove a data source; its queries keep their text and lose their source."""
    with desk(flags) as at:
        found = find_source(at, name_or_id)
        if not yes:
            click.confirm(f"Remove data source {found.id}, {found.name!r}?", abort=True, err=True)
        at.services.data_sources.delete(at.principal, found.id)
    click.echo(f"{found.name} is removed.")


def find_source(at: Desk, name_or_id: str) -> DataSource:
    """Return a data source by number or name; NotFound suggests the nearest name."""
    sources = at.services.data_sources.visible(at.principal)
    for found in sources:
        if name_or_id in {str(found.id), found.name}:
            return found
    names = [found.name for found in sources]
    near = get_close_matches(name_or_id, names, n=1)
    raise NotFound(
        f"There is no data source {name_or_id!r}.",
        detail=f"There are: {', '.join(names)}." if names else "There is none yet.",
        hint=f"Did you mean {near[0]!r}?" if near else "",
    )


def read_settings(kind: ConnectorKind, pairs: Sequence[str]) -> dict[str, Any]:
    """Return typed settings from NAME=VALUE words; FieldInvalid names what does not fit."""
    known = {field.name: field for field in kind.fields}
    settings: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or name not in known:
            raise FieldInvalid(
                f"{pair!r} is no setting of {kind.name}.",
                detail=f"Write NAME=VALUE; there are: {', '.join(known)}.",
            )
        value = _typed(known[name], text)
        settings[name] = [*settings.get(name, []), value] if known[name].type == "list" else value
    return settings


def _typed(field: SettingField, text: str) -> Any:
    if text.startswith("@"):
        text = Path(text[1:]).read_text(encoding="utf-8").rstrip("\r\n")
    if field.type == "boolean":
        return _boolean(field.name, text)
    if field.type != "number":
        return text
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise FieldInvalid(f"{field.name} is {text!r}.", detail="It takes a number.") from error


def _boolean(name: str, text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise FieldInvalid(f"{name} is {text!r}.", detail="It takes true or false.")
    return text.lower() == "true"
